"""The manifests are valid for Kubernetes and fit the programs."""

import base64
import re
from collections.abc import Sequence
from pathlib import Path

import kubernetes_validate
import pytest

from deploy.installation.configuration import CREDENTIALS, ROOT
from deploy.running.programs import FOLDERS
from shared.settings import read_file
from tests.system.kubernetes.conftest import Resource, of_kind, pods, selects

PROGRAMS = set(FOLDERS.values())
VERSIONS = ("1.31", "1.37")
"""The oldest and the newest version whose schemas are checked."""
_READ = re.compile(r"(?:text|whole|switch|mapping|get)\(\s*\"([A-Z0-9_]+)\"|environ\[\"([A-Z0-9_]+)\"")
"""Patterns of reading a setting in a program."""
_PYTHONS_OWN = {"PYTHON_CPU_COUNT"}
_SECONDS_UNTIL_FORGOTTEN = 5 + 5
"""Seconds between two DNS queries, and the lifetime of an answer in the cache."""


@pytest.mark.parametrize("version", VERSIONS)
def test_every_resource_is_one_by_the_schemas_of_kubernetes(
    resources: Sequence[Resource], version: str
) -> None:
    kinds = {"Deployment", "Service", "PodDisruptionBudget", "HorizontalPodAutoscaler", "NetworkPolicy"}
    assert {*kinds, "Ingress", "Job", "Namespace", "Secret"} == {each["kind"] for each in resources}
    of_each = {
        (each["kind"], each["kind"] != "Secret" and each["metadata"]["name"]): each for each in resources
    }
    for resource in of_each.values():  # secrets are alike
        kubernetes_validate.validate(dict(resource), version, strict=True)


def test_the_schemas_find_a_mistake(resources: Sequence[Resource]) -> None:
    wrong = dict(of_kind(resources, "Deployment")[0])
    wrong["spec"] = {**wrong["spec"], "replica": 2}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, VERSIONS[-1], strict=True)


def test_there_is_every_program_twice_and_a_budget_for_each(resources: Sequence[Resource]) -> None:
    made = {each["metadata"]["name"]: each["spec"]["replicas"] for each in of_kind(resources, "Deployment")}
    assert made.keys() == PROGRAMS
    assert min(made.values()) >= 2
    budgets = of_kind(resources, "PodDisruptionBudget")
    for name, pod in pods(resources).items():
        found = [each for each in budgets if selects(each["spec"]["selector"], pod["metadata"]["labels"])]
        assert [each["spec"]["maxUnavailable"] for each in found] == ([1] if name in PROGRAMS else [])


def test_no_container_is_root_or_writes_where_it_should_not(resources: Sequence[Resource]) -> None:
    (dockerfile,) = re.findall(r"--uid (\d+)", (ROOT / "deploy" / "manifests" / "Dockerfile").read_text())
    for name, pod in pods(resources).items():
        spec = pod["spec"]
        (container,) = spec["containers"]
        assert spec["securityContext"]["runAsNonRoot"], name
        assert spec["securityContext"]["runAsUser"] == int(dockerfile), name
        assert not spec["automountServiceAccountToken"], name
        assert not spec["enableServiceLinks"], name
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }, name
        assert {"cpu", "memory"} <= container["resources"]["requests"].keys(), name
        assert "memory" in container["resources"]["limits"], name
        mounts = {mount["mountPath"]: mount.get("readOnly", False) for mount in container["volumeMounts"]}
        assert mounts == {"/tmp": False, "/run/secrets/bunko": True}, name  # provided by the image


def test_every_probe_asks_a_page_that_every_program_has(resources: Sequence[Resource]) -> None:
    for deployment in of_kind(resources, "Deployment"):
        (container,) = deployment["spec"]["template"]["spec"]["containers"]
        ports = {port["name"]: port["containerPort"] for port in container["ports"]}
        asked = {}
        for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
            page = container[probe]["httpGet"]
            asked[probe] = (ports[page["port"]], page["path"])
        assert asked == {
            "startupProbe": (8000, "/health/live"),
            "livenessProbe": (9100, "/metrics"),
            "readinessProbe": (8000, "/health/ready"),
        }


def test_prometheus_is_told_where_every_program_shows_its_figures(resources: Sequence[Resource]) -> None:
    for deployment in of_kind(resources, "Deployment"):
        template = deployment["spec"]["template"]
        (container,) = template["spec"]["containers"]
        ports = {port["name"]: port["containerPort"] for port in container["ports"]}
        (bound,) = [each["value"] for each in container["env"] if each["name"] == "METRICS_BIND"]
        assert bound == f"0.0.0.0:{ports['metrics']}"
        assert template["metadata"]["annotations"] == {
            "prometheus.io/scrape": "true",
            "prometheus.io/port": str(ports["metrics"]),
        }
    (autoscaler,) = of_kind(resources, "HorizontalPodAutoscaler")
    name = autoscaler["spec"]["metrics"][0]["pods"]["metric"]["name"]
    assert f'"{name}"' in (ROOT / "file-service" / "files" / "decoding" / "slots.py").read_text()


