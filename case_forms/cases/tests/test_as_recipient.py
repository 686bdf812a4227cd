"""Before somebody is notified by hand, what they get: the message, and which questions stand behind the PIN."""

import re
from typing import Any

import pytest
from django.test import Client

from notifications.briefs.sections import get_sections
from notifications.outbox.models import Notice, Purpose
from tests.world.scene import Scene, make_scene
from vault.seal import SealBroken

from ..as_recipient import describe_as_recipient, describe_telling
from ..calling import get_duty
from ..models import Case

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_english")]


@pytest.fixture
def scene() -> Scene:
    return make_scene(police=False)


@pytest.fixture
def notice(scene: Scene) -> Notice:
    case = scene.send().submission.case
    assert case is not None
    return Notice.objects.nobody_reached().get(case_id=case.pk)


def show(scene: Scene, notice: Notice) -> str:
    client = Client()
    client.force_login(scene.worker)
    case = Case.objects.get(pk=notice.case_id)
    page = client.get(f"/field/cases/{case.reference}/notices/{notice.pk}/instead/").content.decode()
    (part,) = re.findall(r'<details class="panel fold mb-4">.*?</details>', page, re.DOTALL)
    return part


def test_the_page_shows_the_mail_the_sms_and_the_questions_without_the_answers(scene: Scene, notice: Notice) -> None:
    part = show(scene, notice)
    duty = get_duty(notice)
    rows = [row for section in get_sections(duty, "en") for row in section.rows]
    assert rows
    assert "7K2M9-QXZ" in part
    assert duty.code not in part
    assert duty.link_token not in part
    for row in rows:
        if len(row.value) > 8:
            assert row.value not in part


def test_a_brief_that_does_not_open_is_said_and_costs_no_page(
    scene: Scene, notice: Notice, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_notice: Notice) -> Any:
        raise SealBroken

    monkeypatch.setattr(Notice, "brief", property(broken))
    shown = describe_as_recipient(notice)
    assert shown.labels is None
    assert shown.mail.text


def test_a_drill_shows_its_mark(notice: Notice) -> None:
    notice.is_drill = True
    shown = describe_as_recipient(notice)
    assert "DRILL" in shown.mail.subject
    assert shown.sms.text.startswith("DRILL")


@pytest.mark.parametrize(
    ("purpose", "subject"),
    [
        (Purpose.CORRECTION, "Vatra: correction, notice 7K2M9-QXZ"),
        (Purpose.VOID, "Vatra: what you were told no longer holds, notice 7K2M9-QXZ"),
        (Purpose.INFORM, "Vatra: notice 7K2M9-QXZ"),
    ],
)
def test_what_is_told_again_is_shown_with_its_own_words(purpose: Purpose, subject: str) -> None:
    shown = describe_telling(purpose, [("What happened", "It was a mistake.")], is_drill=False, count=2)
    assert shown.mail.subject == subject
    assert "7K2M9-QXZ" in shown.sms.text
    assert (shown.says, shown.count) == ((("What happened", "It was a mistake."),), 2)


def test_a_drill_is_told_again_with_its_mark() -> None:
    shown = describe_telling(Purpose.VOID, [], is_drill=True)
    assert shown.mail.subject.startswith("DRILL")
    assert shown.sms.text.startswith("DRILL")
