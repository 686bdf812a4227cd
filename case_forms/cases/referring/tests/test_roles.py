"""Every role that helps goes through the same steps: at its link with its PIN, and on the case's page."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from case_forms.cases.models import Case, Referral, ReferralState
from notifications.directory.models import Partner, Role
from notifications.outbox.delivery import send_due
from notifications.outbox.models import Notice
from tests.world.consents import record_consent
from tests.world.forms import choices, publish, question, small_follow_up
from tests.world.notices import postbox
from tests.world.offices import PIN, make_staffed_office
from tests.world.procedures import enact, rule, small_procedure
from tests.world.scene import Scene, make_scene

from ..actions import Step, note_step
from ..models import StepKind, Way
from ..moves import REPLACEABLE
from ..shown import build_cards

__all__ = ["postbox"]
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("postbox", "in_english")]

ROLES = (Role.PSYCHOLOGIST, Role.HEALTH, Role.LEGAL_AID, Role.SOCIAL_SERVICE, Role.SCHOOL, Role.EMBASSY_DESK)


def make_office_of(role: str, scene: Scene) -> Partner:
    """Make an office of the role that answers for the scene's place. For an embassy, the authority is asked."""
    if role == Role.EMBASSY_DESK:
        return scene.offices["responsible_authority"]
    where: dict[str, Any] = {"region": scene.place.region}
    if role in (Role.SOCIAL_SERVICE, Role.HEALTH, Role.SCHOOL):
        where = {"municipality": scene.place.municipality}
    return make_staffed_office(role, **({} if role == Role.LEGAL_AID else where))


def ask_to_help(role: str) -> tuple[Scene, Referral]:
    scene = make_scene()
    office = make_office_of(role, scene)
    named = {"own_state": "no", "embassy_country": "MK"} if role == Role.EMBASSY_DESK else {}
    asking = small_follow_up()
    asking["sections"][0]["items"] += [
        question(key, "select_one", choices=choices(code)) for key, code in named.items()
    ]
    scene.follow_up = publish(asking)
    procedure = small_procedure()
    ask = {"do": "notify", "role": role, "answer_minutes": 60, "ladder": "quick"}
    asked = rule("ask", "Ask", form="small_follow_up", words="Asked.", then=[ask])
    enact({**procedure, "rules": [*procedure["rules"], asked]}, since=timezone.now())
    reference = scene.send().receipt["case"]
    case = Case.objects.get(reference=reference)
    record_consent(case, role=role, state=named.get("embassy_country"))
    if role not in (Role.EMBASSY_DESK,):
        record_consent(case, partner=office)
    scene.follow(reference, **named)
    send_due()
    return scene, Referral.objects.get(partner=office)


@pytest.mark.parametrize("role", ROLES)
def test_a_role_that_helps_steps_at_its_link_from_yes_to_the_end(role: str) -> None:
    scene, referral = ask_to_help(role)
    assert (referral.asked_role, referral.state) == (role, ReferralState.PENDING)
    notice = Notice.objects.get(pk=referral.notice_id)
    client, path = Client(), f"/n/{notice.link_token}/"
    assert client.post(path, {"pin": PIN}).status_code == 303
    assert client.post(f"{path}reply/", {"kind": "accepted"}).status_code == 303
    page = client.get(f"{path}?lang=en").content.decode()
    assert "The person has arrived" in page
    assert "Report the outcome" in page  # their own outcomes stay
    assert client.post(f"{path}step/", {"kind": "arrived"}).status_code == 303
    assert client.post(f"{path}step/", {"kind": "finished", "reason": "programme_finished"}).status_code == 303
    referral.refresh_from_db()
    assert referral.state == ReferralState.FINISHED
    (card,) = build_cards(referral.case, scene.worker)
    assert [line.kind for line in card.steps] == ["accepted", "arrived", "finished"]
    assert card.can_go_on == (role in REPLACEABLE)


@pytest.mark.parametrize("role", ROLES)
def test_a_no_on_the_phone_has_the_roles_own_reasons_and_nothing_of_another(role: str) -> None:
    scene, referral = ask_to_help(role)
    own = {Role.SCHOOL: "not_our_pupil", Role.LEGAL_AID: "other_side"}.get(Role(role), "not_on_duty")
    step = Step(kind=StepKind.DECLINED, way=Way.PHONE, said_by="Voice", reason=own)
    note_step(referral=referral, step=step, by=scene.worker)
    referral.refresh_from_db()
    assert referral.state == ReferralState.DECLINED
