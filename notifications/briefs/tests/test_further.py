"""What was added to a notice is read behind the same link and PIN, by the role it was composed for."""

from collections.abc import Callable
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from audit.models import AuditEntry
from notifications.outbox.actions import create_notice
from notifications.outbox.models import BriefDocument, Notice, Purpose, Reply
from vault.tests.spoiling import spoil

from ..composing import BriefRow, compose
from ..erasing import erase_all_from, erase_answers
from ..further import add_report
from ..models import FurtherReport
from .conftest import PIN, get_path

pytestmark = pytest.mark.django_db
SAID = "A blue car stands behind the mill."


def brief(text: str = SAID, role: str = "police", key: str = "what") -> dict:
    both = {"sq": text, "en": text}
    shared = {role: True}
    rows = [BriefRow(key, {"sq": "Q", "en": "Q"}, both, shared, both | {"sq": "S", "en": "S"})]
    rows.append(BriefRow("group.0.other", {"sq": "O", "en": "O"}, {"sq": "stays", "en": "stays"}, shared, {"sq": "S"}))
    return compose(role, rows)


def add(notice: Notice, text: str = SAID, **given: object) -> FurtherReport:
    return add_report(
        **{
            "notice": notice,
            "source_id": uuid4(),
            "event_id": uuid4(),
            "reference": "S-7K2M9P",
            "origin": "region:x",
            "brief": brief(text),
            "is_urgent": False,
            "alarms": False,
            "at": timezone.now(),
            **given,
        }
    )


def opened(client: Client, notice: Notice) -> None:
    client.post(get_path(notice) + "?lang=en", {"pin": PIN})


def test_the_notice_says_how_many_came_and_how_many_of_danger(client: Client, notice: Notice) -> None:
    add(notice)
    add(notice, is_urgent=True)
    assert SAID not in client.get(get_path(notice)).content.decode()
    opened(client, notice)
    html = client.get(get_path(notice) + "?lang=en").content.decode()
    assert "2 further reports from the public" in html
    assert "1 of them says that somebody is in danger now" in html
    assert SAID not in html


def test_each_is_opened_behind_the_pin_and_that_is_recorded(client: Client, notice: Notice) -> None:
    report = add(notice)
    address = get_path(notice, f"reports/{report.pk}/")
    before = client.get(address)
    assert (before.status_code, SAID in before.content.decode()) == (303, False)
    opened(client, notice)
    html = client.get(address + "?lang=en").content.decode()
    assert SAID in html
    entry = AuditEntry.objects.get(action="brief.report_viewed")
    assert (entry.target_id, entry.detail) == (str(notice.pk), {"report": str(report.pk)})
    assert client.get(get_path(notice, "reports/") + "?lang=en").status_code == 200


def test_another_notices_report_is_not_there(
    client: Client, notice: Notice, make_notice: Callable[..., Notice]
) -> None:
    other = add(make_notice("cpu"))
    opened(client, notice)
    assert client.get(get_path(notice, f"reports/{other.pk}/")).status_code == 404
    assert client.get(get_path(notice, f"reports/{uuid4()}/")).status_code == 404


def test_the_deputy_reads_them_and_the_coordinator_who_calls_learns_how_many(
    client: Client, notice: Notice, make_notice: Callable[..., Notice]
) -> None:
    report = add(notice)
    deputy = make_notice(chases=notice, purpose=Purpose.DEPUTY)
    call = make_notice("coordinator", chases=notice, purpose=Purpose.CALL)
    opened(client, deputy)
    assert SAID in client.get(get_path(deputy, f"reports/{report.pk}/")).content.decode()
    opened(client, call)
    html = client.get(get_path(call) + "?lang=en").content.decode()
    assert "1 further report from the public" in html
    assert str(report.pk) not in html
    assert client.get(get_path(call, f"reports/{report.pk}/")).status_code == 404
    assert client.get(get_path(call, "reports/")).status_code == 404


