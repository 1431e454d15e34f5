"""The files in deploy/ are accepted by the tools that read them, and name settings and metrics that exist."""

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from server.server_config import GRACEFUL_SECONDS
from server.settings import VARIABLES
from tests.test_cli import ROOT

DEPLOY = ROOT / "deploy"
UNIT = DEPLOY / "coinglass-graphql.service"
FILES = sorted(path for path in DEPLOY.iterdir() if path.is_file())
SETTINGS: dict[str, Any] = {setting.metadata["variable"]: setting.default for setting in VARIABLES}
MANIFESTS: list[dict[str, Any]] = list(yaml.safe_load_all((DEPLOY / "kubernetes.yaml").read_text()))
COMPOSED: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
SERVER, STORE = "coinglass-graphql", "coinglass-graphql-store"
# .ci/run unpacks Debian's package in build/ without installing it, since that would start Prometheus.
PROMTOOL = shutil.which("promtool") or shutil.which("promtool", path=str(ROOT / "build/prometheus/usr/bin"))
COMPOSE = shutil.which("docker-compose")
needs_promtool = pytest.mark.skipif(PROMTOOL is None, reason="promtool is missing (Debian: prometheus)")


def run(*command: object, **options: Any) -> str:
    """Return what the command prints; fail with it if the command does."""
    words = [str(word) for word in command]
    result = subprocess.run(words, capture_output=True, text=True, check=False, **options)  # noqa: S603  # installed tools
    assert result.returncode == 0, result.stdout + result.stderr
    return str(result.stdout + result.stderr)


def manifest(kind: str, name: str = SERVER) -> dict[str, Any]:
    return next(entry for entry in MANIFESTS if (entry["kind"], entry["metadata"]["name"]) == (kind, name))


def pod_of(kind: str, name: str = SERVER) -> dict[str, Any]:
    """Return the pod that a Deployment or a StatefulSet starts."""
    pod: dict[str, Any] = manifest(kind, name)["spec"]["template"]["spec"]
    return pod


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_each_variable_is_a_setting(path: Path) -> None:
    names = set(re.findall(r"\bCOINGLASS_[A-Z_]+\b", path.read_text()))
    assert names <= SETTINGS.keys() | {f"{name}_FILE" for name in SETTINGS}


@pytest.mark.skipif(COMPOSE is None, reason="Compose is missing (Debian: docker-compose)")
def test_compose_accepts_its_file() -> None:
    printed = run(COMPOSE, "--file", DEPLOY / "compose.yaml", "config", env={"SITE_ADDRESS": "graph.example.com"})
    services = yaml.safe_load(printed)["services"]
    assert services["proxy"]["environment"]["SITE_ADDRESS"] == "graph.example.com"
    assert {"server", "store", "proxy", "prometheus"} == services.keys()
    assert services["server"]["deploy"]["replicas"] > 1


@pytest.mark.skipif(COMPOSE is None, reason="Compose is missing (Debian: docker-compose)")
def test_compose_without_a_host_names_the_variable() -> None:
    command = [str(COMPOSE), "--file", str(DEPLOY / "compose.yaml"), "config"]
    result = subprocess.run(command, capture_output=True, text=True, check=False, env={})  # noqa: S603  # Debian's Compose
    assert result.returncode != 0
    assert "name the host, such as graph.example.com" in result.stderr


def test_mounted_files_of_compose_exist() -> None:
    services = COMPOSED["services"].values()
    sources = [volume.split(":")[0] for service in services for volume in service.get("volumes", [])]
    mounted = [source for source in sources if source.startswith("./")]
    assert len(mounted) == 3
    assert all((DEPLOY / source).is_file() for source in mounted)


def test_kubernetes_manifests_are_valid() -> None:
    printed = run(sys.executable, "-m", "kubernetes_validate", "--strict", DEPLOY / "kubernetes.yaml")
    assert printed.count("passed") == len(MANIFESTS)


@pytest.mark.parametrize(("kind", "name"), [("Deployment", SERVER), ("StatefulSet", STORE)])
def test_services_and_policies_select_the_pods_of_their_name(kind: str, name: str) -> None:
    labels = manifest(kind, name)["spec"]["template"]["metadata"]["labels"]
    selectors = [
        manifest(kind, name)["spec"]["selector"]["matchLabels"],
        manifest("Service", name)["spec"]["selector"],
        manifest("NetworkPolicy", name)["spec"]["podSelector"]["matchLabels"],
    ]
    assert selectors == [labels] * 3


def test_the_replicas_are_spread_and_evicted_one_after_the_other() -> None:
    labels = manifest("Deployment")["spec"]["template"]["metadata"]["labels"]
    budget = manifest("PodDisruptionBudget")["spec"]
    assert manifest("Deployment")["spec"]["replicas"] > budget["maxUnavailable"] == 1
    spreads = pod_of("Deployment")["topologySpreadConstraints"]
    assert {spread["topologyKey"] for spread in spreads} == {
        "kubernetes.io/hostname",
        "topology.kubernetes.io/zone",
    }
    selectors = [budget["selector"], *(spread["labelSelector"] for spread in spreads)]
    assert [selector["matchLabels"] for selector in selectors] == [labels] * 3
    assert manifest("Deployment")["spec"]["strategy"]["rollingUpdate"] == {"maxSurge": 1, "maxUnavailable": 0}


