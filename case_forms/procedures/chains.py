"""Along which links a procedure looks for the people it tells: {"default": [...], "cpu": [...]} in its `chains`."""

from collections.abc import Mapping
from typing import Any

from notifications.directory.links import DEFAULT_CHAIN

FOR_EVERY_ROLE = "default"


def chain_for(definition: Mapping[str, Any], role: str) -> list[str]:
    """The links for this role, the nearest first; a procedure published before there were chains has the usual one."""
    chains = definition.get("chains") or {}
    return list(chains.get(role) or chains.get(FOR_EVERY_ROLE) or DEFAULT_CHAIN)
