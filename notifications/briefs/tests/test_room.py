"""The pages behind a link: what they show, to whom, for how long, and what they never do."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from django.db import connection
from django.test import Client
from django.utils import timezone

from access import policy
from access.models import Municipality
from audit.models import AuditEntry
from audit.verification import verify_chain
from notifications.directory.models import Contact
from notifications.outbox.actions import cancel
from notifications.outbox.models import BriefDocument, Notice, Purpose, Reply
from notifications.outbox.states import NoticeState

from .. import documents
from ..composing import BriefRow, compose
from ..links import revoke_link
from ..models import BriefSession
from ..replies import answer
from .conftest import OTHER_PIN, PIN, get_path, rows

pytestmark = pytest.mark.django_db
SECRET = "Kanarina Zogu"


@pytest.fixture
def opened(client: Client, notice: Notice) -> Client:
    assert client.post(get_path(notice), {"pin": PIN}).status_code == 303
    return client


def page(client: Client, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200
    return response.content.decode()


def dump() -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table but the audit's."""
    with connection.cursor() as cursor:
        tables = [name for name in connection.introspection.table_names(cursor) if not name.startswith("audit_")]
        found = {}
        for table in sorted(tables):
            cursor.execute(f'SELECT * FROM "{table}" ORDER BY 1')  # noqa: S608
            found[table] = cursor.fetchall()
    return found


class TestBeforeThePin:
    def test_the_page_says_the_code_and_the_time_and_nothing_of_the_case(self, client: Client, notice: Notice) -> None:
        html = page(client, get_path(notice))

        assert notice.code in html
        assert notice.answer_by is not None
        assert timezone.localtime(notice.answer_by).strftime("%H:%M") in html
        for word in (SECRET, notice.case_reference, "Provë", "Contact 001", "Parku", "police"):
            assert word not in re.sub(r"<(head|header)>.*?</\1>|<input[^>]*>|<svg.*?</svg>", "", html, flags=re.S)

    def test_a_wrong_pin_opens_nothing(self, client: Client, notice: Notice) -> None:
        response = client.post(get_path(notice), {"pin": OTHER_PIN})

        assert response.status_code == 403
        assert SECRET not in response.content.decode()
        assert "brief" not in response.cookies
        assert SECRET not in page(client, get_path(notice))
        notice.refresh_from_db()
        assert (notice.state, notice.opened_at) == (NoticeState.SENT, None)

    @pytest.mark.parametrize("pin", ["", " ", "27182", "2718281", "x" * 5000, "२७१८२८", "271828\x00"])
    def test_what_is_not_the_pin_is_wrong(self, client: Client, notice: Notice, pin: str) -> None:
        assert client.post(get_path(notice), {"pin": pin}).status_code == 403

    def test_the_pin_may_be_written_with_spaces(self, client: Client, notice: Notice) -> None:
        assert client.post(get_path(notice), {"pin": " 271 828 "}).status_code == 303

    def test_a_form_from_elsewhere_is_refused(self, notice: Notice) -> None:
        strict = Client(enforce_csrf_checks=True)

        assert strict.post(get_path(notice), {"pin": PIN}).status_code == 403
        assert not BriefSession.objects.exists()

    def test_a_late_answer_is_still_asked_for(self, client: Client, notice: Notice) -> None:
        Notice.objects.filter(pk=notice.pk).update(answer_by=timezone.now() - timedelta(hours=1))

        assert "still waiting for you" in page(client, get_path(notice) + "?lang=en")

    def test_a_settled_notice_only_asks_for_the_pin(self, client: Client, notice: Notice, opened: Client) -> None:
        opened.post(get_path(notice, "reply/"), {"kind": "accepted"})

        html = page(Client(), get_path(notice) + "?lang=en")

        assert "waiting for your answer" not in html
        assert "Write your PIN" in html


