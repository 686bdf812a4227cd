"""What a decision says to do: one action of a rule, ready to be carried out."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Action:
    """One thing to do: `do` is the code of an action, `params` are its parameters with expressions worked out."""

    rule: str
    do: str
    params: dict[str, Any] = field(repr=False)
