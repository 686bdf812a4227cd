"""Reading of what the outline posts: changes to the working copy that it was opened with, or all of it. Pure.

    {"base": sha256, "changes": [RFC 6902, see changes.py]}
    {"base": sha256, "definition": {...}}

`base` is the sha256 of the canonical JSON of the working copy that the sender last saw. When that is no longer the
working copy, somebody else has saved meanwhile, and nothing is overwritten.
"""

import json
from collections.abc import Callable
from typing import Any, NoReturn

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from . import canonical
from .changes import ChangeRefused, apply_changes
from .definition.limits import FORMAT
from .definition.value_checks import is_plain

Definition = dict[str, Any]
MAX_BYTES = 2_000_000  # characters of canonical JSON; a form of a thousand questions in three languages has about half
DEEPEST = 4  # sections, their items, the rows of a repeat, the rows of a repeat in it


class EditRefused(Exception):
    """Raised when what was posted can't be a working copy. `message` is for people."""

    def __init__(self, message: "str | Promise") -> None:
        super().__init__(str(message))
        self.message = message


class Overtaken(Exception):
    """Raised when somebody else has saved since the sender last saw the form."""


def compute_sha(definition: Definition) -> str:
    return canonical.compute_sha256(canonical.dump(definition))


def edited(now: Definition, sent: str, must_be_usable: "Callable[[Any, str], None] | None" = None) -> Definition:
    """Return the working copy after what was posted; `now` is the present one. Raises EditRefused, Overtaken.

    `must_be_usable` takes the new working copy and the key that it must keep, and raises EditRefused; without it the
    working copy is a form's.
    """
    posted = _parsed(sent)
    if posted.get("base") != compute_sha(now):
        raise Overtaken
    if "changes" in posted:
        try:
            new = apply_changes(now, posted["changes"])
        except ChangeRefused as refused:
            raise EditRefused(refused.message) from None
    else:
        new = posted["definition"]
    (must_be_usable or _must_be_walkable)(new, now["key"])
    return new


def _parsed(sent: str) -> dict[str, Any]:
    try:
        posted = json.loads(sent, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        # RecursionError: `json` recurses, and a body of nothing but brackets would end as a server error.
        raise EditRefused(_("What was sent is not JSON.")) from None
    if not isinstance(posted, dict) or set(posted) not in ({"base", "changes"}, {"base", "definition"}):
        raise EditRefused(_("What was sent holds no changes."))
    return posted


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _must_be_walkable(new: Any, key: str) -> None:
    """Raise EditRefused unless every reader can walk through the new working copy.

    It may be half done: a label may be empty, a choice without a value. What every reader relies on is there, though,
    and the form's key is the same.
    """
    # First of all, since it bounds the depth: what follows may recurse into the definition.
    if not is_plain(new):
        raise EditRefused(_("This must be plain JSON, without strange characters and not nested too deep."))
    if not isinstance(new, dict) or new.get("format") != FORMAT or new.get("key") != key:
        raise EditRefused(_("The format and the key of a form can't be changed."))
    sections, lists = new.get("sections"), new.get("lists", {})
    if not (
        _are_texts(new.get("title"))
        and isinstance(new.get("languages"), list)
        and isinstance(lists, dict)
        and all(isinstance(entry, dict) for entry in lists.values())
        and _are_parts(sections, DEEPEST)
        and _are_parts(new.get("warnings", []), 1)
    ):
        raise EditRefused(_("A form has a title, languages and sections with items."))
    if len(canonical.dump(new)) > MAX_BYTES:
        raise EditRefused(_("The form has become too large to save."))


def _are_texts(value: Any) -> bool:
    # Texts may be blank here; the checker reports that before publishing.
    return isinstance(value, dict) and all(isinstance(text, str) for text in value.values())


def _are_parts(parts: Any, levels: int) -> bool:
    if not isinstance(parts, list) or (parts and not levels):
        return False
    return all(
        isinstance(part, dict) and isinstance(part.get("key"), str) and _are_parts(part.get("items", []), levels - 1)
        for part in parts
    )
