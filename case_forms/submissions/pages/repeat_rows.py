"""Empty rows that a page shows besides those that were typed: one that was asked for, and as many as required."""

from collections.abc import Iterable

from case_forms.form_builder.definition import AnyItem, Repeat
from case_forms.questions.base import Posted

from ..drafts.typed_values import typed_rows
from ..validation.validate import Answers

NEW_ROW: Answers = {"": None}  # a row that holds nothing: validation looks at it, storing leaves it out


def with_new_rows(items: Iterable[AnyItem], answers: Answers, wanted: str = "", prefix: str = "") -> Answers:
    """Add the empty rows that the page shows, so that validation says which questions apply in them.

    `wanted` is the name of the group that gets one more row (children, household-0-children). A missing row around it
    is added as well.
    """
    shown = dict(answers)
    for item in items:
        if not isinstance(item, Repeat):
            continue
        name = f"{prefix}{item.key}"
        rows = get_rows(answers, item)
        rows += [dict(NEW_ROW)] * _empty_rows(item, len(rows), name, wanted)
        rows = [with_new_rows(item.items, row, wanted, f"{name}-{index}-") for index, row in enumerate(rows)]
        if rows:
            shown[item.key] = rows
    return shown


def get_rows(answers: Answers, repeat: Repeat) -> list[Answers]:
    rows = answers.get(repeat.key)
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def is_new(row: Answers) -> bool:
    return "" in row


def after_saving(items: Iterable[AnyItem], post: Posted, name: str, prefix: str = "") -> str:
    """Return the name that a group on the posted page has once its page is built anew.

    Rows in which nothing was typed are left out, so those behind them move up; an empty row comes last.
    """
    for item in items:
        if not isinstance(item, Repeat):
            continue
        outer, inside = f"{prefix}{item.key}", name.removeprefix(f"{prefix}{item.key}-")
        index, _dash, inner = inside.partition("-")
        # the name comes from the request, so its index is bounded
        if inside == name or not inner or not (index.isascii() and index.isdigit()) or len(index) > 3:
            continue
        rows = typed_rows(item, post, outer)
        here = int(index)
        is_kept = here < len(rows) and bool(rows[here])
        moved = sum(bool(row) for row in (rows[:here] if is_kept else rows))
        return f"{outer}-{moved}-{inner}"
    return name


def _empty_rows(repeat: Repeat, have: int, name: str, wanted: str) -> int:
    needed = max(repeat.min, have + (name == wanted))
    if wanted.startswith(f"{name}-{have}-"):
        needed = max(needed, have + 1)
    return max(min(needed, repeat.max) - have, 0)
