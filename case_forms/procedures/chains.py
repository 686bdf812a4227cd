"""The links along which a procedure looks for the people it notifies.

{"default": [...], "cpu": [...]} in its `chains`.
"""

from collections.abc import Mapping
from typing import Any

from .definition import Procedure, parse_procedure


def chain_for(procedure: Procedure | Mapping[str, Any], role: str) -> list[str]:
    """Return the links for this role, the nearest first.

    A procedure published before there were chains has the usual one, and so has none at all ({}).
    """
    return parse_procedure(procedure).get_links(role)
