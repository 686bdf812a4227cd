"""Editors are told, once, of lines that want a call, and write a call down with one step."""

import smtplib
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import Message
from importlib import import_module
from unittest import mock

import pytest
from aiosmtpd.controller import Controller
from django.apps import apps
from django.conf import settings
from django.core import mail
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Value
from django.urls import reverse
from django.utils import timezone
from wagtail.models import ModelLogEntry

from access.models import Assignment, User
from audit.models import AuditEntry

from .. import housekeeping
from ..hotlines.actions import mail_editors
from ..hotlines.states import HotlineState, get_state, get_statuses
from ..models import Hotline
from .editors import Editor, EditorsTest


class PostOffice:
    """A mail server on loopback that takes every letter but those to one address."""

    def __init__(self, refusing: str) -> None:
        self.refusing = refusing
        self.taken: list[tuple[str, Message]] = []

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address == self.refusing:
            return "550 no such box"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        self.taken.append((envelope.rcpt_tos[0], message_from_bytes(envelope.content)))
        return "250 OK"


@contextmanager
def post_office(*, refusing: str) -> Iterator[PostOffice]:
    office = PostOffice(refusing)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    office.settings = {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": "127.0.0.1",
        "EMAIL_PORT": port,
    }
    running = Controller(office, hostname="127.0.0.1", port=port)
    running.start()
    try:
        yield office
    finally:
        running.stop()


class LinesTest(EditorsTest):
    def setUp(self) -> None:
        super().setUp()
        self.today = timezone.localdate()
        Hotline.objects.update(verified_on=self.today, first_shown_on=self.today)
        self.line = Hotline.objects.get(key="alo_116111")
        self.danger = Hotline.objects.get(key="police_129")

    def age(self, line: Hotline, days: int, **fields: object) -> Hotline:
        """The line's last test call was so many days ago."""
        Hotline.objects.filter(pk=line.pk).update(
            verified_on=self.today - timedelta(days=days), publish="yes", **fields
        )
        return Hotline.objects.get(pk=line.pk)


class TestStates(LinesTest):
    def test_a_line_is_in_one_state_each_day(self):
        for days, state in ((0, "fine"), (22, "fine"), (23, "soon"), (30, "soon"), (31, "stale"), (400, "stale")):
            assert get_state(self.age(self.line, days, never_stale=False)) == state, days
        for days, state in ((0, "fine"), (23, "soon"), (31, "untested")):
            assert get_state(self.age(self.danger, days, never_stale=True)) == state, days
        Hotline.objects.filter(pk=self.line.pk).update(publish="no")
        assert get_state(Hotline.objects.get(pk=self.line.pk)) == HotlineState.OFF

    def test_a_danger_number_never_called_is_untested_from_the_first_day(self):
        Hotline.objects.filter(pk=self.danger.pk).update(verified_on=None, never_stale=True, publish="yes")
        assert get_state(Hotline.objects.get(pk=self.danger.pk)) == HotlineState.UNTESTED

    def test_the_gravest_stands_first(self):
        self.age(self.line, 40, never_stale=False)
        self.age(self.danger, 40, never_stale=True)
        assert [each.line.key for each in get_statuses()][:2] == ["police_129", "alo_116111"]


