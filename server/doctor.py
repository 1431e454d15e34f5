"""`coinglass-graphql doctor`: whether key, plan, quota and network are in order, and what the plan can answer."""

import dataclasses
import sys
from collections.abc import Iterator

from cg_client.client import Client
from schema.capabilities import upstream_fields
from served_schema.build import build
from server.settings import Settings


async def examine(settings: Settings) -> int:
    """Print the findings for one request; returns 0 if all is well, 1 if CoinGlass cannot be used, 2 without a key."""
    if not settings.api_key:
        sys.stdout.write("key      missing: set COINGLASS_API_KEY\n")
        return 2
    client = Client(dataclasses.replace(settings.client_config(), workers=1))  # the quota is stated as a whole
    try:
        return await _examine(client, settings)
    finally:
        await client.close()


async def _examine(client: Client, settings: Settings) -> int:
    say = sys.stdout.write
    failure = await client.plan_watch.request()
    if failure is not None and not client.gate.key.account_fails:
        say(f"CoinGlass {settings.base_url}: {failure.code.value}: {failure}\n")
        return 1
    say(f"key      {'accepted' if failure is None else 'not refused'} by {settings.base_url}\n")
    if failure is not None:
        say(
            f"account  {failure.code.value}: {failure} The plan is inferred from the rate limit, if that is a plan's.\n"
        )
    say(f"plan     {client.gate.key.stated}\n")
    if client.gate.key.contradiction:
        say(f"         {client.gate.key.contradiction} The server holds to COINGLASS_PLAN.\n")
    usage = client.quota
    say(f"quota    {usage.used} of {usage.limit} requests a minute used\n")
    for line in _fields(client):
        say(line + "\n")
    return 0


def _fields(client: Client) -> Iterator[str]:
    """Yield a line for each field of the graph, with the plan that it needs where that is not the current one."""
    for name, endpoints in upstream_fields(build()._schema):  # noqa: SLF001  # Strawberry shows it in no other way
        lacking = [endpoint.plan for endpoint in endpoints if not client.gate.includes(endpoint)]
        yield f"  {'-' if lacking else '+'} {name}" + (f" needs {max(lacking).name}" if lacking else "")
