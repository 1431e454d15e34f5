"""`coinglass-graphql doctor`: checks key, plan, quota and network, and lists what the plan lacks."""

import dataclasses
import sys
from collections.abc import Iterator

from cg_client.client import Client
from cg_client.plans.plan_table import Plan
from schema.capabilities import upstream_fields
from served_schema.build import build
from server.setting_parsers import without_secrets
from server.settings import Settings


async def examine(settings: Settings) -> int:
    """Print a report with one request; return 0 if all is well, 1 if CoinGlass cannot be used, 2 without a key."""
    if not settings.api_key:
        sys.stdout.write("key      missing: set COINGLASS_API_KEY\n")
        return 2
    client = Client(dataclasses.replace(settings.client_config(), workers=1))  # report the whole quota
    try:
        return await _examine(client, settings)
    finally:
        await client.close()


async def _examine(client: Client, settings: Settings) -> int:
    write, address = sys.stdout.write, without_secrets(settings.base_url)
    failure = await client.plan_watch.request()
    if failure is not None and not client.gate.key.account_fails:
        write(f"CoinGlass {address}: {failure.code.value}: {failure}\n")
        return 1
    write(f"key      {'accepted' if failure is None else 'not refused'} by {address}\n")
    if failure is not None:
        write(f"account  {failure.code.value}: {failure} The plan is inferred from the rate limit if possible.\n")
    write(f"plan     {client.gate.key.stated}\n")
    if client.gate.key.contradiction:
        write(f"         {client.gate.key.contradiction} The server uses COINGLASS_PLAN.\n")
    usage = client.quota
    write(f"quota    {usage.used} of {usage.limit} requests a minute used\n")
    for line in _fields(client):
        write(line + "\n")
    if settings.shared_url is not None:
        write("store    not checked: run doctor --shared\n")
    return 0


def _fields(client: Client) -> Iterator[str]:
    """Yield how many fields of the graph the plan includes, and a line for each other, with the plan that it needs."""
    lacking: dict[str, Plan] = {}
    fields = list(upstream_fields(build()._schema))  # noqa: SLF001  # Strawberry has no public access
    for name, endpoints in fields:
        plans = [endpoint.plan for endpoint in endpoints if not client.gate.includes(endpoint)]
        if plans:
            lacking[name] = max(plans)
    yield f"fields   {len(fields) - len(lacking)} of {len(fields)} are in the plan"
    for name, plan in lacking.items():
        yield f"  {name} needs {plan.name}"
