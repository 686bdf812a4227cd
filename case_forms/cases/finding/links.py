"""Links between cases of different persons: siblings, the same exploiter, address or household.

Whoever may open both cases makes and removes a link. Whoever may open one of them sees that there is one and of what
kind: neither the other's reference nor anything of its story.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.db.models.functions import Coalesce

from access.models import User
from audit import clock
from audit.chain import get_actor, log_event

from ..models import Case
from .models import CaseLink, LinkKind
from .sides import may_act_for


class LinkRefused(Exception):
    """A link that can't be made or removed. `code`: unknown_case, same_case, unknown_kind, not_yours."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class LinkLine:
    """A link as one person sees it. `other` is None when they may not open that case."""

    link: CaseLink
    kind: str
    made_at: datetime
    other: Case | None


def add_link(*, case: Case, reference: str, kind: str, by: User) -> CaseLink:
    """Link two cases that this person may open; a link that is there already stays. Raises LinkRefused."""
    other = find_visible(reference, by)
    if other is None:
        raise LinkRefused("unknown_case")
    if other.pk == case.pk:
        raise LinkRefused("same_case")
    if kind not in LinkKind.values:
        raise LinkRefused("unknown_kind")
    if not (may_act_for(case, by) or may_act_for(other, by)):
        raise LinkRefused("not_yours")
    # A link has no direction: stored from the smaller key, so that it can't stand twice.
    first, second = sorted((case, other), key=lambda each: each.pk)
    standing = CaseLink.objects.filter(case=first, other=second, kind=kind, removed_at__isnull=True)
    if (earlier := standing.first()) is not None:
        return earlier
    try:
        with transaction.atomic():
            link = CaseLink.objects.create(case=first, other=second, kind=kind, made_by=by, made_at=clock.now())
            log_event(
                "case.linked", actor=get_actor(by), target_kind="case", target_id=case.pk, other=other.pk, kind=kind
            )
    except IntegrityError:
        return standing.get()
    return link


def remove_link(*, case: Case, link_id: str, by: User) -> bool:
    """Remove a link of this case whose other case this person may open too. Raises LinkRefused."""
    line = next((line for line in list_links(case, by) if str(line.link.pk) == link_id), None)
    if line is None or line.other is None:
        raise LinkRefused("not_yours")
    with transaction.atomic():
        now = clock.now()
        removed = CaseLink.objects.filter(pk=line.link.pk, removed_at__isnull=True).update(
            removed_at=now, removed_by=by.pk
        )
        if removed:
            log_event(
                "case.unlinked",
                actor=get_actor(by),
                target_kind="case",
                target_id=case.pk,
                other=line.other.pk,
                kind=line.link.kind,
            )
    return bool(removed)


def list_links(case: Case, user: User) -> list[LinkLine]:
    """Return the links of a case as this person sees them."""
    # A case that was merged into this one brought its links along.
    family = {case.pk, *case.merged.values_list("pk", flat=True)}
    links = CaseLink.objects.filter(Q(case__in=family) | Q(other__in=family), removed_at__isnull=True)
    found = [
        (link, link.other_id if link.case_id in family else link.case_id)
        for link in links.order_by("made_at")
        if not {link.case_id, link.other_id} <= family
    ]
    standing = dict(
        Case.objects.filter(pk__in=[other for _link, other in found]).values_list("pk", Coalesce("merged_into", "pk"))
    )
    visible = Case.objects.visible_to(user).in_bulk(list(standing.values()))
    return [
        LinkLine(link, link.get_kind_display(), link.made_at, visible.get(standing[other])) for link, other in found
    ]


def find_visible(reference: str, user: User) -> Case | None:
    """Return the case with this reference, as typed, that the person may open; of a merged one the one that stays."""
    typed = normalize_reference(reference)
    if not typed:
        return None
    # Asked first, and always: of "this reference, or what was merged into it" PostgreSQL reads all cases.
    standing = get_standing_references([typed]).get(typed, typed)
    rows = Case.objects.visible_to(user).filter(reference=standing)
    return rows.select_related("unit", "region", "municipality").first()


def normalize_reference(typed: str) -> str:
    """Return a reference as it is stored, from what somebody typed."""
    return "".join(letter for letter in typed.upper() if letter.isalnum())[:8]


def get_standing_references(references: Iterable[str]) -> dict[str, str]:
    """Return {reference of a merged case: reference of the case that stays}, for those among them that were merged."""
    merged = Case.objects.filter(reference__in=set(references), merged_into__isnull=False)
    return dict(merged.values_list("reference", "merged_into__reference"))
