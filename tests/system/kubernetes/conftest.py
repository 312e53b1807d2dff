"""The example of ``deploy/manifests/k8s`` as ``kubectl`` builds it, with its own secrets."""

import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]  # its stubs are a package more, for one call

from deploy.commands import secrets
from deploy.installation.configuration import ROOT

DATABASE = "postgresql://owner:word@db.example.org:5432/bunko?sslmode=require"

Resource = Mapping[str, Any]


@pytest.fixture(scope="session")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of ``deploy/manifests/k8s`` beside the secrets of ``make secrets``."""
    if shutil.which("kubectl") is None:
        pytest.skip("kubectl is not installed: it renders what is in deploy/manifests/k8s")
    deploy = tmp_path_factory.mktemp("kubernetes") / "deploy"
    shutil.copytree(ROOT / "deploy" / "manifests" / "k8s", deploy / "manifests" / "k8s")
    (deploy / "secrets").mkdir()
    secrets.write(deploy / "secrets", DATABASE)
    secrets.write_s3(deploy / "secrets", ["key", "word"])
    secrets.certificate(deploy / "secrets")
    return deploy


@pytest.fixture(scope="session")
def resources(tree: Path) -> Sequence[Resource]:
    """All resources of the example."""
    return [
        *_rendered(tree / "manifests" / "k8s" / "example"),
        *_rendered(tree / "manifests" / "k8s" / "example" / "prepare"),
    ]


def _rendered(folder: Path) -> Iterator[Resource]:
    done = subprocess.run(
        ["kubectl", "kustomize", str(folder)], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    yield from yaml.safe_load_all(done.stdout)


def of_kind(resources: Sequence[Resource], *kinds: str) -> list[Resource]:
    """Return the resources of some kinds."""
    return [resource for resource in resources if resource["kind"] in kinds]


def pods(resources: Sequence[Resource]) -> dict[str, Resource]:
    """Return the pod templates by the name of their workload."""
    return {
        made["metadata"]["name"]: made["spec"]["template"] for made in of_kind(resources, "Deployment", "Job")
    }


def selects(selector: Resource, labels: Mapping[str, str]) -> bool:
    """Return whether a selector matches ``labels``, by the rules of Kubernetes."""
    equal = selector.get("matchLabels", {})
    among = selector.get("matchExpressions", ())
    assert all(each["operator"] == "In" for each in among)
    return equal.items() <= labels.items() and all(
        labels.get(each["key"]) in each["values"] for each in among
    )
