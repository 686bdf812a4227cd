"""Side copies: what was typed without a session and would have replaced something, stored beside the draft.

A draft's key lets a page add after its session has ended, never replace: the phone may be in other hands. What it would
change is stored whole, as the page sent it, one copy for each page. Its owner, signed in, sees both texts and chooses
(`views.conflicts`). What a phone without a network typed of a draft that was worked on here meanwhile is stored so too.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.http import QueryDict
from django.utils import timezone

from ..models import Draft
from .merging import MINE, Chosen, Merge, PageCopy

MAX_SIDE_COPIES = 20  # copies beside one draft: a bound, since a key works without a session
NOT_KEPT = ("draft_key", "csrfmiddlewaretoken", "go", "add", "remove", "_turn", "_page", "_version", "_marks")
BESIDE = "_beside"  # the field that says which copy a page of choices is about

PHONE = "phone"  # who wrote a copy that no page without a session did

Fields = Sequence[tuple[str, str]]


class TooMany(Exception):
    """The draft has as many side copies as it may have."""


def get_fields(post: QueryDict) -> Fields:
    """Return the fields of a page that a side copy stores."""
    return [(name, value) for name, values in post.lists() if name not in NOT_KEPT for value in values]


def add_side_copy(draft: Draft, section: str, copy: PageCopy | None, fields: Fields, *, by: str = "") -> None:
    """Store this page's copy in place of its earlier one. `by`: PHONE, or "". The draft isn't saved. Raises TooMany."""
    page = copy.page if copy is not None else ""
    besides = dict(draft.besides or {})
    earlier = besides.get(page)
    turn = copy.turn if copy is not None else 0
    if earlier and 0 < turn <= earlier["turn"]:
        return  # a request that a later one of the same page has overtaken
    if earlier is None and len(besides) >= MAX_SIDE_COPIES:
        raise TooMany
    besides[page] = {
        "section": section, "fields": [list(each) for each in fields], "turn": turn, "at": timezone.now().isoformat(),
        "by": by, "marks": dict(copy.marks) if copy is not None and copy.marks is not None else None,
    }  # fmt: skip
    draft.besides = besides


def is_by_phone(draft: Draft, page: str) -> bool:
    return (draft.besides or {}).get(page, {}).get("by") == PHONE


def get_marks(draft: Draft, page: str) -> dict[str, str] | None:
    """Return the marks of a phone's copy; None for one that has none, and then every answer that differs is asked."""
    copy = (draft.besides or {}).get(page, {})
    return copy.get("marks") if copy.get("by") == PHONE else None


def drop(draft: Draft, page: str) -> bool:
    """Remove a page's copy, which was chosen about or no longer differs. Return if there was one. Saves nothing."""
    besides = dict(draft.besides or {})
    if besides.pop(page, None) is None:
        return False
    draft.besides = besides or None
    return True


def copies(draft: Draft) -> Iterator[tuple[str, str, QueryDict]]:
    """Yield (page, section, its fields) of each copy, in the order in which they came."""
    for page, copy in (draft.besides or {}).items():
        post = QueryDict(mutable=True)
        for name, value in copy["fields"]:
            post.appendlist(name, value)
        yield page, copy["section"], post


def own_again(merge: Merge, own: set[str]) -> Mapping[str, Chosen]:
    """Return the choices that let a page change the answers that it added itself, and no others."""
    return {each.name: Chosen(MINE, each.seen) for each in merge.differences if each.name in own}


def marks_held(typed: Mapping[str, str], saved: Mapping[str, str], before: Mapping[str, str] | None) -> dict[str, Any]:
    """Return the marks that a page goes on with: of what is saved as typed there, else of what it showed at first."""
    same = {name: mark for name, mark in typed.items() if saved.get(name) == mark}
    return {**{name: mark for name, mark in (before or {}).items() if name not in same}, **same}
