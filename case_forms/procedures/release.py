"""What a release brings for a procedure that coordinators have changed: rules of the shipped one that theirs lacks.

An upgrade leaves a changed procedure as it is (`submissions.seeding.reference`). So that its new rules aren't lost
without a word, they are offered: added to the draft, where they go the way of every change, or answered with "not for
us". A rule that some version of theirs had was removed by somebody, and is never called new.
"""

import copy
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils import timezone

from access.models import User
from audit.chain import get_actor, log_event
from case_forms.form_builder import canonical

from .actions import replace_draft
from .definition import Procedure as ParsedProcedure
from .definition import Rule, parse_procedure
from .models import DeclinedRule, Procedure, ProcedureVersion
from .part_references import Reference, find_needed

FOLDER = Path(__file__).parent / "data"
ORIGIN = "release"


class NothingChosen(Exception):
    """None of the rules that were named is offered."""


@dataclass(frozen=True)
class Offer:
    """A shipped rule that the draft doesn't have.

    `added`: the parts that come with it; `unlike`: those that it needs and that the draft has otherwise, which stay as
    they are. `had_until`: the last version that had the rule, and `removed_in` the one after it; None for one that is
    new here. `declined`: the answer "not for us"; `has_changed`: the rule reads otherwise since.
    """

    rule: Rule
    added: tuple[Reference, ...]
    unlike: tuple[Reference, ...]
    had_until: ProcedureVersion | None = None
    removed_in: ProcedureVersion | None = None
    declined: DeclinedRule | None = None
    has_changed: bool = False

    @property
    def key(self) -> str:
        return self.rule.key

    @property
    def is_declined(self) -> bool:
        return self.declined is not None and not self.has_changed

    @property
    def is_removed(self) -> bool:
        """Whether somebody here took it out, and nobody has said "not for us" since."""
        return self.had_until is not None and not self.is_declined

    @property
    def is_new(self) -> bool:
        return self.had_until is None and not self.is_declined


@dataclass(frozen=True)
class Offers:
    """What a release has for one procedure. `shipped`: the procedure as it is shipped, parsed; None without one."""

    shipped: ParsedProcedure | None = None
    all: tuple[Offer, ...] = field(default=())

    @property
    def new(self) -> list[Offer]:
        return [each for each in self.all if each.is_new]

    @property
    def removed(self) -> list[Offer]:
        return [each for each in self.all if each.is_removed]

    @property
    def declined(self) -> list[Offer]:
        return [each for each in self.all if each.is_declined]


@cache
def get_shipped(key: str) -> ParsedProcedure | None:
    """Return the procedure that is shipped under this key; None for one that somebody made here."""
    for path in sorted(FOLDER.glob("*.json")):
        definition = json.loads(path.read_text(encoding="utf-8"))
        if definition["key"] == key:
            return parse_procedure(definition)
    return None


def find_offers(procedure: Procedure, definition: Mapping[str, Any]) -> Offers:
    """Return the shipped rules that this definition, the procedure's draft, doesn't have, in their order."""
    shipped = get_shipped(procedure.key)
    if shipped is None:
        return Offers()
    draft = parse_procedure(definition)
    missing = _find_missing(shipped, draft)
    if not missing:
        return Offers(shipped)
    answers = {each.rule: each for each in DeclinedRule.objects.filter(procedure=procedure).select_related("by")}
    history = _read_history(procedure)
    return Offers(shipped, tuple(_build(rule, shipped, draft, answers, history) for rule in missing))


def _find_missing(shipped: ParsedProcedure, draft: ParsedProcedure) -> list[Rule]:
    present = {rule.key for rule in draft.rules}
    return [rule for rule in shipped.rules if rule.key not in present]


def _read_history(procedure: Procedure) -> list[ProcedureVersion]:
    """Return the versions that were in force or will be, the oldest first."""
    versions = procedure.versions.ever_in_force().select_related("submitted_by", "published_by")
    return list(versions.order_by("number"))


def _build(
    rule: Rule,
    shipped: ParsedProcedure,
    draft: ParsedProcedure,
    answers: Mapping[str, DeclinedRule],
    history: list[ProcedureVersion],
) -> Offer:
    needed = find_needed(shipped, rule)
    had = [index for index, each in enumerate(history) if any(rule.key == other.key for other in each.parsed.rules)]
    last = had[-1] if had else None
    answer = answers.get(rule.key)
    return Offer(
        rule,
        added=tuple(each for each in needed if _get_part(draft, each) is None),
        unlike=tuple(each for each in needed if _get_part(draft, each) not in (None, _get_part(shipped, each))),
        had_until=history[last] if last is not None else None,
        removed_in=history[last + 1] if last is not None and last + 1 < len(history) else None,
        declined=answer,
        has_changed=answer is not None and answer.sha256 != hash_rule(rule),
    )


