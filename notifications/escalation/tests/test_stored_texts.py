"""Texts that the service writes into briefs and explanations: stored in both languages, whoever reads them later.

What a procedure explained or a recipient read stays on record, so a changed word shows here first.
"""

import pytest
from django.core import mail
from django.utils import translation

from access.languages import in_each_language
from access.models import Assignment, StaffRole, User
from notifications.briefs.pin_alarm import WHY, raise_pin_alarm
from notifications.directory import chain, resolve, roster
from notifications.directory.models import DutyShift, Role
from notifications.outbox.models import Purpose
from notifications.outbox.resolving import resolve_for
from notifications.outbox.service_briefs import NO_PHONE, NOBODY_FOUND, UNREADABLE, build_call_brief
from notifications.texts.senders import OF_ORGANISATION, ORGANISATION
from tests.world.notices import notify_officer

from ..digest import describe_steps


@pytest.mark.parametrize(
    ("message", "sq", "en"),
    [
        (NO_PHONE, "pa numër telefoni", "no phone number"),
        (
            NOBODY_FOUND,
            "Për këtë njoftim nuk u gjet asnjë person në shërbim. Ju lutemi gjeni dikë dhe njoftojeni me telefon.",
            "Nobody on duty was found for this notice. Please find somebody and tell them by phone.",
        ),
        (
            UNREADABLE,
            "Ky njoftim nuk lexohet dot nga sistemi, prandaj nuk shkon më vetë te askush tjetër. Ju lutemi telefononi.",
            "The system can't read this notice, so it goes to nobody else by itself. Please call.",
        ),
        (ORGANISATION, "Qendra Psiko-Sociale “Vatra”", "Psycho-Social Centre “Vatra”"),
        (OF_ORGANISATION, "Qendrës Psiko-Sociale “Vatra”", "Psycho-Social Centre “Vatra”"),
        (
            roster.AWAY,
            "Një person me turn në këtë orë është me leje; turnin e mbulon personi tjetër në listë.",
            "Somebody with a shift at this hour is on leave; the next on the roster covers it.",
        ),
        (
            chain.ALARM,
            "Nuk u gjet askush. Alarmohet operatori, dhe njësia duhet të telefonojë vetë.",
            "Nobody was found. The operator is alarmed, and the unit has to call by itself.",
        ),
        (resolve.ROLE_NAMES[Role.POLICE], "policinë", "the police"),
        (
            WHY,
            "Gjatë 24 orëve të fundit u provuan shumë PIN-e të gabuara për këtë kontakt. Derisa kjo të kalojë, ose"
            " derisa t'i jepni një PIN të ri, nga rrjete të reja i hapen vetëm njoftimet e ditës së fundit.",
            "Many wrong PINs were tried for this contact within 24 hours. Until that is over, or until you give them"
            " a new PIN, only notices of the last day open for them from new networks.",
        ),
    ],
)
def test_a_stored_text_reads_as_ever_in_both_languages(message: str, sq: str, en: str) -> None:
    assert in_each_language(message) == {"sq": sq, "en": en}


@pytest.mark.parametrize("active", ["sq", "en"])
@pytest.mark.parametrize(
    ("steps", "sq", "en"),
    [
        ({}, "u dërgua", "it was sent"),
        ({Purpose.REMINDER: 1}, "një kujtesë", "one reminder"),
        (
            {Purpose.REMINDER: 2, Purpose.DEPUTY: 1, Purpose.CALL: 46},
            "2 kujtesa, u njoftua zëvendësi, 46 kërkesa për telefonatë",
            "2 reminders, the deputy was notified, 46 requests to call",
        ),
        (
            {Purpose.DEPUTY: 3, Purpose.CALL: 1},
            "u njoftuan 3 zëvendës, një kërkesë për telefonatë",
            "3 deputies were notified, one request to call",
        ),
    ],
)
def test_how_far_an_escalation_has_come_is_told_in_words(steps: dict[str, int], sq: str, en: str, active: str) -> None:
    with translation.override(active):
        assert describe_steps(steps) == {"sq": sq, "en": en}


@pytest.mark.django_db
@pytest.mark.parametrize("active", ["sq", "en"])
def test_a_call_is_written_in_both_languages_whatever_language_is_active(staffed, active: str) -> None:
    notice = notify_officer(staffed)
    staffed.officer.phone = ""
    with translation.override(active):
        brief = build_call_brief(notice, why=[NOBODY_FOUND, {"sq": "Vetë", "en": "Own"}], notified=[staffed.officer])
    (section,) = brief["sections"]
    rows = {row["key"]: (row["label"], row["value"]) for row in section["rows"]}
    assert section["title"] == {"sq": "Thirrje telefonike", "en": "A phone call"}
    assert rows["why_1"] == ({"sq": "Arsyeja", "en": "Reason"}, in_each_language(NOBODY_FOUND))
    assert rows["why_2"][1] == {"sq": "Vetë", "en": "Own"}
    assert rows["case"] == ({"sq": "Rasti", "en": "Case"}, {"sq": "7K2M9Q", "en": "7K2M9Q"})
    assert rows["office"][0] == {"sq": "Zyra", "en": "Office"}
    name = staffed.officer.name
    assert rows["call_1"] == (
        {"sq": "Telefononi", "en": "Call"},
        {"sq": f"{name}, pa numër telefoni", "en": f"{name}, no phone number"},
    )


@pytest.mark.django_db
@pytest.mark.parametrize("active", ["sq", "en"])
def test_a_resolution_is_explained_in_both_languages_whatever_language_is_active(staffed, active: str) -> None:
    notice = notify_officer(staffed)
    with translation.override(active):
        words = resolve_for(notice, at=notice.owed_at).words
    assert words[:2] == [
        {
            "sq": f"Sipas zonës së policisë, për bashkinë {notice.municipality.name} përgjigjet Zyra police-vlore.",
            "en": f"The municipality {notice.municipality.name} belongs to Office police-vlore, by police area.",
        },
        {
            "sq": "Njoftohet personi i parë në listën e shërbimit; pas tij vjen zëvendësi.",
            "en": "The first person on the duty roster is notified; the deputy comes after.",
        },
    ]


@pytest.mark.django_db
def test_operators_read_of_guessed_pins_in_their_own_language(staffed, django_capture_on_commit_callbacks) -> None:
    DutyShift.objects.exclude(contact=staffed.coordinator).delete()
    notice = notify_officer(staffed, contact=staffed.coordinator, role=Role.COORDINATOR)
    for language in ("sq", "en"):
        operator = User.objects.create_user(f"op-{language}", email=f"op-{language}@vatra.example", language=language)
        Assignment.objects.create(user=operator, role=StaffRole.OPERATOR)
    with django_capture_on_commit_callbacks(execute=True):
        assert raise_pin_alarm(contact=staffed.coordinator, notice=notice, at=notice.owed_at) == []
    assert {letter.to[0]: letter.subject for letter in mail.outbox} == {
        "op-sq@vatra.example": "Vatra: PIN-e të gabuara për koordinatorin në shërbim",
        "op-en@vatra.example": "Vatra: wrong PINs for the coordinator on duty",
    }