class TestTelling(LinesTest):
    def test_each_editor_gets_one_mail_for_each_change_not_each_hour(self):
        self.age(self.line, 25, never_stale=False)
        for _hour in range(3):
            housekeeping.each_hour()
        assert sorted(each.to[0] for each in mail.outbox) == ["ana@vatra.example", "besa@vatra.example"]
        assert "116 111" in mail.outbox[0].body
        assert "/cms/public/reports/lines/" in mail.outbox[0].body

        self.age(self.line, 31, never_stale=False)
        housekeeping.each_hour()
        housekeeping.each_hour()
        assert len(mail.outbox) == 4
        assert "1 is no longer shown" in mail.outbox[-1].subject

    def test_after_a_call_the_next_lapse_is_told_again(self):
        self.age(self.line, 31, never_stale=False)
        mail_editors()
        self.age(self.line, 0, never_stale=False)
        assert mail_editors() == 0
        self.age(self.line, 31, never_stale=False)
        assert mail_editors() == 1

    def test_an_untested_danger_number_is_told_and_stays_shown(self):
        self.age(self.danger, 31, never_stale=True)
        assert mail_editors() == 1
        assert "129" in mail.outbox[0].body
        assert Hotline.objects.published().filter(key="police_129").exists()

    def test_nothing_is_told_while_all_is_well(self):
        Hotline.objects.update(publish="no")
        assert mail_editors() == 0
        assert mail.outbox == []

    def test_a_mail_server_that_is_away_delays_the_news_and_loses_nothing(self):
        self.age(self.line, 31, never_stale=False)
        for error in (smtplib.SMTPServerDisconnected, ConnectionRefusedError):
            with mock.patch("content.hotlines.actions._build_mail", side_effect=error):
                assert mail_editors() == 0
        assert mail_editors() == 1

    def test_it_goes_out_over_real_smtp_and_an_address_that_is_refused_keeps_it_from_nobody(self):
        User.objects.filter(pk=self.ana.user.pk).update(email="refused@vatra.example")
        self.age(self.line, 31, never_stale=False)
        with post_office(refusing="refused@vatra.example") as office, self.settings(**office.settings):
            assert mail_editors() == 1
            assert mail_editors() == 0
        ((to, letter),) = office.taken
        assert to == "besa@vatra.example"
        assert "no longer shown" in str(make_header(decode_header(letter["Subject"])))
        assert "116 111" in letter.get_payload(decode=True).decode()
        assert letter["Message-ID"].endswith(f"@{settings.MESSAGE_ID_DOMAIN}>"), "not @localhost"

    def test_without_an_editor_to_tell_the_news_waits(self):
        self.age(self.line, 31, never_stale=False)
        Assignment.objects.filter(role="editor").delete()
        assert mail_editors() == 0
        Assignment.objects.create(user=User.objects.get(username="ana"), role="editor")
        assert mail_editors() == 1

    def test_only_those_who_are_editors_today_are_told(self):
        self.age(self.line, 31, never_stale=False)
        Assignment.objects.filter(user=self.besa.user).update(
            starts_on=self.today - timedelta(days=9), ends_on=self.today - timedelta(days=1)
        )
        mail_editors()
        assert [each.to for each in mail.outbox] == [["ana@vatra.example"]]

    def test_each_is_told_in_their_language(self):
        User.objects.filter(pk=self.ana.user.pk).update(language="sq")
        self.age(self.line, 31, never_stale=False)
        mail_editors()
        letter = next(each for each in mail.outbox if each.to == ["ana@vatra.example"])
        assert self.line.name_sq in letter.body


class TestCalling(LinesTest):
    def test_one_step_writes_the_call_down_and_brings_the_line_back(self):
        self.age(self.line, 40, never_stale=False)
        assert not Hotline.objects.published().filter(pk=self.line.pk).exists()
        response = self.ana.post("line_called", self.line.pk, next=reverse("wagtailadmin_home"))
        assert response["Location"] == reverse("wagtailadmin_home")
        line = Hotline.objects.get(pk=self.line.pk)
        assert (line.verified_on, line.verified_by) == (self.today, "ana")
        assert Hotline.objects.published().filter(pk=self.line.pk).exists()
        assert AuditEntry.objects.get(action="line.called").actor_id == str(self.ana.user.pk)
        assert ModelLogEntry.objects.get(action="content.line_called").user == self.ana.user

    def test_asking_changes_nothing(self):
        self.age(self.line, 40, never_stale=False)
        assert "I have just called it" in self.ana.text("line_called", self.line.pk)
        assert not Hotline.objects.published().filter(pk=self.line.pk).exists()

    def test_a_call_does_not_show_a_line_whose_flag_says_no(self):
        Hotline.objects.filter(pk=self.line.pk).update(publish="verify_first", verified_on=None)
        response = self.ana.client.post(reverse("line_called", args=[self.line.pk]), follow=True)
        assert "set “show to readers” to yes" in response.content.decode()
        assert not Hotline.objects.published().filter(pk=self.line.pk).exists()

    def test_others_write_down_no_call(self):
        operator = Editor("op", "Operators", role="operator")
        assert operator.post("line_called", self.line.pk).status_code == 404
        assert not AuditEntry.objects.filter(action="line.called").exists()

    def test_a_next_address_elsewhere_is_not_followed(self):
        response = self.ana.post("line_called", self.line.pk, next="https://elsewhere.example/")
        assert response["Location"] == reverse("lines_report")


