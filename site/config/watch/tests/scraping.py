"""Read what `/metrics` answers, and judge an alert's expression by it, as far as deploy/alerts.yml goes."""

import operator
import re
from pathlib import Path
from typing import Any

import yaml
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

ROOT = Path(__file__).resolve().parents[4]
Labels = frozenset[tuple[str, str]]
Figures = dict[str, dict[Labels, float]]
SIMPLE = re.compile(r"(?P<name>\w+)(?:\{(?P<wanted>[^}]*)\})? (?P<compare>==|>|<) (?P<limit>[\d.]+)")
INCREASE = re.compile(r"increase\((?P<what>\w+(?:\{[^}]*\})?)\[5m\]\) > 0")
WANTED = re.compile(r'(\w+)(=|!=|=~|!~)"([^"]*)"')
COMPARE = {"==": operator.eq, ">": operator.gt, "<": operator.lt}


def scrape(**headers: Any) -> Figures:
    answer = Client().get("/metrics", **headers)
    assert answer.status_code == 200
    found: Figures = {}
    for family in text_string_to_metric_families(answer.content.decode()):
        for sample in family.samples:
            found.setdefault(sample.name, {})[frozenset(sample.labels.items())] = sample.value
    return found


def get(figures: Figures, name: str, **labels: str) -> float:
    return figures[name][frozenset(labels.items())]


def read_alerts() -> dict[str, dict[str, Any]]:
    groups = yaml.safe_load((ROOT / "deploy" / "alerts.yml").read_text())["groups"]
    return {rule["alert"]: rule for group in groups for rule in group["rules"]}


def is_firing(expression: str, now: Figures, before: Figures | None = None) -> bool:
    """Whether a rule's expression holds: a comparison of one figure, or the growth of a counter since `before`."""
    grown = INCREASE.fullmatch(expression)
    if grown is not None:
        assert before is not None
        return _total(grown["what"], now) > _total(grown["what"], before)
    simple = SIMPLE.fullmatch(expression)
    assert simple is not None, expression
    values = _select(simple["name"], simple["wanted"] or "", now)
    return any(COMPARE[simple["compare"]](value, float(simple["limit"])) for value in values)


def _total(what: str, figures: Figures) -> float:
    name, _brace, wanted = what.partition("{")
    return sum(_select(name, wanted.rstrip("}"), figures))


def _select(name: str, wanted: str, figures: Figures) -> list[float]:
    rules = WANTED.findall(wanted)
    return [
        value for labels, value in figures.get(name, {}).items() if all(_fits(dict(labels), *rule) for rule in rules)
    ]


def _fits(labels: dict[str, str], key: str, how: str, value: str) -> bool:
    found = labels.get(key, "")
    is_equal = re.fullmatch(value, found) is not None if "~" in how else found == value
    return is_equal != how.startswith("!")
