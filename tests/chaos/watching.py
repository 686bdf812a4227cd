"""When somebody would know of a fault: by the alerts of deploy/alerts.yml, from when `/readyz` first said it."""

import re

import yaml

from .parts import ROOT

SCRAPE_SECONDS = 15.0  # between two looks of a Prometheus (docs/operator.md)
# Which alert speaks of a part of `/readyz`, beside those without which no notice goes out.
ALERTS = {
    "smtp": "VatraMailDown",
    "broker": "VatraQueueDown",
    "disk": "VatraDiskLow",
    "outbox": "VatraNoticesWait",
    "clock": "VatraClockJumped",
}


def measure_human(seen: dict[str, float]) -> str:
    """When somebody knows, at the latest: seen, looked at by Prometheus, and for as long as the alert waits."""
    rules = {
        rule["alert"]: rule
        for group in yaml.safe_load((ROOT / "deploy" / "alerts.yml").read_text())["groups"]
        for rule in group["rules"]
    }
    found = []
    for what, seconds in seen.items():
        name = {"silent": "VatraSilent", "not ready": "VatraNotReady", **ALERTS}.get(what, "VatraPartIll")
        threshold = re.search(r"_seconds > (\d+)", rules[name]["expr"])
        waits = _read_seconds(rules[name].get("for", "0s")) + (int(threshold[1]) if threshold else 0)
        found.append((seconds + SCRAPE_SECONDS + waits, name, rules[name]["labels"]["severity"]))
    return "{:.0f} s, {} ({})".format(*min(found)) if found else "–"


def _read_seconds(text: str) -> int:
    return int(text[:-1]) * {"s": 1, "m": 60, "h": 3600}[text[-1]]
