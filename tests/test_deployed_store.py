"""The replicas of deploy/ share a store that nobody else reaches, and that keeps nothing."""

import contextlib
import re
import socket
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from cg_client.secret import Secret
from shared.store.address import StoreKind, parse_address
from shared.store.errors import CommandRefused
from shared.store.scope import Scope
from shared.store.store import Store
from tests.shared.rig import StoreLog, connected
from tests.store_server import binary_of
from tests.test_cli import ROOT
from tests.test_deploy_files import COMPOSED, DEPLOY, MANIFESTS, SERVER, STORE, manifest, pod_of

PORT = 6379
MEGABYTES = {"mb": 1, "M": 1, "Mi": 1, "G": 1024, "Gi": 1024}
COMPOSED_STORE: dict[str, Any] = COMPOSED["services"]["store"]
(STORE_CONTAINER,) = pod_of("StatefulSet", STORE)["containers"]
COMMANDS: dict[str, list[str]] = {"compose.yaml": COMPOSED_STORE["command"], "kubernetes.yaml": STORE_CONTAINER["args"]}
MEMORY_LIMITS: dict[str, str] = {
    "compose.yaml": COMPOSED_STORE["deploy"]["resources"]["limits"]["memory"],
    "kubernetes.yaml": STORE_CONTAINER["resources"]["limits"]["memory"],
}
needs_each_file = pytest.mark.parametrize("file", COMMANDS)


def options_of(command: list[str]) -> dict[str, str]:
    """Return the options of the command line, without their dashes."""
    first = next(index for index, word in enumerate(command) if word.startswith("--"))
    names, values = command[first::2], command[first + 1 :: 2]
    assert all(name.startswith("--") for name in names)
    return dict(zip([name.removeprefix("--") for name in names], values, strict=True))


def megabytes(text: str) -> int:
    match = re.fullmatch(r"(\d+)(\w+)", text)
    assert match
    return int(match[1]) * MEGABYTES[match[2]]


def environment_of_the_pod() -> dict[str, Any]:
    (container,) = pod_of("Deployment")["containers"]
    return {entry["name"]: entry.get("value", entry.get("valueFrom")) for entry in container["env"]}


@needs_each_file
def test_the_store_writes_no_file(file: str) -> None:
    options = options_of(COMMANDS[file])
    assert (options["save"], options["appendonly"]) == ("", "no")


def test_the_store_has_no_volume_but_its_password() -> None:
    assert "volumes" not in COMPOSED_STORE
    assert "tmpfs" not in COMPOSED_STORE
    assert "volumeClaimTemplates" not in manifest("StatefulSet", STORE)["spec"]
    (volume,) = pod_of("StatefulSet", STORE)["volumes"]
    assert volume["secret"]["secretName"] == STORE


@needs_each_file
def test_the_store_refuses_writes_before_it_is_killed_for_its_memory(file: str) -> None:
    options = options_of(COMMANDS[file])
    assert options["maxmemory-policy"] == "noeviction"
    assert megabytes(options["maxmemory"]) <= megabytes(MEMORY_LIMITS[file]) * 3 / 4


def test_only_replicas_reach_the_store_of_compose() -> None:
    (network,) = COMPOSED_STORE["networks"]
    members = {name for name, service in COMPOSED["services"].items() if network in service["networks"]}
    assert members == {"server", "store"}
    assert COMPOSED["networks"][network]["internal"] is True
    assert "ports" not in COMPOSED_STORE
    assert COMPOSED["services"]["server"]["environment"]["COINGLASS_SHARED_URL"] == f"valkey://store:{PORT}"


def test_the_store_of_compose_runs_without_privileges() -> None:
    assert COMPOSED_STORE["read_only"] is True
    assert COMPOSED_STORE["cap_drop"] == ["ALL"]
    assert COMPOSED_STORE["security_opt"] == ["no-new-privileges:true"]
    assert not COMPOSED_STORE["user"].startswith("0")


