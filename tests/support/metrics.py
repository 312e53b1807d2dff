"""The metrics of a program, read by the parser of the Prometheus client library."""

from collections.abc import Mapping

import requests
from prometheus_client.parser import text_string_to_metric_families


class Shown:
    """All series of one program at one moment."""

    def __init__(self, url: str) -> None:
        answer = requests.get(url, headers={"Connection": "close"}, timeout=30)
        assert answer.status_code == 200, answer.text
        self.text = answer.text
        self.series = {
            (sample.name, frozenset(sample.labels.items())): sample.value
            for family in text_string_to_metric_families(answer.text)
            for sample in family.samples
        }

    def of(self, name: str) -> Mapping[frozenset[tuple[str, str]], float]:
        """Return all series of this name."""
        return {labels: value for (known, labels), value in self.series.items() if known == name}

    def value(self, name: str, **labels: str) -> float:
        """Return the sum of all series of this name that have these labels, among others."""
        wanted = labels.items()
        return sum(value for own, value in self.of(name).items() if wanted <= own)
