"""Dashboard and alerts use metrics that a running system has, and are valid for Prometheus."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import promql_parser
import pytest
import yaml  # type: ignore[import-untyped]  # its stubs are a package more, for one call

from deploy.installation.configuration import ROOT
from deploy.maintenance.panels import panels, query
from deploy.stack.stack import Stack
from tests.support.catalogue import Catalogue
from tests.support.client import Client
from tests.support.metrics import Shown
from tests.support.pictures import base64_of, quarters

FOLDER = ROOT / "deploy" / "manifests" / "monitoring"
OF_PROMETHEUS = {"up": {"job", "instance"}}
"""Metrics that Prometheus itself adds."""
TARGET = {"job", "instance"}
"""Labels that each series gets when it is scraped."""

METRIC = re.compile(r"`(bunko_[a-z_]+)(?:\{([^}]*)\})?`")

needs_promtool = pytest.mark.skipif(not shutil.which("promtool"), reason="no promtool: it is in prometheus")


def alerts() -> list[dict[str, Any]]:
    rules = yaml.safe_load((FOLDER / "alerts.yaml").read_text(encoding="utf-8"))
    return [rule for group in rules["groups"] for rule in group["rules"]]


def expressions() -> list[str]:
    targets = [target for panel in panels() for target in panel.get("targets", [])]
    return [query(target["expr"]) for target in targets] + [rule["expr"] for rule in alerts()]


def parts(expression: str) -> list[promql_parser.Expr]:
    """Return all parts of an expression."""
    found: list[promql_parser.Expr] = []
    promql_parser.walk(promql_parser.parse(expression), found.append)
    return [
        part.vector_selector if isinstance(part, promql_parser.MatrixSelector) else part for part in found
    ]


@pytest.fixture(scope="module")
def shown(stack: Stack, admin: Client) -> dict[str, list[dict[str, str]]]:
    """Name -> labels of each of its series, after every measured event has occurred."""
    catalogue = Catalogue(admin)
    volume = catalogue.volume(catalogue.group(catalogue.series()))
    admin.post(f"/admin-volumes/update-image/{volume}/front", image=base64_of(quarters()))
    admin.get("/auth/me")
    series: dict[str, list[dict[str, str]]] = {}
    for target in json.loads(stack.targets.read_text(encoding="utf-8")):
        for name, labels in Shown(f"http://{target['targets'][0]}/metrics").series:
            series.setdefault(name, []).append(dict(labels) | target["labels"] | {"instance": "any"})
    return series


@pytest.mark.parametrize("expression", expressions())
def test_what_is_asked_for_is_shown(expression: str, shown: dict[str, list[dict[str, str]]]) -> None:
    found = parts(expression)
    selected = [part for part in found if isinstance(part, promql_parser.VectorSelector)]
    known: set[str] = set()
    assert selected
    for selector in selected:
        if selector.name in OF_PROMETHEUS:
            known |= OF_PROMETHEUS[selector.name]
            continue
        assert selector.name in shown, selector.name
        known |= set().union(*shown[selector.name])
        equal = {
            matcher.name: matcher.value
            for matcher in selector.matchers.matchers
            if matcher.op == promql_parser.MatchOp.Equal
        }
        assert {matcher.name for matcher in selector.matchers.matchers} <= known
        assert any(equal.items() <= labels.items() for labels in shown[selector.name]), equal
    for part in found:
        if isinstance(part, promql_parser.AggregateExpr) and part.modifier:
            assert set(part.modifier.labels) <= known


def test_every_name_is_documented(shown: dict[str, list[dict[str, str]]]) -> None:
    page = (ROOT / "docs" / "monitoring.md").read_text(encoding="utf-8")
    for name in shown:
        plain = (
            name.removesuffix("_bucket").removesuffix("_sum").removesuffix("_count").removesuffix("_total")
        )
        assert f"`{plain}" in page, plain
    for rule in alerts():
        assert f"`{rule['alert']}`" in page


def test_every_documented_name_is_shown(shown: dict[str, list[dict[str, str]]]) -> None:
    """Also for a family, whose series have a suffix, and only with labels that it has."""
    for page in (ROOT / "README.md", *(ROOT / "docs").glob("*.md")):
        for name, labels in METRIC.findall(page.read_text(encoding="utf-8")):
            series = [
                one
                for known in shown
                if known == name or known.startswith(f"{name}_")
                for one in shown[known]
            ]
            assert series, (page.name, name)
            wanted = set(re.findall(r'(\w+)="([^"]*)"', labels))
            assert any(wanted <= one.items() for one in series), (page.name, name, labels)


def test_every_documented_reason_is_shown(shown: dict[str, list[dict[str, str]]]) -> None:
    """Alerts name the labels that identify the cause."""
    page = (ROOT / "docs" / "monitoring.md").read_text(encoding="utf-8")
    sentence = re.search(r"names the reason:([^;]*)", page)
    assert sentence
    reasons = set(re.findall("`([^`]*)`", sentence[1]))
    assert len(reasons) == 3
    assert reasons <= {labels["reason"] for labels in shown["bunko_gateway_refused_total"]}


def test_alerts_say_what_to_do() -> None:
    for rule in alerts():
        assert ":" in rule["annotations"]["summary"], rule["alert"]
        assert rule["labels"]["severity"] in {"warning", "critical"}


def test_the_overlay_of_the_composition_mounts_what_is_there() -> None:
    overlay = yaml.safe_load((FOLDER / "compose.yaml").read_text(encoding="utf-8"))
    composition = yaml.safe_load((ROOT / "deploy" / "manifests" / "compose.yaml").read_text(encoding="utf-8"))
    for service in overlay["services"].values():
        assert set(service["networks"]) <= {*composition["networks"], *overlay["networks"]}
        for volume in service["volumes"]:
            source = volume.split(":")[0]
            assert source in overlay["volumes"] or (ROOT / "deploy" / "manifests" / source).is_file(), source
    scraped = yaml.safe_load((FOLDER / "prometheus.yaml").read_text(encoding="utf-8"))["scrape_configs"]
    names = {found["dns_sd_configs"][0]["names"][0] for found in scraped}
    assert names == {
        name for name, service in composition["services"].items() if "UPSTREAMS" in str(service)
    } | {
        "catalog-service",
        "media-service",
        "user-service",
    }


def test_no_two_panels_overlap() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in panels():
        place = panel["gridPos"]
        fields = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not fields & taken, panel["title"]
        assert max(x for x, _ in fields) < 24
        taken |= fields


@needs_promtool
def test_prometheus_takes_configuration_and_rules(tmp_path: Path) -> None:
    for words in (
        ("check", "config", "prometheus.yaml"),
        ("check", "config", "local.yaml"),
        ("check", "rules", "alerts.yaml"),
        ("test", "rules", "alerts.test.yaml"),
    ):
        checked = subprocess.run(
            ["promtool", *words], cwd=FOLDER, capture_output=True, text=True, check=False
        )
        assert checked.returncode == 0, checked.stdout + checked.stderr