def test_only_replicas_reach_the_store_in_kubernetes() -> None:
    policy = manifest("NetworkPolicy", STORE)["spec"]
    replicas = {"podSelector": manifest("Deployment")["spec"]["selector"]}
    port = {"protocol": "TCP", "port": PORT}
    assert policy["ingress"] == [{"from": [replicas], "ports": [port]}]
    assert set(policy["policyTypes"]) == {"Ingress", "Egress"}
    assert "egress" not in policy
    store = {"podSelector": manifest("StatefulSet", STORE)["spec"]["selector"]}
    assert {"to": [store], "ports": [port]} in manifest("NetworkPolicy")["spec"]["egress"]


def test_no_pod_of_the_server_is_one_of_the_store() -> None:
    labels = [
        manifest(kind, name)["spec"]["template"]["metadata"]["labels"]["app.kubernetes.io/name"]
        for kind, name in [("Deployment", SERVER), ("StatefulSet", STORE)]
    ]
    assert labels == [SERVER, STORE]


def test_there_is_one_store() -> None:
    """A Deployment may run two, of which replicas use different ones."""
    assert manifest("StatefulSet", STORE)["spec"]["replicas"] == 1
    assert [entry["kind"] for entry in MANIFESTS if entry["kind"] in {"Deployment", "StatefulSet"}] == [
        "Deployment",
        "StatefulSet",
    ]


def test_the_commands_in_kubernetes_make_the_secrets_that_the_pods_mount() -> None:
    comment = (DEPLOY / "kubernetes.yaml").read_text().partition("apiVersion")[0]
    url = environment_of_the_pod()["COINGLASS_SHARED_URL_FILE"]
    (volume,) = (entry for entry in pod_of("Deployment")["volumes"] if "secret" in entry)
    (container,) = pod_of("Deployment")["containers"]
    (mount,) = (entry for entry in container["volumeMounts"] if entry["name"] == volume["name"])
    assert url.startswith(f"{mount['mountPath']}/")
    assert f"create secret generic {volume['secret']['secretName']} " in comment
    assert f'{url.rpartition("/")[2]}="valkey://:$password@{manifest("Service", STORE)["metadata"]["name"]}:' in comment
    assert (
        f"create secret generic {STORE} --from-literal={COMMANDS['kubernetes.yaml'][1].rpartition('/')[2]}=" in comment
    )


def test_each_replica_has_a_name() -> None:
    assert environment_of_the_pod()["COINGLASS_REPLICA"] == {"fieldRef": {"fieldPath": "metadata.name"}}
    # The host name is the name without the setting.
    server = COMPOSED["services"]["server"]
    assert server.keys().isdisjoint({"hostname", "container_name"})
    assert "COINGLASS_REPLICA" not in server["environment"]


def test_compose_starts_replicas_once_the_store_answers() -> None:
    assert COMPOSED["services"]["server"]["depends_on"] == {"store": {"condition": "service_healthy"}}


def test_prometheus_and_the_proxy_look_up_each_replica() -> None:
    (job,) = yaml.safe_load((DEPLOY / "prometheus.yaml").read_text())["scrape_configs"]
    (lookup,) = job["dns_sd_configs"]
    assert (lookup["names"], lookup["type"], lookup["port"]) == (["server"], "A", 8000)
    proxy = COMPOSED["services"]["proxy"]
    assert proxy["environment"]["UPSTREAM_HOST"] == "server"
    assert "dynamic a {$UPSTREAM_HOST:" in (DEPLOY / "Caddyfile").read_text()
    networks = [set(COMPOSED["services"][name]["networks"]) for name in ("server", "proxy", "prometheus")]
    assert set.intersection(*networks) == {"proxied"}


