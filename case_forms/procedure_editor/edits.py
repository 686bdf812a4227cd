"""What a working copy of a procedure must be for the editor to open it. Pure.

It may be half done: a label may be empty, a ladder without steps. What every reader relies on is there, though.
"""

from typing import Any

from django.utils.translation import gettext_lazy as _

from case_forms.form_builder import canonical
from case_forms.form_builder.definition.value_checks import is_plain
from case_forms.form_builder.edits import EditRefused
from case_forms.procedures.rules import HOLDERS

FORMAT = 1
MAX_BYTES = 2_000_000  # characters of canonical JSON; the shipped procedure of 71 rules has about 75,000
MAX_PARTS = 500  # of one kind


def must_be_usable(new: Any, key: str) -> None:
    """Raise EditRefused unless the editor can open the new working copy of the procedure with this key."""
    # First of all, since it bounds the depth: what follows may recurse into the definition.
    if not is_plain(new):
        raise EditRefused(_("This must be plain JSON, without strange characters and not nested too deep."))
    if not isinstance(new, dict) or new.get("format") != FORMAT or new.get("key") != key:
        raise EditRefused(_("The format and the key of a procedure can't be changed."))
    if not all(_is_holder(new.get(name, kind()), kind, name) for name, kind in HOLDERS.items()):
        raise EditRefused(_("A part of the procedure has the wrong structure."))
    if any(len(new.get(name, ())) > MAX_PARTS for name in HOLDERS):
        raise EditRefused(_("The procedure has too many parts."))
    if len(canonical.dump(new)) > MAX_BYTES:
        raise EditRefused(_("The procedure has become too large to save."))


def _is_holder(holder: Any, kind: type, name: str) -> bool:
    if not isinstance(holder, kind):
        return False
    parts: Any = holder.values() if isinstance(holder, dict) else holder
    return all(_is_part(part, name) for part in parts)


def _is_part(part: Any, name: str) -> bool:
    if name == "chains":
        return isinstance(part, list) and all(isinstance(link, str) for link in part)
    if name == "ladders":
        return _are_objects(part)
    if not isinstance(part, dict):
        return False
    if name == "rules":
        forms = part.get("forms", [])
        are_keys = isinstance(forms, list) and all(isinstance(form, str) for form in forms)
        return are_keys and _are_objects(part.get("then", []))
    if name == "settings":
        return _are_objects(part.get("choices", []))
    return name != "calendars" or _are_hours(part.get("hours", {}))


def _are_objects(entries: Any) -> bool:
    return isinstance(entries, list) and all(isinstance(entry, dict) for entry in entries)


def _are_hours(hours: Any) -> bool:
    return isinstance(hours, dict) and all(
        isinstance(spans, list) and all(isinstance(span, list) and len(span) == 2 for span in spans)
        for spans in hours.values()
    )