def test_hundreds_stand_on_several_pages(client: Client, notice: Notice) -> None:
    for _number in range(60):
        add(notice)
    opened(client, notice)
    first = client.get(get_path(notice, "reports/") + "?lang=en").content.decode()
    assert first.count("S-7K2M9P") == 50
    assert "Page 1 of 2" in first
    assert client.get(get_path(notice, "reports/") + "?lang=en&page=2").content.decode().count("S-7K2M9P") == 10
    assert client.get(get_path(notice, "reports/") + "?page=x").status_code == 200


def test_one_that_cannot_be_read_says_so(client: Client, notice: Notice) -> None:
    report = add(notice)
    spoil(report, "brief")
    opened(client, notice)
    html = client.get(get_path(notice, f"reports/{report.pk}/") + "?lang=en").content.decode()
    assert "be shown: the fault is ours" in html


def test_whoever_passed_the_notice_on_reads_none_of_them(client: Client, notice: Notice) -> None:
    report = add(notice)
    opened(client, notice)
    client.post(get_path(notice, "reply/"), {"kind": "declined", "declined_reason": "not_on_duty"})
    notice.refresh_from_db()
    assert notice.state == "declined"
    assert client.get(get_path(notice, f"reports/{report.pk}/")).status_code == 404


# ---- erasing


def with_everything(notice: Notice) -> None:
    Notice.objects.filter(pk=notice.pk).update(needs_document=True)
    notice.brief = brief()
    notice.save()
    BriefDocument.objects.create(notice=notice, pdf=b"%PDF", pages=1)
    Reply.objects.create(notice=notice, kind="on_the_way", note=SAID, details={"number": "4711"})


def test_erasing_takes_brief_pdf_and_note_and_ends_the_link(client: Client, notice: Notice) -> None:
    with_everything(notice)
    opened(client, notice)
    erase_all_from(notice.case_id, at=timezone.now())
    notice.refresh_from_db()
    assert SAID not in str(notice.brief)
    assert notice.state == "cancelled"
    assert not BriefDocument.objects.exists()
    assert Reply.objects.get().note is None
    assert Reply.objects.get().details is None
    assert client.get(get_path(notice)).status_code == 404


def test_erasing_takes_an_investigations_number_that_came_without_a_note(notice: Notice) -> None:
    Reply.objects.create(notice=notice, kind="outcome", reason="investigation", details={"number": "4711"})
    erase_all_from(notice.case_id, at=timezone.now())
    assert Reply.objects.get().details is None


def test_a_notice_in_which_others_stand_goes_on_without_its_own_content(client: Client, notice: Notice) -> None:
    with_everything(notice)
    other = add(notice, "Another sentence.")
    erase_all_from(notice.case_id, at=timezone.now())
    notice.refresh_from_db()
    assert notice.is_open
    opened(client, notice)
    html = client.get(get_path(notice) + "?lang=en").content.decode()
    assert SAID not in html
    assert "Its content was deleted here, too" in html
    assert "Another sentence." in client.get(get_path(notice, f"reports/{other.pk}/")).content.decode()


def test_what_was_added_to_somebody_elses_notice_goes_and_that_notice_stays(notice: Notice) -> None:
    report = add(notice)
    erase_all_from(report.source_id, at=timezone.now())
    report.refresh_from_db()
    notice.refresh_from_db()
    assert SAID not in str(report.brief)
    assert report.erased_at is not None
    assert notice.is_open


def test_one_question_whose_time_is_over_leaves_the_others(notice: Notice) -> None:
    with_everything(notice)
    report = add(notice)
    assert erase_answers(Notice.objects.all(), {"what"}, sources=[report.source_id]) == 1
    notice.refresh_from_db()
    report.refresh_from_db()
    for kept in (str(notice.brief), str(report.brief)):
        assert SAID not in kept
        assert "stays" in kept
    assert not BriefDocument.objects.exists()
    assert erase_answers(Notice.objects.all(), {"what"}) == 0


def test_owing_again_what_was_erased_is_a_new_notice(notice: Notice) -> None:
    erase_all_from(notice.case_id, at=timezone.now())
    again = create_notice(
        event_id=uuid4(),
        case_id=notice.case_id,
        case_reference="X",
        role=notice.role,
        contact=notice.contact,
        municipality=notice.municipality,
        brief=brief(),
    )
    assert SAID in str(again.brief)
