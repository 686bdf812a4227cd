"""Ask whether a person is known: by hand before a case is begun, and by itself when a form of a case is received.

What one's own unit has is named. Of another unit only that it may know the person, and whom to ask; its case opens
after both agree (`requests`). Every question is recorded, as a keyed hash, and how many a person may ask is limited, so
that names can't be tried out (docs/adr/0111).
"""

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from access.models import MobileUnit, User, localize
from access.rate_limits import Limit
from access.short_lists import ShortList
from audit import clock
from audit.chain import get_actor, log_event
from notifications.directory.models import Partner, Role
from vault.blind_index import build_digest, get_primary_key

from ..models import Case
from .identity import Identity
from .index import Match, find_by_any, find_matches
from .models import IdentityQuestion, ProbableMatch, QuestionAnswer

# Twenty a day are more than a unit meets people; a list of names would need hundreds.
QUESTIONS = Limit("finding.question", 20, timedelta(days=1), slots=24)
MAX_NAMED = 5
MAX_COORDINATORS = 3


class TooManyQuestions(Exception):
    """This person has asked as often as a day allows. `until`: when they may ask again."""

    def __init__(self, until: datetime | None) -> None:
        super().__init__("too many questions")
        self.until = until


@dataclass(frozen=True)
class Coordinator:
    """Somebody to ask about what another unit knows."""

    name: str
    office: str
    phone: str


@dataclass(frozen=True)
class Asked:
    """The answer to a question. `own`: cases that the person may open; `coordinators`: of the unit that may know more.

    `is_known_elsewhere`: another unit may know the person.
    """

    question: IdentityQuestion
    own: ShortList[Case] = field(default_factory=ShortList)
    is_known_elsewhere: bool = False
    coordinators: list[Coordinator] = field(default_factory=list)


def ask(identity: Identity, *, by: User, unit: MobileUnit | None) -> Asked:
    """Answer one question and record it. Raises TooManyQuestions; nothing was looked up then."""
    now = clock.now()
    with transaction.atomic():
        # Counted before it is answered, so that of two at once neither slips through; a refusal rolls it back.
        if QUESTIONS.hit(str(by.pk), at=now) > QUESTIONS.most:
            raise TooManyQuestions(QUESTIONS.ends(str(by.pk), at=now))
        own, others = split_by_sight(find_matches(identity), by)
        # Among one's own cases a likeness is enough; it says nothing that the list of cases doesn't.
        likenesses, _hidden = split_by_sight(find_by_any(identity), by)
        question = record_question(identity, by=by, unit=unit, own=own or likenesses, others=others, at=now)
        mine = list({case.pk: case for case in (*own, *likenesses)}.values())
        named = ShortList(mine[:MAX_NAMED], len(mine))
        # Looked up in any case, so that the answer takes as long when nobody is known.
        coordinators = list_coordinators(others[0].unit if others else unit)
    return Asked(question, named, bool(others), coordinators if others else [])


def split_by_sight(matches: list[Match], user: User) -> tuple[list[Case], list[Case]]:
    """Return the cases that this person may open, and those that they may not; drills are in neither."""
    cases = [match.case for match in matches if not match.case.is_drill]
    visible = set(Case.objects.visible_to(user).filter(pk__in=[case.pk for case in cases]).values_list("pk", flat=True))
    return [case for case in cases if case.pk in visible], [case for case in cases if case.pk not in visible]


def record_question(
    identity: Identity,
    *,
    by: User,
    unit: MobileUnit | None,
    own: list[Case],
    others: list[Case],
    at: datetime,
    case: Case | None = None,
) -> IdentityQuestion:
    """Record that somebody asked, and whether anybody was known. `case`: of whose form it was asked by itself."""
    key = get_primary_key()
    answer = QuestionAnswer.OTHER if others else QuestionAnswer.OWN if own else QuestionAnswer.NONE
    question = IdentityQuestion.objects.create(
        asked_by=by.person,
        unit=unit,
        asked_at=at,
        digest=build_digest(key, "question", _spell_out(identity)),
        key_id=key.id,
        answer=answer,
        found=others[0] if others else None,
        case=case,
    )
    # What receiving a form asks by itself is in the chain as that submission.
    if case is None:
        log_event(
            "person.asked",
            actor=get_actor(by),
            target_kind="identity_question",
            target_id=question.pk,
            answer=str(answer),
        )
    return question


def note_matches(
    identity: Identity,
    *,
    case: Case,
    unit: MobileUnit,
    by: User,
    at: datetime,
    other_people: Collection[str] = (),
) -> list[ProbableMatch]:
    """Store beside a case which others may be about its person, in the caller's transaction.

    `other_people`: references of cases that the sender said are about somebody else.
    """
    if not identity:
        return []
    own, others = split_by_sight(find_matches(identity, without=case.pk), by)
    record_question(identity, by=by, unit=unit, own=own, others=others, at=at, case=case)
    noted = []
    for other in (*own[:MAX_NAMED], *others[:MAX_NAMED]):
        dismissed = {"dismissed_at": at, "dismissed_by": by.person} if other.reference in other_people else {}
        match, _is_new = ProbableMatch.objects.get_or_create(
            case=case, other=other, defaults={"found_at": at, **dismissed}
        )
        noted.append(match)
    return noted


def list_coordinators(unit: MobileUnit | None) -> list[Coordinator]:
    """Return the coordinators of a unit's region, as the directory has them."""
    return list_coordinators_of([unit.region_id] if unit else []).get(unit.region_id if unit else 0, [])


def list_coordinators_of(regions: Iterable[int]) -> dict[int, list[Coordinator]]:
    """Return the coordinators of these regions, by region: one query, however many there are."""
    offices = Partner.regions.through.objects.filter(
        region__in=set(regions),
        partner__is_active=True,
        partner__role=Role.COORDINATOR,
        partner__contacts__is_active=True,
    )
    named: dict[int, list[Coordinator]] = {}
    columns = ("region", "partner__contacts__name", "partner__names", "partner__contacts__phone")
    for region, name, names, phone in offices.order_by("partner__contacts__name", "partner").values_list(*columns):
        found = named.setdefault(region, [])
        if len(found) < MAX_COORDINATORS:
            found.append(Coordinator(name, localize(names), phone))
    return named


def _spell_out(identity: Identity) -> str:
    parts: list[Any] = [list(identity.names), str(identity.born_on or ""), identity.year, list(identity.phones)]
    return json.dumps(parts, ensure_ascii=False)