@pytest.mark.parametrize(("kind", "name"), [("Deployment", SERVER), ("StatefulSet", STORE)])
def test_pods_run_without_privileges(kind: str, name: str) -> None:
    pod = pod_of(kind, name)
    (container,) = pod["containers"]
    assert pod["securityContext"]["runAsNonRoot"]
    assert pod["automountServiceAccountToken"] is False
    assert pod["enableServiceLinks"] is False
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }


def test_stopping_takes_less_time_than_each_supervisor_leaves() -> None:
    drain_seconds = SETTINGS["COINGLASS_DRAIN_SECONDS"]
    limits = [
        manifest("Deployment")["spec"]["template"]["spec"]["terminationGracePeriodSeconds"],
        int(re.findall(r"^TimeoutStopSec=(\d+)$", UNIT.read_text(), re.MULTILINE)[0]),
        int(re.findall(r"stop_grace_period: (\d+)s", (DEPLOY / "compose.yaml").read_text())[0]),
    ]
    assert min(limits) >= GRACEFUL_SECONDS + drain_seconds + 5


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is missing (Debian: systemd)")
def test_systemd_accepts_its_unit_and_sees_little_exposed(tmp_path: Path) -> None:
    unit = tmp_path / UNIT.name  # with a program that exists
    unit.write_text(UNIT.read_text().replace("/opt/coinglass-graphql/bin/coinglass-graphql", sys.executable))
    assert not run("systemd-analyze", "verify", "--man=no", unit)
    run("systemd-analyze", "security", "--offline=true", "--threshold=20", unit)


@needs_promtool
def test_prometheus_accepts_its_configuration_and_rules() -> None:
    assert "SUCCESS" in run(PROMTOOL, "check", "config", DEPLOY / "prometheus.yaml")


@needs_promtool
def test_prometheus_accepts_the_configuration_for_one_machine(tmp_path: Path) -> None:
    command = re.findall(
        r"^sed '(.+)' deploy/prometheus.yaml", (ROOT / "docs" / "production.md").read_text(), re.MULTILINE
    )
    shutil.copy(DEPLOY / "alerts.yaml", tmp_path)
    configuration = tmp_path / "prometheus.yml"
    configuration.write_text(run("sed", command[0], DEPLOY / "prometheus.yaml"))
    (job,) = yaml.safe_load(configuration.read_text())["scrape_configs"]
    assert job["static_configs"] == [{"targets": ["127.0.0.1:8000"]}]
    assert "SUCCESS" in run(PROMTOOL, "check", "config", configuration)


@needs_promtool
def test_alerts_are_raised_when_they_should_and_only_then() -> None:
    run(PROMTOOL, "test", "rules", ROOT / "tests" / "deploy" / "alerts.test.yaml")


def test_each_alert_has_a_test_and_is_documented() -> None:
    groups = yaml.safe_load((DEPLOY / "alerts.yaml").read_text())["groups"]
    alerts = {rule["alert"] for group in groups for rule in group["rules"] if "alert" in rule}
    tests = yaml.safe_load((ROOT / "tests" / "deploy" / "alerts.test.yaml").read_text())["tests"]
    checks = [check for case in tests for check in case.get("alert_rule_test", ())]
    document = (ROOT / "docs" / "deployment.md").read_text()
    assert {check["alertname"] for check in checks if "exp_alerts" in check} == alerts
    assert {check["alertname"] for check in checks if "exp_alerts" not in check} == alerts
    assert [alert for alert in alerts if f"`{alert}`" not in document] == []


def test_each_recorded_figure_has_a_test() -> None:
    groups = yaml.safe_load((DEPLOY / "alerts.yaml").read_text())["groups"]
    recorded = {rule["record"] for group in groups for rule in group["rules"] if "record" in rule}
    tests = yaml.safe_load((ROOT / "tests" / "deploy" / "alerts.test.yaml").read_text())["tests"]
    checks = [check for case in tests for check in case.get("promql_expr_test", ())]
    assert {check["expr"] for check in checks} == recorded


def test_metrics_in_the_alerts_and_the_documents_are_those_of_docs_metrics() -> None:
    documented = (ROOT / "docs" / "metrics.md").read_text()
    texts = [(DEPLOY / "alerts.yaml").read_text(), (ROOT / "docs" / "deployment.md").read_text()]
    names = {name for text in texts for name in re.findall(r"(?<![\w:])coinglass_[a-z_]+\b(?!:)", text)}
    assert names
    assert [name for name in names if f"`{name.removesuffix('_bucket')}`" not in documented] == []