@contextlib.contextmanager
def started(command: list[str], folder: Path) -> Iterator[str]:
    """Start a store by a command of deploy/ on loopback, and yield its address."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    data, secrets = folder / "data", folder / "secrets"
    data.mkdir()
    secrets.mkdir()
    (secrets / "password.conf").write_text("requirepass of-a-test")
    words = [word.replace("/run/secrets/store", str(secrets)) for word in command[1:]]
    credentials = ":of-a-test@" if words != command[1:] else ""
    words += ["--port", str(port), "--bind", "127.0.0.1", "--dir", str(data)]
    with subprocess.Popen([str(binary_of("valkey")), *words], stdout=subprocess.DEVNULL) as process:  # noqa: S603  # ours
        try:
            yield f"valkey://{credentials}127.0.0.1:{port}"
        finally:
            process.terminate()
    assert [*data.iterdir()] == []


@contextlib.asynccontextmanager
async def connected_to(url: str) -> AsyncIterator[Store]:
    """Yield a store that can be used."""
    log = StoreLog()
    async with connected(url, observer=log) as store:
        await log.until(lambda: bool(log.returns))
        yield store


@needs_each_file
async def test_a_replica_uses_the_store_that_the_command_starts(file: str, tmp_path: Path) -> None:
    with started(COMMANDS[file], tmp_path) as url:
        async with connected_to(url) as store:
            await store.set("name", b"value", 10)
            assert await store.get("name") == b"value"
            assert await store.execute("CONFIG", "GET", "maxmemory") == {b"maxmemory": b"536870912"}


def commands_of_replicas() -> set[str]:
    """Return the names of the commands that scripts and code send to the store, and some other words."""
    scripts = [path.read_text() for path in (ROOT / "shared" / "scripts").glob("*.lua")]
    code = [path.read_text() for path in (ROOT / "shared").rglob("*.py")]
    called = {name for text in scripts for name in re.findall(r"""redis\.call\(['"](\w+)['"]""", text)}
    sent = {name for text in code for name in re.findall(r"""(?<=["'])([A-Z]{3,})(?=["'])""", text)}
    return {name.lower() for name in called | sent} | {"cluster|slots"}


async def test_the_user_of_the_documents_may_do_what_replicas_do_and_no_more(tmp_path: Path) -> None:
    rules = re.search(r"user default off\n +(user coinglass .+)", (ROOT / "docs" / "replicas.md").read_text())
    assert rules
    user, operator = rules[1].replace("PASSWORD", "of-a-test"), "user operator on >of-a-test ~* &* +@all"
    (tmp_path / "users.acl").write_text(f"user default off\n{user}\n{operator}\n")
    with started([*COMMANDS["compose.yaml"], "--aclfile", str(tmp_path / "users.acl")], tmp_path) as url:
        async with connected_to(url.replace("//", "//operator:of-a-test@")) as store:
            denied = set()
            for category in re.findall(r"-@(\w+)", user):
                listed = await store.execute("COMMAND", "LIST", "FILTERBY", "ACLCAT", category)
                assert isinstance(listed, list)
                denied |= {name.decode() for name in listed if isinstance(name, bytes)}
            denied -= set(re.findall(r"\+(\w+)", user))
        assert "flushall" in denied
        assert "evalsha" in commands_of_replicas()
        assert commands_of_replicas() & denied == set()
        async with connected_to(url.replace("//", "//coinglass:of-a-test@")) as store:
            await store.set(Scope.of(Secret("a"), "https://h").name("b"), b"value", 10)
            for refused in (("SET", "b", "value"), ("PUBLISH", "b", "value"), ("FLUSHALL",), ("CONFIG", "GET", "*")):
                with pytest.raises(CommandRefused) as refusal:
                    await store.execute(*refused)
                assert refusal.value.code == "NOPERM"


def test_the_documented_addresses_are_valid() -> None:
    texts = [(ROOT / "docs" / name).read_text() for name in ("replicas.md", "deployment.md")]
    texts += [(DEPLOY / name).read_text() for name in ("compose.yaml", "kubernetes.yaml")]
    pattern = r"(?:valkey|redis)s?(?:\+\w+)?://[^\s`\"…]{2,}"
    addresses = [address for text in texts for address in re.findall(pattern, text) if not address.endswith("@")]
    assert {parse_address(address).kind for address in addresses} == set(StoreKind)
