"""The links along which a procedure looks for the people it notifies.

{"default": [...], "cpu": [...]} in its `chains`.
"""

from collections.abc import Mapping
from typing import Any

from notifications.directory.links import DEFAULT_CHAIN

FOR_EVERY_ROLE = "default"


def chain_for(definition: Mapping[str, Any], role: str) -> list[str]:
    """Return the links for this role, the nearest first.

    A procedure published before there were chains has the usual one.
    """
    chains = definition.get("chains") or {}
    return list(chains.get(role) or chains.get(FOR_EVERY_ROLE) or DEFAULT_CHAIN)