class TestAfterThePin:
    def test_the_countdown_has_its_words_from_the_page(self, opened: Client, notice: Notice) -> None:
        due = BeautifulSoup(page(opened, get_path(notice)), "html.parser").find(attrs={"data-answer-by": True})
        assert due is not None
        words = (due["data-one"], due["data-several"], due["data-late"])
        assert words == ("edhe 1 minutë", "edhe 0 minuta", "afati kaloi")

    def test_the_right_pin_opens_the_brief_and_marks_the_notice_opened(self, opened: Client, notice: Notice) -> None:
        html = page(opened, get_path(notice))

        assert SECRET in html
        assert "vetëm për njësinë" not in html
        notice.refresh_from_db()
        assert notice.state == NoticeState.OPENED
        actions = list(AuditEntry.objects.filter(target_id=str(notice.pk)).values_list("action", flat=True))
        assert actions[-4:] == ["brief.pin_tried", "notice.opened", "brief.opened", "brief.viewed"]
        assert verify_chain().ok

    @pytest.mark.parametrize(
        ("role", "reads", "never"),
        [
            ("police", ["Emri", "Vendi i takimit"], ["Shkolla"]),
            ("cpu", ["Mosha", "Shkolla"], ["Emri", "Vendi i takimit"]),
            ("responsible_authority", ["Emri", "Mosha"], ["Shkolla", "Vendi i takimit", "Nevoja"]),
        ],
    )
    def test_each_role_sees_only_its_fields(
        self, client: Client, make_notice: Callable[..., Notice], role: str, reads: list[str], never: list[str]
    ) -> None:
        notice = make_notice(role)
        client.post(get_path(notice), {"pin": PIN})

        html = page(client, get_path(notice))

        assert all(label in html for label in reads)
        assert not any(label in html for label in [*never, "Shënime"])

    def test_the_session_of_one_notice_does_not_open_another_of_the_same_person(
        self, opened: Client, notice: Notice, make_notice: Callable[..., Notice]
    ) -> None:
        other = make_notice(contact=notice.contact)
        cookie = opened.cookies["brief"]
        assert cookie["path"] == get_path(notice)
        stranger = Client()
        stranger.cookies["brief"] = cookie.value

        assert SECRET not in page(stranger, get_path(other))
        assert SECRET in page(stranger, get_path(notice))

    def test_a_made_up_cookie_opens_nothing(self, client: Client, opened: Client, notice: Notice) -> None:
        signed = opened.cookies["brief"].value
        # In the middle of the signature: of its last letter some bits are no part of it, and another may say the same.
        made_up = f"{signed[:-9]}{'A' if signed[-9] != 'A' else 'B'}{signed[-8:]}"
        for value in ("", "x", str(BriefSession.objects.get().pk), made_up):
            stranger = Client()
            stranger.cookies["brief"] = value
            assert SECRET not in page(stranger, get_path(notice))

    def test_silence_ends_the_session(
        self, opened: Client, notice: Notice, settings: object, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        import time

        later = time.time() + 21 * 60
        assert opened.cookies["brief"]["max-age"] == 20 * 60
        monkeypatch.setattr("django.core.signing.time.time", lambda: later)

        assert SECRET not in page(opened, get_path(notice))
        response = opened.post(get_path(notice, "reply/") + "?lang=en", {"kind": "accepted"})
        assert response.status_code == 403
        assert "answer was not sent" in response.content.decode()
        assert not Reply.objects.exists()

    def test_no_session_lasts_longer_than_a_shift(self, opened: Client, notice: Notice) -> None:
        BriefSession.objects.update(opened_at=timezone.now() - timedelta(hours=8))

        assert SECRET not in page(opened, get_path(notice))

    def test_a_new_pin_ends_what_the_old_one_opened(self, opened: Client, notice: Notice) -> None:
        contact = Contact.objects.get(pk=notice.contact_id)
        contact.set_pin(OTHER_PIN)
        contact.save()

        assert SECRET not in page(opened, get_path(notice))

    def test_closing_forgets_everywhere(self, opened: Client, notice: Notice) -> None:
        copied = opened.cookies["brief"].value

        response = opened.post(get_path(notice, "close/"))

        assert response.status_code == 200
        assert response.cookies["brief"].value == ""
        assert response.cookies["brief"]["path"] == get_path(notice)
        stranger = Client()
        stranger.cookies["brief"] = copied
        assert SECRET not in page(stranger, get_path(notice))
        assert AuditEntry.objects.filter(action="brief.closed").count() == 1
        assert Client().post(get_path(notice, "close/")).status_code == 200

    def test_the_cookie_cannot_be_read_by_scripts(self, opened: Client) -> None:
        cookie = opened.cookies["brief"]

        assert cookie["httponly"]
        assert cookie["samesite"] == "Lax"

    def test_looking_changes_nothing_but_the_audit(self, opened: Client, notice: Notice) -> None:
        Notice.objects.filter(pk=notice.pk).update(needs_document=True)
        before, audited = dump(), AuditEntry.objects.count()

        for name in ("", "?lang=en", "document.pdf", "not-me/"):
            assert opened.get(get_path(notice, name)).status_code == 200
            assert Client().get(get_path(notice, name)).status_code in (200, 303)
        assert opened.get(get_path(notice, "reply/")).status_code == 405
        assert opened.get(get_path(notice, "close/")).status_code == 405

        assert dump() == before
        assert AuditEntry.objects.count() == audited + 3

    def test_the_brief_reads_in_the_language_asked_for_or_the_contacts(self, opened: Client, notice: Notice) -> None:
        assert '<html lang="sq">' in page(opened, get_path(notice))
        english = page(opened, get_path(notice) + "?lang=en")
        assert '<html lang="en">' in english
        assert "Emri (en)" in english
        assert '<html lang="sq">' in page(opened, get_path(notice) + "?lang=xx")
        response = opened.post(get_path(notice, "reply/") + "?lang=en", {"kind": "accepted"})
        assert response["Location"] == get_path(notice) + "?lang=en#answered"

    @pytest.mark.parametrize("name", ["", "not-me/", "document.pdf"])
    def test_pages_are_not_stored_indexed_or_passed_on(self, opened: Client, notice: Notice, name: str) -> None:
        Notice.objects.filter(pk=notice.pk).update(needs_document=True)

        response = opened.get(get_path(notice, name))

        assert "no-store" in response["Cache-Control"]
        assert "noindex" in response["X-Robots-Tag"]
        assert response["Referrer-Policy"] == "same-origin"


class TestLinksThatOpenNothing:
    def test_unknown_expired_revoked_and_withdrawn_links_look_the_same(
        self, client: Client, make_notice: Callable[..., Notice], make_contact: Callable[..., Contact]
    ) -> None:
        contact = make_contact()
        expired, revoked, withdrawn, left = (make_notice(contact=contact) for _notice in range(4))
        Notice.objects.filter(pk=expired.pk).update(link_expires_at=timezone.now())
        revoke_link(notice=revoked, why="not_me")
        cancel(notice=withdrawn, reason="drill_over")
        gone = make_contact("cpu")
        Notice.objects.filter(pk=left.pk).update(contact=gone)
        Contact.objects.filter(pk=gone.pk).update(is_active=False)

        answers = [client.get(get_path(each)) for each in (expired, revoked, withdrawn, left)]
        answers += [client.get("/n/unknown/"), client.post(get_path(expired), {"pin": PIN})]
        answers += [client.post(get_path(revoked, "reply/"), {"kind": "accepted"})]
        answers += [client.get(get_path(expired, "document.pdf")), client.post(get_path(expired, "not-me/"))]

        assert {answer.status_code for answer in answers} == {404}
        assert len({answer.content for answer in answers}) == 1
        assert not Reply.objects.exists()

    def test_an_open_session_ends_with_its_link(self, opened: Client, notice: Notice) -> None:
        revoke_link(notice=notice, why="not_me")

        assert opened.get(get_path(notice)).status_code == 404


class TestNotMe:
    def test_asking_changes_nothing_and_saying_so_takes_the_link_back(self, client: Client, notice: Notice) -> None:
        before = notice.next_step_at
        assert "the next person on the duty list" in page(client, get_path(notice, "not-me/") + "?lang=en")
        notice.refresh_from_db()
        assert (notice.link_revoked_at, notice.next_step_at) == (None, before)

        response = client.post(get_path(notice, "not-me/"))

        assert response.status_code == 200
        notice.refresh_from_db()
        assert notice.link_revoked_at is not None
        assert notice.next_step_at == notice.link_revoked_at
        assert notice.ladder[notice.ladder_step]["do"] == "deputy"
        entry = AuditEntry.objects.get(action="brief.link_revoked")
        assert (entry.actor_kind, entry.detail) == ("anonymous", {"why": "not_me"})
        assert client.get(get_path(notice)).status_code == 404

    def test_a_taken_notice_keeps_its_answer_when_the_link_is_given_back(self, opened: Client, notice: Notice) -> None:
        opened.post(get_path(notice, "reply/"), {"kind": "accepted"})

        opened.post(get_path(notice, "not-me/"))

        notice.refresh_from_db()
        assert (notice.state, notice.next_step_at) == (NoticeState.ACCEPTED, None)

    def test_giving_a_link_back_twice_is_once(self, notice: Notice) -> None:
        revoke_link(notice=notice, why="not_me")
        revoke_link(notice=notice, why="not_me")

        assert AuditEntry.objects.filter(action="brief.link_revoked").count() == 1


class TestAnswering:
    def test_two_taps_are_one_reply(self, opened: Client, notice: Notice) -> None:
        for _tap in range(2):
            response = opened.post(get_path(notice, "reply/"), {"kind": "accepted"})
            assert (response.status_code, response["Location"]) == (303, get_path(notice) + "#answered")

        assert Reply.objects.count() == 1
        html = page(opened, get_path(notice) + "?lang=en")
        assert "You accepted" in html
        assert 'value="accepted"' not in html
        assert "Report the outcome" in html

    def test_declining_takes_the_reason_of_its_own_list(self, opened: Client, notice: Notice) -> None:
        response = opened.post(
            get_path(notice, "reply/"), {"kind": "declined", "declined_reason": "conflict", "note": "i njoh"}
        )

        assert response.status_code == 303
        reply = Reply.objects.get()
        assert (reply.kind, reply.reason, reply.note) == ("declined", "conflict", "i njoh")
        html = page(opened, get_path(notice))
        assert SECRET not in html
        assert "<form" not in html.replace("/close/", "").split("<main")[1]

    def test_a_missing_reason_is_said_beside_the_list_and_keeps_the_note(self, opened: Client, notice: Notice) -> None:
        response = opened.post(get_path(notice, "reply/"), {"kind": "declined", "note": "shkruar me kujdes"})

        html = response.content.decode()
        assert response.status_code == 422
        assert 'id="declined-error"' in html
        assert 'href="#answer-declined"' in html
        assert "shkruar me kujdes" in html
        assert not Reply.objects.exists()

    def test_what_is_wrong_with_the_note_or_the_details_is_said_beside_them(
        self, opened: Client, notice: Notice
    ) -> None:
        address = get_path(notice, "reply/")
        opened.post(address, {"kind": "accepted"})
        given = {"kind": "outcome", "outcome_reason": "met"}
        for more, field in (({"note": "x" * 2001}, "outcome-note"), ({"detail_number": "5/26"}, "outcome-number")):
            answered = BeautifulSoup(opened.post(address, {**given, **more}).content, "html.parser")
            wrong = answered.select("[aria-invalid]")
            assert wrong[0]["id"] == field
            assert wrong[0]["aria-describedby"] == "outcome-error"
            beside = wrong[0].find_previous_sibling(id="outcome-error")
            assert beside is not None
            assert not answered.select("fieldset [aria-invalid], fieldset .field-error")

    def test_wrong_area_goes_to_the_chosen_municipality(
        self, opened: Client, notice: Notice, other_place: Municipality
    ) -> None:
        bad = opened.post(get_path(notice, "reply/"), {"kind": "wrong_area", "municipality": "atlantis"})
        assert bad.status_code == 422
        assert 'id="wrong_area-error"' in bad.content.decode()

        opened.post(get_path(notice, "reply/"), {"kind": "wrong_area", "municipality": "tjeter"})

        assert Reply.objects.get().to_municipality == other_place
        assert "Tjetër" in page(opened, get_path(notice))

    def test_an_outcome_before_acceptance_gets_clear_words(self, opened: Client, notice: Notice) -> None:
        response = opened.post(
            get_path(notice, "reply/") + "?lang=en", {"kind": "outcome", "outcome_reason": "met_safe"}
        )

        assert response.status_code == 409
        assert "Accept the notice first" in response.content.decode()
        assert AuditEntry.objects.get(action="brief.answer_refused").detail == {"why": "not_accepted"}

    def test_an_investigation_is_told_with_its_number_and_what_was_typed_beside_another_outcome_stays(
        self, opened: Client, notice: Notice
    ) -> None:
        address = get_path(notice, "reply/") + "?lang=en"
        opened.post(address, {"kind": "accepted"})
        typed = {"kind": "outcome", "detail_number": "55/2025", "detail_prosecutor": "A. Prokurori"}
        bad = opened.post(address, {**typed, "outcome_reason": "met"})
        assert bad.status_code == 422
        assert "belongs to “Registered an investigation”" in bad.content.decode()
        assert 'value="55/2025"' in bad.content.decode()

        opened.post(address, {"kind": "outcome", "outcome_reason": "removed"})
        assert "Report what happened next" in page(opened, get_path(notice) + "?lang=en")
        opened.post(address, {**typed, "outcome_reason": "investigation"})

        html = page(opened, get_path(notice) + "?lang=en")
        assert "Removed the person from the situation" in html
        assert "Number of the investigation: 55/2025" in html

    def test_the_whole_way_to_an_outcome(self, opened: Client, notice: Notice) -> None:
        opened.post(get_path(notice, "reply/"), {"kind": "on_the_way"})
        opened.post(get_path(notice, "reply/"), {"kind": "outcome", "outcome_reason": "met_safe"})

        notice.refresh_from_db()
        assert notice.state == NoticeState.CLOSED
        html = page(opened, get_path(notice) + "?lang=en")
        assert "Met the person; they are safe" in html
        assert SECRET in html
        late = opened.post(get_path(notice, "reply/") + "?lang=en", {"kind": "declined", "declined_reason": "other"})
        assert late.status_code == 409
        assert "This notice is closed" in late.content.decode()

    def test_what_somebody_else_took_is_no_longer_shown(
        self, opened: Client, notice: Notice, make_notice: Callable[..., Notice], make_contact: Callable[..., Contact]
    ) -> None:
        from ..replies import answer

        deputy = make_notice(contact=make_contact(rank=2), chases=notice, purpose="deputy")
        answer(notice=deputy, kind="accepted")

        html = page(opened, get_path(notice) + "?lang=en")
        assert "Somebody else has already taken this notice" in html
        assert SECRET not in html
        assert opened.post(get_path(notice, "reply/"), {"kind": "accepted"}).status_code == 409

    @pytest.mark.parametrize("posted", [{}, {"kind": "x" * 9000}, {"kind": "accepted\x00"}, {"kind": ["a", "b"]}])
    def test_nonsense_is_answered_with_words(self, opened: Client, notice: Notice, posted: dict[str, str]) -> None:
        assert opened.post(get_path(notice, "reply/"), posted).status_code == 422

    def test_an_answer_needs_the_pin_first(self, client: Client, notice: Notice) -> None:
        assert client.post(get_path(notice, "reply/"), {"kind": "accepted"}).status_code == 403
        assert not Reply.objects.exists()

    def test_the_responsible_authority_is_offered_what_it_can_do(
        self, client: Client, make_notice: Callable[..., Notice]
    ) -> None:
        notice = make_notice("responsible_authority")
        client.post(get_path(notice), {"pin": PIN})

        html = page(client, get_path(notice) + "?lang=en")

        assert "Confirm receipt" in html
        assert "on the way" not in html
        assert "another area" not in html

    def test_markup_in_an_answer_is_only_text(self, client: Client, make_notice: Callable[..., Notice]) -> None:
        nasty = "<script>alert(1)</script>"
        rows = [{"key": "k", "label": {"sq": nasty}, "value": {"sq": nasty}}]
        notice = make_notice(brief={"sections": [{"title": {"sq": nasty}, "rows": rows}]})
        client.post(get_path(notice), {"pin": PIN})

        assert nasty not in page(client, get_path(notice))


class TestTheDocument:
    @pytest.fixture
    def cpu(self, client: Client, make_notice: Callable[..., Notice]) -> Notice:
        notice = make_notice("cpu", needs_document=True)
        client.post(get_path(notice), {"pin": PIN})
        return notice

    def test_it_comes_with_the_code_as_its_name_and_is_audited(self, client: Client, cpu: Notice) -> None:
        assert "document.pdf" in page(client, get_path(cpu))

        response = client.get(get_path(cpu, "document.pdf"))

        assert response["Content-Type"] == "application/pdf"
        assert response["Content-Disposition"] == f'attachment; filename="{cpu.code}.pdf"'
        assert response.content.startswith(b"%PDF")
        entry = AuditEntry.objects.get(action="brief.document_read")
        assert (entry.actor_kind, entry.target_id) == ("contact", str(cpu.pk))
        assert not BriefDocument.objects.exists()

    def test_the_stored_one_is_served(self, client: Client, cpu: Notice) -> None:
        stored = documents.render_document(cpu)

        assert client.get(get_path(cpu, "document.pdf")).content == stored.pdf

    def test_without_the_pin_there_is_only_the_way_to_the_pin(self, cpu: Notice) -> None:
        response = Client().get(get_path(cpu, "document.pdf"))

        assert (response.status_code, response["Location"]) == (303, get_path(cpu))

    def test_a_notice_without_a_document_has_none(self, opened: Client, notice: Notice) -> None:
        assert "document.pdf" not in page(opened, get_path(notice))
        assert opened.get(get_path(notice, "document.pdf")).status_code == 404

    def test_after_passing_it_on_nobody_reads_it(self, client: Client, cpu: Notice) -> None:
        client.post(get_path(cpu, "reply/"), {"kind": "declined", "declined_reason": "other"})

        assert client.get(get_path(cpu, "document.pdf")).status_code == 404


def test_every_page_of_the_room_has_its_row() -> None:
    from ..urls import urlpatterns

    for pattern in urlpatterns:
        row = policy.row_for(f"briefs:{pattern.name}", "")
        assert row is not None
        # The worker's script names no notice: it is the same for everybody.
        assert row.roles == (policy.PUBLIC if pattern.name == "push_worker" else policy.RECIPIENT)


class TestWhyOneIsTold:
    def test_urgency_stands_on_top_after_the_pin_and_nowhere_before(
        self, client: Client, make_notice: Callable[..., Notice]
    ) -> None:
        notice = make_notice(brief=compose("police", rows(), urgent=True))
        assert 'id="urgent"' not in page(client, get_path(notice))
        client.post(get_path(notice), {"pin": PIN})
        html = page(client, get_path(notice))
        assert html.index('id="urgent"') < html.index("<h1")

    def test_the_deputy_learns_that_the_first_did_not_answer(
        self, client: Client, notice: Notice, make_contact: Callable[..., Contact], make_notice: Callable[..., Notice]
    ) -> None:
        second = make_contact("police", rank=2, language="en")
        deputy = make_notice(contact=second, chases=notice, purpose=Purpose.DEPUTY)
        assert notice.contact is not None
        assert notice.contact.name not in page(client, get_path(deputy))
        client.post(get_path(deputy), {"pin": PIN})
        html = page(client, get_path(deputy))
        assert f"You are notified as deputy: {notice.contact.name} was notified on" in html
        assert "had not answered" in html

    def test_the_deputy_learns_that_the_first_declined(
        self, client: Client, notice: Notice, make_contact: Callable[..., Contact], make_notice: Callable[..., Notice]
    ) -> None:
        answer(notice=notice, kind="declined", reason="busy_elsewhere")
        second = make_contact("police", rank=2, language="en")
        deputy = make_notice(contact=second, chases=notice, purpose=Purpose.DEPUTY)
        client.post(get_path(deputy), {"pin": PIN})
        assert "and can&#x27;t take it" in page(client, get_path(deputy))


def test_before_the_pin_the_page_says_who_asks_for_it(client: Client, notice: Notice) -> None:
    html = client.get(get_path(notice)).content.decode()
    assert "Qendra Psiko-Sociale “Vatra”" in html
    assert "Njësia Provë" not in html  # which would say the region


def test_the_units_number_can_be_pressed_and_urgency_is_said_once(
    client: Client, make_notice: Callable[..., Notice]
) -> None:
    section = {"sq": "Rasti", "en": "The case"}
    rows = [
        BriefRow("case.urgency", {"sq": "Urgjenca"}, {"sq": "urgjent"}, {"police": True}, section, part="urgency"),
        BriefRow("case.callback", {"sq": "Telefoni"}, {"sq": "+355 69 12"}, {"police": True}, section, part="call"),
        BriefRow("call_phone", {"sq": "Te kush"}, {"sq": "069 123 4567"}, {"police": True}, section, part="call"),
        BriefRow("case.place", {"sq": "Numër"}, {"sq": "0690000000"}, {"police": True}, section, part="place"),
        BriefRow("safe_contact_phone", {"sq": "Numri"}, {"sq": "0680000000"}, {"police": True}, section, part="reach"),
    ]
    notice = make_notice(brief=compose("police", rows, urgent=True))
    html = client.post(get_path(notice), {"pin": PIN}, follow=True).content.decode()
    assert '<a href="tel:+3556912">+355 69 12</a>' in html
    assert '<a href="tel:0691234567">069 123 4567</a>' in html
    assert "tel:0690000000" not in html
    assert "tel:0680000000" not in html  # the person's own is dialled on purpose or not at all
    assert "Urgjenca" not in html
    assert html.count("URGJENT") == 1