def test_a_pod_that_goes_has_the_time_it_takes(resources: Sequence[Resource]) -> None:
    graceful = int(
        re.findall(
            r"graceful_timeout = (\d+)", (ROOT / "shared" / "serving" / "gunicorn_settings.py").read_text()
        )[0]
    )
    for deployment in of_kind(resources, "Deployment"):
        spec = deployment["spec"]["template"]["spec"]
        sleep, seconds = spec["containers"][0]["lifecycle"]["preStop"]["exec"]["command"]
        assert sleep == "sleep"
        assert int(seconds) > _SECONDS_UNTIL_FORGOTTEN
        assert spec["terminationGracePeriodSeconds"] > int(seconds) + graceful


def test_every_variable_is_one_that_its_program_reads(resources: Sequence[Resource]) -> None:
    for name, pod in pods(resources).items():
        own = {variable["name"] for variable in pod["spec"]["containers"][0]["env"]}
        folder = name if name in PROGRAMS else "deploy"
        known = _read(ROOT / folder) | _read(ROOT / "shared") | _PYTHONS_OWN | set(CREDENTIALS)
        assert own <= known, (name, own - known)
        assert "SETTINGS_FILE" in own


def _read(folder: Path) -> set[str]:
    sources = [path.read_text(encoding="utf-8") for path in folder.rglob("*.py")]
    return {name for source in sources for pair in _READ.findall(source) for name in pair if name}


def test_every_secret_that_is_mounted_is_one_that_was_written(
    resources: Sequence[Resource], tree: Path
) -> None:
    kept = {each["metadata"]["name"]: each for each in of_kind(resources, "Secret")}
    for name, pod in pods(resources).items():
        (secret,) = [volume["secret"] for volume in pod["spec"]["volumes"] if "secret" in volume]
        files = kept[secret["secretName"]]["data"]
        written = f"{name}.env" if name in PROGRAMS else "operator.env"
        assert base64.b64decode(files["settings"]) == (tree / "secrets" / written).read_bytes()
        for variable in pod["spec"]["containers"][0]["env"]:
            folder, _, file = str(variable["value"]).rpartition("/")
            if folder == "/run/secrets/bunko":
                assert file in files, (name, variable)
    (ingress,) = of_kind(resources, "Ingress")
    assert kept[ingress["spec"]["tls"][0]["secretName"]]["type"] == "kubernetes.io/tls"


def test_what_a_program_needs_it_is_told(resources: Sequence[Resource], tree: Path) -> None:
    """As in the composition: variables and secrets file together."""
    wanted = {
        "gateway": {"DATABASE_URL", "UPSTREAMS", "FILE_NODES_FILE", "SESSION_KEY", "CALL_KEYS"},
        "catalog-service": {"DATABASE_URL", "TOKEN_KEYS"},
        "media-service": {"DATABASE_URL", "TOKEN_KEYS"},
        "user-service": {"DATABASE_URL", "TOKEN_KEYS", "SESSION_KEY"},
        "file-service": {"STORAGE_URL", "UPSTREAMS", "TOKEN_KEYS", "CALL_KEYS"},
    }
    for name, needed in wanted.items():
        variables = {variable["name"] for variable in pods(resources)[name]["spec"]["containers"][0]["env"]}
        assert needed <= variables | read_file(tree / "secrets" / f"{name}.env").keys(), name


def test_services_and_the_autoscaler_mean_pods_that_there_are(resources: Sequence[Resource]) -> None:
    made = pods(resources)
    for service in of_kind(resources, "Service"):
        selector = {"matchLabels": service["spec"]["selector"]}
        found = [name for name, pod in made.items() if selects(selector, pod["metadata"]["labels"])]
        assert found == [service["metadata"]["name"]]
        # Programs choose among the nodes; only browsers use one address.
        assert (service["spec"].get("clusterIP") == "None") == (found != ["gateway"])
    for deployment in of_kind(resources, "Deployment"):
        assert selects(deployment["spec"]["selector"], deployment["spec"]["template"]["metadata"]["labels"])
    (autoscaler,) = of_kind(resources, "HorizontalPodAutoscaler")
    assert autoscaler["spec"]["scaleTargetRef"]["name"] == "file-service"
    (metric,) = autoscaler["spec"]["metrics"]
    adapter = (ROOT / "deploy" / "manifests" / "k8s" / "example" / "prometheus-adapter.yaml").read_text()
    assert f"'{metric['pods']['metric']['name']}{{" in adapter


def test_everything_is_in_one_namespace(resources: Sequence[Resource]) -> None:
    assert {each["metadata"].get("namespace") for each in resources if each["kind"] != "Namespace"} == {
        "bunko"
    }
    for namespace in of_kind(resources, "Namespace"):
        assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
