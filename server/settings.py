"""The settings, made once at start from the environment, which only the command line reads.

All faults are reported together, each with the name of its variable.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

from callers.addresses import Network
from callers.caller import Budget
from cg_client.client_config import BASE_URL, SOCKET_URL, ClientConfig
from cg_client.plans.plan_table import REQUESTS_PER_MINUTE, Plan
from cg_client.secret import Secret
from served_schema.limits import DEFAULT, Limits
from server.collector import NO_COLLECTOR, Collector
from server.environment import SettingFault, read
from server.open_connections import ConnectionLimits
from server.origins import Origins
from server.response_limit import MEGABYTE
from server.setting_checks import CHECKS
from server.setting_parsers import (
    integer,
    number,
    parse_automatic,
    parse_caller_mode,
    parse_jwks_url,
    parse_key,
    parse_level,
    parse_networks,
    parse_plan,
    parse_replica,
    parse_router_secret,
    parse_socket_url,
    parse_switch,
    parse_url,
    parse_weights,
    secrets_of,
)
from shared.store.address import Address, parse_address

T = TypeVar("T")

_MAX_LIMIT = 1_000_000_000
MAX_WORKERS = min(REQUESTS_PER_MINUTE.values())  # so that each has a request a minute on any plan


class SettingsError(Exception):
    """One line that names each faulty variable."""


def _variable(name: str, default: T, parse: Callable[[str], T], about: str, *, has_secret: bool = False) -> T:
    """Return a field of the settings with its variable, its parser and its help text.

    With `has_secret`, neither errors nor the settings' repr show the value.
    """
    metadata = {"variable": name, "parse": parse, "about": about, "has_secret": has_secret}
    return field(default=default, metadata=metadata, repr=not has_secret)


def _limit(name: str, about: str) -> int:
    """Return the field of a limit of operations."""
    default: int = getattr(DEFAULT, name)
    return _variable(f"COINGLASS_MAX_{name.upper()}", default, integer(1, _MAX_LIMIT), about)


def _budget(unit: str, period: str) -> Any:  # noqa: ANN401  # a field, as dataclasses types it
    what = "upstream calls" if unit == "calls" else "values of results"
    about = f"Most {what} that a caller may take in a {period}, unless its key has a budget."
    return _variable(f"COINGLASS_BUDGET_{unit.upper()}_PER_{period.upper()}", None, integer(1, 10**12), about)


@dataclass(frozen=True, kw_only=True)
class Settings:
    api_key: Secret = _variable(
        "COINGLASS_API_KEY", Secret(""), parse_key, "Key of the CoinGlass API.", has_secret=True
    )
    plan: Plan | None = _variable(
        "COINGLASS_PLAN",
        None,
        parse_plan,
        "Plan of the key: `hobbyist`, `startup`, `standard`, `professional`, `enterprise`, or `auto` to ask CoinGlass.",
    )
    base_url: str = _variable(
        "COINGLASS_BASE_URL", BASE_URL, parse_url, "Address of the CoinGlass API.", has_secret=True
    )
    socket_url: str = _variable(
        "COINGLASS_WEBSOCKET_URL",
        SOCKET_URL,
        parse_socket_url,
        "Address of the CoinGlass WebSocket, from which live events come.",
        has_secret=True,
    )
    proxy: str | None = _variable(
        "COINGLASS_PROXY", None, parse_url, "Address of an HTTP proxy on the way to CoinGlass.", has_secret=True
    )
    host: str = _variable(
        "COINGLASS_HOST", "127.0.0.1", str, "Address to listen on, of IPv4 or IPv6; `::` is all addresses of both."
    )
    port: int = _variable("COINGLASS_PORT", 8000, integer(0, 65535), "Port to listen on; 0 takes a free one.")
    admin_host: str = _variable(
        "COINGLASS_ADMIN_HOST", "127.0.0.1", str, "Address to listen on for operators, with `COINGLASS_ADMIN_PORT`."
    )
    admin_port: int | None = _variable(
        "COINGLASS_ADMIN_PORT",
        None,
        integer(0, 65535),
        "Port for operators, which has `/metrics`, `/status`, `/readyz` and `/healthz` without credentials; "
        "`COINGLASS_PORT` has no `/metrics` then. 0 takes a free one.",
    )
    workers: int = _variable(
        "COINGLASS_WORKERS",
        1,
        integer(1, MAX_WORKERS),
        "Worker processes. They share cache and quota through a store; without one each has a part of the quota.",
    )
    shared_url: Address | None = _variable(
        "COINGLASS_SHARED_URL",
        None,
        parse_address,
        "Address of Valkey or Redis, through which replicas with the same key share quota, cache and streams, such as "
        "`valkey://10.0.0.5:6379`.",
        has_secret=True,
    )
    replica: str | None = _variable(
        "COINGLASS_REPLICA",
        None,
        parse_replica,
        "Name of this replica among those that share a store, the same after a restart; without it, machine and port.",
    )
    deadline_seconds: float = _variable(
        "COINGLASS_DEADLINE_SECONDS", 15.0, number(0.1, 300), "Longest time for an operation, in seconds."
    )
    attempt_seconds: float = _variable(
        "COINGLASS_TIMEOUT_SECONDS", 10.0, number(0.1, 300), "Longest time for one request to CoinGlass, in seconds."
    )
    connect_seconds: float = _variable(
        "COINGLASS_CONNECT_SECONDS",
        5.0,
        number(0.1, 300),
        "Longest time for opening a connection to CoinGlass, in seconds.",
    )
    read_seconds: float = _variable(
        "COINGLASS_READ_SECONDS", 8.0, number(0.1, 300), "Longest wait for the next bytes of an answer, in seconds."
    )
    connections: int = _variable(
        "COINGLASS_CONNECTIONS",
        32,
        integer(1, 1000),
        "Most connections of a process to CoinGlass; a group of endpoints uses at most three quarters of them.",
    )
    cache_megabytes: int = _variable(
        "COINGLASS_CACHE_MB",
        64,
        integer(0, 65536),
        "Size of the cache of CoinGlass' answers, in megabytes; 0 turns it off.",
    )
    response_cache_megabytes: int = _variable(
        "COINGLASS_RESPONSE_CACHE_MB",
        16,
        integer(0, 65536),
        "Size of the cache of whole responses, in megabytes; 0 turns it off.",
    )
    fragment_cache_megabytes: int = _variable(
        "COINGLASS_FRAGMENT_CACHE_MB",
        8,
        integer(0, 65536),
        "Size of the cache of encoded lists, in megabytes; 0 turns it off.",
    )
    max_calls: int = _limit("calls", "Most requests to CoinGlass that one operation may cause.")
    max_values: int = _limit("values", "Most values that the result of one operation may have.")
    max_export_values: int = _variable(
        "COINGLASS_MAX_EXPORT_VALUES",
        DEFAULT.export_values,
        integer(0, _MAX_LIMIT),
        "Most values of one export, if that is more than `COINGLASS_MAX_VALUES`. `COINGLASS_MAX_RESPONSE_MB` does not "
        "hold for exports, which are sent in pieces.",
    )
    max_exports: int = _variable(
        "COINGLASS_MAX_EXPORTS",
        4,
        integer(1, 1000),
        "Most exports of more than 100,000 values that a process makes at a time; more get 503.",
    )
    max_depth: int = _limit("depth", "Most levels of an operation.")
    max_response_megabytes: int = _variable(
        "COINGLASS_MAX_RESPONSE_MB", 16, integer(1, 1000), "Largest response, in megabytes."
    )
    max_batch: int = _variable(
        "COINGLASS_MAX_BATCH", 0, integer(0, 100), "Most operations in a batch; 0 refuses batches."
    )
    max_characters: int = _limit("characters", "Most characters of a document.")
    max_tokens: int = _limit("tokens", "Most tokens of a document.")
    max_fields: int = _limit("fields", "Most fields of a document, with its fragments spread out.")
    max_root_fields: int = _limit("root_fields", "Most fields of the root that one operation may select.")
    max_aliases: int = _limit("aliases", "Most aliases in a document.")
    max_alias_length: int = _limit("alias_length", "Most characters of an alias.")
    max_directives: int = _limit("directives", "Most directives in a document.")
    max_fragments: int = _limit("fragments", "Most uses of fragments in a document.")
    max_comparisons: int = _limit("comparisons", "Most pairs of fields with one name in one object.")
    max_names: int = _limit("names", "Most coins or pairs that the arguments of one operation may list.")
    max_variables: int = _limit("variables", "Most values in the variables of one operation.")
    client_weights: Mapping[str, int] | None = _variable(
        "COINGLASS_CLIENT_WEIGHTS",
        None,
        parse_weights,
        "Weight of each caller in the fair queue for the quota, such as `dashboard=4,192.0.2.7=2`; others have 1.",
    )
    callers: str = _variable(
        "COINGLASS_CALLERS",
        "open",
        parse_caller_mode,
        "`open` to everybody, or to callers with `keys` or with tokens (`jwt`).",
    )
    key_file: Path | None = _variable(
        "COINGLASS_KEY_FILE", None, Path, "File of the callers' keys, which `coinglass-graphql keys` writes."
    )
    jwt_issuer: str | None = _variable("COINGLASS_JWT_ISSUER", None, str, "Issuer of the tokens, as in their `iss`.")
    jwt_audience: str | None = _variable(
        "COINGLASS_JWT_AUDIENCE", None, str, "Audience that the tokens must have in their `aud`."
    )
    jwks_url: str | None = _variable(
        "COINGLASS_JWT_JWKS_URL",
        None,
        parse_jwks_url,
        "Address of the public keys of the tokens' issuer (JWKS).",
        has_secret=True,
    )
    router_secret: Secret | None = _variable(
        "COINGLASS_ROUTER_SECRET",
        None,
        parse_router_secret,
        "Secret of a federation's router; only requests with it in `Router-Authorization` are answered at `/graphql`.",
        has_secret=True,
    )
    calls_per_minute: int | None = _budget("calls", "minute")
    calls_per_day: int | None = _budget("calls", "day")
    values_per_minute: int | None = _budget("values", "minute")
    values_per_day: int | None = _budget("values", "day")
    caller_share: float = _variable(
        "COINGLASS_CALLER_SHARE",
        0.5,
        number(0, 1),
        "While several callers are active, each is sure of an equal part of the minute's requests. Beyond it, they may "
        "use what is left until this fraction of the minute's requests is used.",
    )
    trusted_proxies: tuple[Network, ...] | None = _variable(
        "COINGLASS_TRUSTED_PROXIES",
        None,
        parse_networks,
        "Networks of the proxies whose `X-Forwarded-For` names the caller, such as `10.0.0.0/8,127.0.0.1`.",
    )
    max_connections: int = _variable(
        "COINGLASS_MAX_CONNECTIONS",
        2000,
        integer(1, 100_000),
        "Most connections that clients may have open to a process; more get 503.",
    )
    max_connections_per_address: int = _variable(
        "COINGLASS_MAX_CONNECTIONS_PER_ADDRESS",
        200,
        integer(1, 100_000),
        "Most connections from one address, or from one /64 of IPv6, to a process; more get 429.",
    )
    max_sockets_per_address: int = _variable(
        "COINGLASS_MAX_SOCKETS_PER_ADDRESS",
        50,
        integer(1, 100_000),
        "Most WebSockets from one address, or from one /64 of IPv6, to a process; more get 429.",
    )
    max_socket_operations: int = _variable(
        "COINGLASS_MAX_SOCKET_OPERATIONS",
        20,
        integer(1, 10_000),
        "Most operations in progress on one WebSocket; more get an error each.",
    )
    max_subscriptions: int = _variable(
        "COINGLASS_MAX_SUBSCRIPTIONS",
        100,
        integer(1, 1_000_000),
        "Most subscriptions of one caller in a process; more get an error each.",
    )
    head_seconds: float = _variable(
        "COINGLASS_HEAD_SECONDS", 10.0, number(0.1, 300), "Longest time for the head of a request, in seconds."
    )
    body_seconds: float = _variable(
        "COINGLASS_BODY_SECONDS", 30.0, number(0.1, 300), "Longest time for the body of a request, in seconds."
    )
    send_seconds: float = _variable(
        "COINGLASS_SEND_SECONDS",
        30.0,
        number(0.1, 300),
        "Time after which a client is cut off that reads less than 4 KB of its response a second; four times as long "
        "for a WebSocket with subscriptions.",
    )
    keep_alive_seconds: int = _variable(
        "COINGLASS_KEEP_ALIVE_SECONDS", 5, integer(1, 3600), "Time that an idle connection stays open, in seconds."
    )
    drain_seconds: float = _variable(
        "COINGLASS_DRAIN_SECONDS",
        5.0,
        number(0, 300),
        "Time that the server goes on accepting after SIGTERM while `/readyz` answers 503, in seconds.",
    )
    stuck_seconds: float = _variable(
        "COINGLASS_STUCK_SECONDS",
        10.0,
        number(0, 3600),
        "Time after which a process whose event loop is stuck logs its stack and ends, in seconds; 0 turns that off.",
    )
    allowed_origins: Origins | None = _variable(
        "COINGLASS_ALLOWED_ORIGINS",
        None,
        Origins.parse,
        "Origins whose pages may call this server, such as `https://app.example.com,https://*.example.com,"
        "http://localhost:*`, or `*` for all, without cookies.",
    )
    trusted_documents: Path | None = _variable(
        "COINGLASS_TRUSTED_DOCUMENTS",
        None,
        Path,
        "Manifest of trusted documents, in Apollo's or Relay's form, or a folder of documents.",
    )
    trusted_only: bool = _variable(
        "COINGLASS_TRUSTED_ONLY", False, parse_switch, "`on`: only trusted documents are executed."
    )
    introspection: bool | None = _variable(
        "COINGLASS_INTROSPECTION",
        None,
        parse_automatic,
        "`on`, `off`, or `auto`: on unless `COINGLASS_TRUSTED_ONLY` is. Whether `__schema` and `__type` are answered.",
    )
    sdl: bool | None = _variable(
        "COINGLASS_SDL",
        None,
        parse_automatic,
        "`on`, `off`, or `auto`: as introspection. Whether `_service` and `/schema.graphql` are answered.",
    )
    explorer: bool | None = _variable(
        "COINGLASS_EXPLORER",
        None,
        parse_automatic,
        "`on`, `off`, or `auto`: on unless `COINGLASS_TRUSTED_ONLY` is or there is a `COINGLASS_ROUTER_SECRET`. "
        "Whether browsers get the explorer.",
    )
    suggestions: bool | None = _variable(
        "COINGLASS_SUGGESTIONS",
        None,
        parse_automatic,
        "`on`, `off`, or `auto`: on unless `COINGLASS_TRUSTED_ONLY` is. Whether errors suggest names of the schema.",
    )
    key_header: bool = _variable(
        "COINGLASS_KEY_HEADER",
        False,
        parse_switch,
        "`on` serves a request that carries a CoinGlass key in `CG-API-KEY` with that key; `off` refuses it.",
    )
    key_clients: int = _variable(
        "COINGLASS_KEY_CLIENTS",
        32,
        integer(2, 10_000),
        "Most CoinGlass keys of callers that a process uses at a time; a quarter of this number is reserved for keys "
        "that CoinGlass has not accepted yet.",
    )
    key_cache_megabytes: int = _variable(
        "COINGLASS_KEY_CACHE_MB",
        8,
        integer(0, 65536),
        "Size of the cache of CoinGlass' answers for each key of a caller, in megabytes.",
    )
    traces: bool | None = _variable(
        "COINGLASS_TRACES",
        None,
        parse_automatic,
        "`on`, `off`, or `auto`: on if `OTEL_EXPORTER_OTLP_ENDPOINT` is set. Whether traces are sent to a collector.",
    )
    log_level: str = _variable("COINGLASS_LOG_LEVEL", "info", parse_level, "`debug`, `info`, `warning` or `error`.")
    sandbox_figures: str = ""  # of the sandbox that is served instead of CoinGlass
    replaces_worker: bool = False  # of one that ended; its requests still count
    ready_within: float = 0.0  # seconds, in which a process that is not ready accepts no connections
    has_private_store: bool = False  # at `shared_url`, which the supervisor has started for its workers
    collector: Collector = NO_COLLECTOR
    metrics_folder: Path | None = None  # where workers share their figures

    @classmethod
    def from_env(cls, env: Mapping[str, str], *checks: "Check") -> "Settings":
        """Read the settings. Raises SettingsError with all faults, including those of `checks`."""
        values = read(VARIABLES, env)
        settings = cls(**values.by_field, collector=Collector.from_env(env))
        for check in (*CHECKS, *checks):
            values.add_faults(check(settings))
        if values.faults:
            raise SettingsError("; ".join(values.faults))
        return settings

    def secret_values(self) -> list[Secret]:
        """Return what no log may show: key, router's secret, and those in addresses, as written and as sent."""
        addresses = (self.base_url, self.socket_url, self.proxy, self.jwks_url)
        texts = {text for address in addresses if address for text in secrets_of(address)}
        shared = self.shared_url.secrets() if self.shared_url else ()
        return [
            secret
            for secret in (self.api_key, self.router_secret, *map(Secret, texts), *self.collector.secrets, *shared)
            if secret
        ]

    @property
    def sends_traces(self) -> bool:
        return self.collector.is_usable if self.traces is None else self.traces

    def budget(self) -> Budget:
        """Return the budget of callers that have none of their own."""
        return Budget(self.calls_per_minute, self.calls_per_day, self.values_per_minute, self.values_per_day)

    def limits(self) -> Limits:
        return Limits(**{name: getattr(self, f"max_{name}") for name in Limits.__slots__})

    def client_config(self) -> ClientConfig:
        return ClientConfig(
            api_key=self.api_key,
            base_url=self.base_url,
            socket_url=self.socket_url,
            plan=self.plan,
            attempt_seconds=self.attempt_seconds,
            connect_seconds=self.connect_seconds,
            read_seconds=self.read_seconds,
            connections=self.connections,
            deadline_seconds=self.deadline_seconds,
            proxy=self.proxy,
            cache_bytes=self.cache_megabytes * MEGABYTE,
            workers=self.workers,
            quota_spent=self.replaces_worker,
            client_weights=self.client_weights or {},
            caller_share=self.caller_share,
        )

    def connection_limits(self) -> ConnectionLimits:
        return ConnectionLimits(
            connections=self.max_connections,
            per_address=self.max_connections_per_address,
            sockets_per_address=self.max_sockets_per_address,
            head_seconds=self.head_seconds,
            body_seconds=self.body_seconds,
            send_seconds=self.send_seconds,
            proxies=self.trusted_proxies or (),
            admin_port=self.admin_port,
        )


Check: TypeAlias = Callable[[Settings], Iterable[SettingFault]]

VARIABLES = tuple(setting for setting in fields(Settings) if "variable" in setting.metadata)
