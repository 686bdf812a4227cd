"""Finding a person again: questions, requests between units, links, merges, handing over, cases without a worker."""

import uuid
from typing import Any

from access.models import Assignment, MobileUnit, User
from case_forms.cases.finding import merging, requests, transfers
from case_forms.cases.finding.models import CaseAccess, CaseLink, CaseMerge, CaseTransfer, IdentityQuestion
from case_forms.cases.models import Case, new_reference

from .acts import act
from .day import Day
from .field import a_case
from .staff import Staff


def other_unit(day: Day) -> MobileUnit:
    return MobileUnit.objects.exclude(pk__in=day.worker.user.units()).filter(is_active=True).order_by("pk")[0]


def somebody_elsewhere(day: Day) -> User:
    """A worker of another unit."""
    name = f"elsewhere{day.number()}"
    user = User.objects.create_user(name, f"{name}@kanarina.example", "x")
    Assignment.objects.create(user=user, role="worker", unit=other_unit(day))
    return user


def new_case(day: Day) -> Case:
    """A case that no other act has touched."""
    case = Case.objects.get(pk=a_case(day).pk)
    case.pk, case.reference, case._state.adding = uuid.uuid4(), new_reference(), True
    case.save(force_insert=True)
    return case


def two_cases(day: Day) -> tuple[Case, Case]:
    return new_case(day), new_case(day)


@act("person.asked", "worker", "finding:find")
def ask_about_a_person(day: Day, me: Staff) -> Any:
    me.post("finding:find", name="Kanarina Zogu", born="16", phone="069777 1234")
    return "identity_question", IdentityQuestion.objects.latest("asked_at").pk


@act("identity_request.asked", "worker", "finding:ask")
def ask_the_unit_that_may_know(day: Day, me: Staff) -> Any:
    ask_about_a_person(day, me)
    question = IdentityQuestion.objects.latest("asked_at")
    question.found = Case.objects.exclude(unit__in=me.user.units()).order_by("pk")[0]
    question.save()
    answer = me.post("finding:ask", question.pk)
    return "identity_request", answer["Location"].rstrip("/").rpartition("/")[2]


def asked_by_another_unit(day: Day) -> Any:
    user = somebody_elsewhere(day)
    question = IdentityQuestion.objects.create(
        asked_by=user, unit=other_unit(day), digest="x", key_id="x", answer="other", found=new_case(day)
    )
    return requests.ask_after_question(question=question, by=user)


@act("identity_request.answered", "worker", "finding:request")
def answer_another_unit(day: Day, me: Staff) -> Any:
    asked = asked_by_another_unit(day)
    me.post("finding:request", asked.pk, answer="decline")
    return "identity_request", asked.pk


@act("case.access_ended", "worker", "finding:end_access")
def end_what_both_agreed_to(day: Day, me: Staff) -> Any:
    asked = asked_by_another_unit(day)
    requests.answer_request(request=asked, agree=True, by=me.user)
    me.post("finding:end_access", CaseAccess.objects.latest("pk").pk)
    return asked.case


@act("case.linked", "worker", "finding:related")
def link_two_cases(day: Day, me: Staff) -> Any:
    one, other = two_cases(day)
    me.post("finding:related", one.reference, act="link", reference=other.reference, kind="siblings")
    return one


@act("case.unlinked", "worker", "finding:related")
def remove_a_link(day: Day, me: Staff) -> Any:
    one = link_two_cases(day, me)
    me.post("finding:related", one.reference, act="unlink", link=CaseLink.objects.latest("made_at").pk)
    return one


@act("case.merge_proposed", "worker", "finding:related")
def propose_a_merge(day: Day, me: Staff) -> Any:
    one, other = two_cases(day)
    me.post("finding:related", one.reference, act="merge", reference=other.reference)
    return "case_merge", CaseMerge.objects.latest("proposed_at").pk


def proposed(day: Day) -> CaseMerge:
    one, other = two_cases(day)
    return merging.propose_merge(kept=one, duplicate=other, by=day.mate.user)


@act("case.merged", "coordinator", "finding:merge")
def approve_a_merge(day: Day, me: Staff) -> Any:
    merge = proposed(day)
    me.post("finding:merge", merge.pk, decision="approve")
    return "case_merge", merge.pk


@act("case.merge_dropped", "worker", "finding:merge")
def leave_two_cases_apart(day: Day, me: Staff) -> Any:
    merge = proposed(day)
    me.post("finding:merge", merge.pk, decision="drop")
    return "case_merge", merge.pk


@act("case.unmerge_proposed", "worker", "finding:merge")
def propose_to_undo_a_merge(day: Day, me: Staff) -> Any:
    merge = merging.approve_merge(merge=proposed(day), by=me.user)
    me.post("finding:merge", merge.pk, decision="propose_undo")
    return "case_merge", merge.pk


@act("case.unmerged", "worker", "finding:merge")
def undo_a_merge(day: Day, me: Staff) -> Any:
    merge = merging.approve_merge(merge=proposed(day), by=me.user)
    merging.propose_undoing(merge=merge, by=day.mate.user)
    me.post("finding:merge", merge.pk, decision="undo")
    return "case_merge", merge.pk


@act("case.transfer_asked", "worker", "finding:transfer")
def hand_a_case_over(day: Day, me: Staff) -> Any:
    unit = other_unit(day)
    place = unit.region.municipalities.order_by("pk")[0]
    me.fill("finding:transfer", new_case(day).reference, unit=unit.slug, municipality=place.slug, reason="Kanarina")
    return "case_transfer", CaseTransfer.objects.latest("asked_at").pk


@act("case.transfer_answered", "worker", "finding:handed_over")
def take_a_case_over(day: Day, me: Staff) -> Any:
    case = new_case(day)
    unit, place, here = other_unit(day), case.municipality, case.unit
    asks = somebody_elsewhere(day)
    Case.objects.filter(pk=case.pk).update(unit=unit, region=unit.region)
    transfer = transfers.ask_transfer(
        case=Case.objects.get(pk=case.pk), to_unit=here, to_municipality=place, reason="Kanarina", by=asks
    )
    me.post("finding:handed_over", transfer.pk, answer="accept")
    return "case_transfer", transfer.pk


@act("case.assigned", "coordinator", "finding:orphans")
def give_a_case_to_a_worker(day: Day, me: Staff) -> Any:
    case = new_case(day)
    me.post("finding:orphans", unit=case.unit.slug, case=[str(case.pk)], worker=day.worker.user.pk)
    return case