def _get_part(procedure: ParsedProcedure, reference: Reference) -> Any:
    """Return a part as it is stored; None when there is none."""
    group, key = reference
    if group == "facts":
        return next((fact.stored for fact in procedure.facts if fact.key == key), None)
    part = getattr(procedure, group).get(key)
    return part.stored if part is not None else None


def hash_rule(rule: Rule) -> str:
    return canonical.compute_sha256(canonical.dump(rule.to_json()))


def with_rules(definition: Mapping[str, Any], shipped: ParsedProcedure, keys: Collection[str]) -> dict[str, Any]:
    """Return the definition with these shipped rules, and with what they need and it doesn't have.

    A rule or fact comes after the nearest one before it, as shipped, that the definition has: their order means
    something. What the definition has stays as it is.
    """
    draft = parse_procedure(definition)
    changed: dict[str, Any] = copy.deepcopy(dict(definition))
    chosen = [rule for rule in _find_missing(shipped, draft) if rule.key in keys]
    needed = {each for rule in chosen for each in find_needed(shipped, rule) if _get_part(draft, each) is None}
    for group in ("settings", "calendars", "deadlines", "ladders", "flags"):
        for key, part in getattr(shipped, group).items():
            if (group, key) in needed:
                changed.setdefault(group, {})[key] = part.to_json()
    facts = [fact for fact in shipped.facts if ("facts", fact.key) in needed]
    _put_in(changed, "facts", facts, [fact.key for fact in shipped.facts])
    _put_in(changed, "rules", chosen, [rule.key for rule in shipped.rules])
    return changed


def _put_in(changed: dict[str, Any], group: str, parts: Iterable[Any], order: list[str]) -> None:
    for part in parts:
        entries = changed.setdefault(group, [])
        before = set(order[: order.index(part.key)])
        places = [index for index, each in enumerate(entries) if isinstance(each, dict) and each.get("key") in before]
        entries.insert(max(places, default=-1) + 1, part.to_json())


@transaction.atomic
def draft_with_rules(*, procedure: Procedure, keys: Collection[str], by: User) -> list[str]:
    """Add these offered rules to the draft, with what they need. Return their keys, in order.

    Raises NothingChosen when none of them is offered, ProcedureIsLocked while it waits for approval.
    """
    # Read under the lock that saving takes: what somebody saves at this moment is in it.
    locked = Procedure.objects.select_for_update().get(pk=procedure.pk)
    offers = find_offers(locked, locked.working_copy())
    chosen = [each.key for each in offers.all if each.key in keys]
    if offers.shipped is None or not chosen:
        raise NothingChosen
    definition = with_rules(locked.working_copy(), offers.shipped, chosen)
    replace_draft(procedure=locked, definition=definition, by=by, origin=ORIGIN)
    return chosen


@transaction.atomic
def decline_rules(*, procedure: Procedure, keys: Collection[str], reason: str, by: User) -> list[str]:
    """Note that these offered rules are not for us, who says so and why. Nothing else changes. Return their keys.

    Raises NothingChosen when none of them is offered, or all of them are declined already.
    """
    locked = Procedure.objects.select_for_update().get(pk=procedure.pk)
    offers = find_offers(locked, locked.working_copy())
    chosen = [each for each in offers.all if each.key in keys and not each.is_declined]
    if not chosen:
        raise NothingChosen
    for each in chosen:
        DeclinedRule.objects.update_or_create(
            procedure=locked,
            rule=each.key,
            defaults={"sha256": hash_rule(each.rule), "reason": reason, "by": by, "at": timezone.now()},
        )
        _note("procedure.rule_declined", locked, each.key, by)
    return [each.key for each in chosen]


@transaction.atomic
def offer_again(*, procedure: Procedure, key: str, by: User) -> None:
    """Take the answer "not for us" back. Raises NothingChosen when there is none."""
    deleted, _rows = DeclinedRule.objects.filter(procedure=procedure, rule=key).delete()
    if not deleted:
        raise NothingChosen
    _note("procedure.rule_offered_again", procedure, key, by)


def _note(action: str, procedure: Procedure, rule: str, by: User) -> None:
    log_event(action, actor=get_actor(by), target_kind="procedure", target_id=procedure.key, rule=rule)