class TestSeeing(LinesTest):
    def test_a_stale_line_disappears_from_pages_and_stands_on_the_editors_first_page(self):
        help_page = next(url for url in self.urls if "ndihme" in url)
        assert 'href="tel:116111"' in self.html(help_page)
        self.age(self.line, 31, never_stale=False)
        self.line.refresh_from_db()
        self.line.save()
        assert 'href="tel:116111"' not in self.html(help_page)
        first = self.ana.text("wagtailadmin_home")
        assert "Helplines to call" in first
        assert reverse("line_called", args=[self.line.pk]) in first

    def test_the_first_page_of_others_says_nothing_of_lines(self):
        self.age(self.line, 31, never_stale=False)
        operator = Editor("op", "Operators", role="operator")
        assert "lines-to-call" not in operator.text("wagtailadmin_home")

    def test_a_line_without_a_number_is_refused_beside_the_number(self):
        own = Hotline.objects.get(key="old_08001212")
        address = reverse("wagtailsnippets_content_hotline:edit", args=[own.pk])
        given = {name: getattr(own, name, "") or "" for name in self.ana.client.get(address).context["form"].fields}
        given |= {"languages": [], "number": "", "publish": "yes"}
        form = self.ana.client.post(address, given).context["form"]
        assert form.errors["number"] == ["A helpline without a number can't be shown to readers."]
        own.refresh_from_db()
        assert own.number == "0800 1212"

    def test_the_languages_of_a_line_are_ticked_and_readers_see_them(self):
        self.line.languages = ["sq", "xyz"]
        self.line.save()
        address = reverse("wagtailsnippets_content_hotline:edit", args=[self.line.pk])
        page = self.ana.client.get(address)
        assert b'value="xyz"' in page.content  # kept under a code of which we have no name
        given = {name: getattr(self.line, name, "") or "" for name in page.context["form"].fields}
        assert self.ana.client.post(address, given | {"languages": ["sq", "it"]}).status_code == 302
        self.line.refresh_from_db()
        assert self.line.languages == ["sq", "it"]
        assert "Languages: Albanian, Italian" in self.client.get("/en/help/").content.decode()
        assert "Gjuhët: shqip, italisht" in self.client.get("/ndihme/").content.decode()
        form = self.ana.client.post(address, given | {"languages": ["sq", "tlh"]}).context["form"]
        assert list(form.errors) == ["languages"]

    def test_languages_are_a_list_of_codes_whoever_writes_them(self):
        for wrong in ({"sq": 1}, ["sq", "sq"], [["sq"]], ["<b>"], "sq"):
            self.line.languages = wrong
            with pytest.raises(ValidationError) as refused:
                self.line.full_clean()
            assert list(refused.value.message_dict) == ["languages"], wrong

    def test_what_was_typed_as_languages_before_is_kept_where_it_is_codes(self):
        migration = import_module("content.migrations.earlier.0005_languages_of_lines")
        for typed, kept in (
            (5, []),
            (None, []),
            ({"sq": 1}, []),
            ("sq", ["sq"]),
            (["sq", ["en"], "sq", "it"], ["sq", "it"]),
        ):
            self.line.languages = Value(typed, models.JSONField())
            self.line.save()
            migration.keep_codes(apps, None)
            self.line.refresh_from_db()
            assert self.line.languages == kept, typed

    def test_the_report_downloads_as_csv_and_workbook(self):
        self.age(self.line, 31, never_stale=False)
        assert "hidden: not tested" in self.ana.text("lines_report")
        csv = self.ana.get("lines_report", export="csv")
        rows = b"".join(csv.streaming_content)
        assert b"116 111" in rows
        assert b"verify_first" not in rows  # the word that the list shows, not the code
        assert self.ana.get("lines_report", export="xlsx").status_code == 200
        assert self.ana.get("lines_report_results").status_code == 200

    def test_the_list_of_lines_has_the_button_and_the_state(self):
        listing = self.ana.client.get("/cms/snippets/content/hotline/").content.decode()
        assert reverse("line_called", args=[self.line.pk]) in listing
        assert "in order" in listing
