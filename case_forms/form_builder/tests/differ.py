"""The changes between two documents, as a simple editor would send them."""

import json
from typing import Any

Change = dict[str, Any]


def changes_between(old: Any, new: Any, path: str = "") -> list[Change]:
    if isinstance(old, dict) and isinstance(new, dict):
        return _between_objects(old, new, path)
    if isinstance(old, list) and isinstance(new, list):
        return _between_lists(old, new, path)
    return [] if _same(old, new) else [{"op": "replace", "path": path, "value": new}]


def _between_objects(old: dict[str, Any], new: dict[str, Any], path: str) -> list[Change]:
    changes: list[Change] = [{"op": "remove", "path": _step(path, key)} for key in old if key not in new]
    for key, value in new.items():
        if key in old:
            changes += changes_between(old[key], value, _step(path, key))
        else:
            changes.append({"op": "add", "path": _step(path, key), "value": value})
    return changes


def _between_lists(old: list[Any], new: list[Any], path: str) -> list[Change]:
    """Entries that are still there are moved to their places, from the first on; others go, come or change."""
    now, changes = list(old), []
    for place, value in enumerate(new):
        found = next((at for at in range(place, len(now)) if _same(now[at], value)), None)
        if found == place:
            continue
        if found is not None:
            changes.append({"op": "move", "from": f"{path}/{found}", "path": f"{path}/{place}"})
            now.insert(place, now.pop(found))
        elif len(now) < len(new):
            changes.append({"op": "add", "path": f"{path}/{'-' if place == len(now) else place}", "value": value})
            now.insert(place, value)
        else:
            changes += changes_between(now[place], value, f"{path}/{place}")
            now[place] = value
    return changes + [{"op": "remove", "path": f"{path}/{at}"} for at in range(len(now) - 1, len(new) - 1, -1)]


def _step(path: str, key: str) -> str:
    return f"{path}/{key.replace('~', '~0').replace('/', '~1')}"


def _same(one: Any, other: Any) -> bool:
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
