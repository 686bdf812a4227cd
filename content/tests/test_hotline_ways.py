"""Ways to a hotline besides calling it, languages to choose from, and for whom there is no line."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.core import mail
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from audit.models import AuditEntry

from ..hotlines.actions import tell_of_due_ways
from ..models import Hotline
from ..models.hotline_ways import WayKind, check_address, check_ways, compute_mark, read_ways
from ..review.models import EditorNews
from ..review.news import send_news
from .editors import Editor
from .test_editors_lines import LinesTest

CHAT = {"kind": "chat", "address": "https://alo116.al"}


class WaysTest(LinesTest):
    def setUp(self) -> None:
        super().setUp()
        Hotline.objects.filter(pk=self.line.pk).update(ways=[], ways_need_try=False)
        self.line.refresh_from_db()

    def enter(self, editor: Any, **ways: str) -> Any:
        address = reverse("wagtailsnippets_content_hotline:edit", args=[self.line.pk])
        form = editor.client.get(address).context["form"]
        given = {name: getattr(self.line, name, form.initial.get(name)) or "" for name in form.fields}
        given |= {"languages": self.line.languages, "serves": self.line.serves}
        answer = editor.client.post(address, given | {f"way_{kind}": value for kind, value in ways.items()})
        self.line.refresh_from_db()
        return answer

    def call(self, editor: Any, **data: str) -> str:
        data.setdefault("number", self.line.number)
        answer = editor.client.post(reverse("line_called", args=[self.line.pk]), data, follow=True)
        self.line.refresh_from_db()
        return str(answer.content.decode())


class TestTwoPeople(WaysTest):
    def test_readers_see_a_way_once_another_editor_has_tried_it_and_the_number_all_the_time(self):
        assert self.enter(self.ana, chat="https://alo116.al", whatsapp="+355 69 000 0000").status_code == 302
        html = self.client.get("/en/help/").content.decode()
        assert "tel:116111" in html
        assert "alo116.al" not in html
        assert "wa.me" not in html
        assert "another editor must try them" in self.call(self.ana, ways=self.line.ways_mark)
        assert self.line.ways_need_try
        self.call(self.besa, ways=self.line.ways_mark)
        html = self.client.get("/en/help/").content.decode()
        assert 'href="https://alo116.al" rel="noreferrer noopener"' in html
        assert 'href="https://wa.me/355690000000"' in html
        details = AuditEntry.objects.filter(action="line.called").values_list("detail", flat=True)
        assert [each for each in details if "ways_tried" in str(each) and "true" in str(each).lower()]

    def test_who_entered_a_way_does_not_confirm_it_after_a_colleague_changed_another(self):
        self.enter(self.ana, chat="https://elsewhere.example")
        self.enter(self.besa, email="b@vatra.example")
        for editor in (self.ana, self.besa):
            assert "another editor must try them" in self.call(editor, ways=self.line.ways_mark)
        assert self.line.ways_need_try
        assert "elsewhere.example" not in self.client.get("/en/help/").content.decode()
        self.call(Editor("cela"), ways=self.line.ways_mark)
        assert not self.line.ways_need_try
        assert all(each.keys() == {"kind", "address"} for each in self.line.ways)

    def test_a_test_call_alone_brings_no_way_before_readers(self):
        self.enter(self.ana, chat="https://alo116.al")
        self.call(self.besa)
        assert self.line.ways_need_try
        assert "alo116.al" not in self.client.get("/en/help/").content.decode()

    def test_ways_that_were_changed_meanwhile_are_not_confirmed(self):
        self.enter(self.ana, chat="https://alo116.al")
        tried = self.line.ways_mark
        self.enter(self.ana, chat="https://elsewhere.example")
        assert "changed meanwhile" in self.call(self.besa, ways=tried)
        assert self.line.ways_need_try

    def test_whoever_changes_a_tried_way_hides_it_again_and_taking_one_away_takes_one_person(self):
        self.enter(self.ana, chat="https://alo116.al", email="a@vatra.example")
        self.call(self.besa, ways=self.line.ways_mark)
        assert not self.line.ways_need_try
        self.enter(self.besa, email="b@vatra.example")
        assert self.line.ways_need_try
        self.enter(self.besa, chat="", email="")
        assert self.line.ways == []
        assert not self.line.ways_need_try

    def test_saving_something_else_leaves_the_ways_as_they_are(self):
        self.enter(self.ana, chat="https://alo116.al")
        self.call(self.besa, ways=self.line.ways_mark)
        self.enter(self.ana)
        assert self.line.ways == [CHAT]
        assert not self.line.ways_need_try

    def test_a_wrong_address_is_refused_beside_its_field_and_nothing_is_lost(self):
        answer = self.enter(self.ana, chat="alo116.al", signal="069", email="nobody")
        assert set(answer.context["form"].errors) == {"way_chat", "way_signal", "way_email"}
        assert 'value="alo116.al"' in answer.content.decode()
        assert self.line.ways == []

    def test_a_hidden_line_shows_no_way_and_other_front_ends_get_what_readers_get(self):
        self.enter(self.ana, chat="https://alo116.al")
        self.call(self.besa, ways=self.line.ways_mark)
        found = self.client.get("/api/v2/hotlines/alo_116111/").json()
        assert found["ways"] == [{"kind": "chat", "address": "https://alo116.al", "url": "https://alo116.al"}]
        Hotline.objects.filter(pk=self.line.pk).update(publish="no")
        self.line.save(update_fields=["order"])
        assert "alo116.al" not in self.client.get("/en/help/").content.decode()

    def test_the_report_names_what_waits_for_a_try(self):
        self.enter(self.ana, chat="https://alo116.al")
        assert "wait for another editor to try them" in self.besa.text("lines_report")
        self.call(self.besa, ways=self.line.ways_mark)
        assert "wait for another editor to try them" not in self.besa.text("lines_report")


class TestTriedAgain(WaysTest):
    def setUp(self) -> None:
        super().setUp()
        self.enter(self.ana, chat="https://alo116.al", email="a@vatra.example")
        self.call(self.besa, ways=self.line.ways_mark)

    def days_ago(self, days: int) -> date:
        return timezone.localdate() - timedelta(days=days)

    def set_days(self, **days: int | None) -> None:
        given = {name: None if number is None else self.days_ago(number) for name, number in days.items()}
        Hotline.objects.filter(pk=self.line.pk).update(**given)
        self.line.refresh_from_db()

    def test_a_try_has_a_date_and_anybody_renews_it(self):
        assert self.line.ways_tried_on == timezone.localdate()
        self.set_days(ways_tried_on=91)
        self.call(self.ana, ways=self.line.ways_mark)
        assert self.line.ways_tried_on == timezone.localdate()
        self.set_days(ways_tried_on=91)
        self.call(self.ana)
        assert self.line.ways_tried_on == self.days_ago(91)

    def test_editors_are_notified_once_of_ways_that_nobody_has_tried_and_later_readers_see_them_no_more(self):
        self.set_days(ways_tried_on=90)
        assert tell_of_due_ways() == 0
        self.set_days(ways_tried_on=91)
        assert [tell_of_due_ways(), tell_of_due_ways()] == [1, 0]
        assert "nobody has tried for a long time" in self.ana.text("lines_report")
        send_news()
        assert any("Try the other ways" in each.body and str(self.line) in each.body for each in mail.outbox)
        assert "alo116.al" in self.client.get("/en/help/").content.decode()
        self.set_days(ways_told_on=31)
        Hotline.objects.first().save()
        html = self.client.get("/en/help/").content.decode()
        assert "alo116.al" not in html
        assert "tel:116111" in html
        self.call(self.ana, ways=self.line.ways_mark)
        assert "alo116.al" in self.client.get("/en/help/").content.decode()

    def test_ways_from_before_the_date_was_noted_are_due(self):
        self.set_days(ways_tried_on=None)
        assert tell_of_due_ways() == 1

    def test_a_way_that_does_not_work_is_hidden_by_one_press_and_the_others_stay(self):
        self.call(self.ana, dead="chat:https://alo116.al")
        html = self.client.get("/en/help/").content.decode()
        assert "alo116.al" not in html
        assert "a@vatra.example" in html
        assert EditorNews.objects.filter(what="ways_dead", by=self.ana.user).exists()
        assert AuditEntry.objects.get(action="line.way_failed").detail == {"way": "chat"}
        assert self.line.verified_on is not None
        assert "wait for another editor to try them" in self.besa.text("lines_report")

    def test_it_comes_back_once_another_editor_has_tried_it_and_not_by_who_hid_it(self):
        self.call(self.ana, dead="chat:https://alo116.al")
        assert "another editor must try them" in self.call(self.ana, ways=self.line.ways_mark)
        self.enter(self.ana)
        assert "alo116.al" not in self.client.get("/en/help/").content.decode()
        self.call(self.besa, ways=self.line.ways_mark)
        assert "alo116.al" in self.client.get("/en/help/").content.decode()
        assert all(each.keys() == {"kind", "address"} for each in self.line.ways)

    def test_who_takes_the_dead_one_away_hides_none_of_the_others(self):
        self.call(self.ana, dead="chat:https://alo116.al")
        self.enter(self.ana, chat="")
        assert [way.kind for way in self.line.shown_ways] == [WayKind.EMAIL]

    def test_a_way_that_was_changed_or_reported_meanwhile_is_not_hidden_again(self):
        self.call(self.ana, dead="chat:https://alo116.al")
        for dead in ("chat:https://alo116.al", "chat:https://elsewhere.example", "fax:1", "x"):
            assert "Look again" in self.call(self.besa, dead=dead)
        assert EditorNews.objects.filter(what="ways_dead").count() == 1


class TestForWhom(WaysTest):
    def test_the_report_names_for_whom_there_is_no_line_until_one_listens_to_them(self):
        html = self.ana.text("lines_report")
        assert "<strong>men, people who speak no Albanian, people who are abroad</strong>" in html
        Hotline.objects.filter(key="women_116117").update(serves=["women", "men", "abroad", "foreigners"])
        assert "no helpline to talk to" not in self.ana.text("lines_report")

    def test_a_line_for_danger_listens_to_nobody(self):
        Hotline.objects.update(serves=[])
        Hotline.objects.filter(for_danger=True).update(serves=["men", "women", "children", "abroad", "foreigners"])
        assert "children and young people, women, men" in self.ana.text("lines_report")


class TestLanguages(WaysTest):
    def setUp(self) -> None:
        super().setUp()
        for key, codes in {"alo_116111": ["sq", "it"], "women_116117": ["sq"]}.items():
            Hotline.objects.filter(key=key).update(languages=codes)
        Hotline.objects.first().save()

    def test_a_reader_chooses_among_the_languages_that_are_spoken_and_danger_stays(self):
        html = self.client.get("/en/help/?l=it").content.decode()
        main = html.split("<main")[1].split("</main")[0]
        assert "tel:116111" in main
        assert "tel:116117" not in main
        assert "tel:129" in main
        assert '<option value="it" selected>Italian</option>' in main

    def test_a_language_that_nobody_speaks_shows_every_line(self):
        for asked in ("el", "<b>", "", "xx"):
            assert "tel:116117" in self.client.get("/en/help/", {"l": asked}).content.decode().split("<main")[1]

    def test_with_one_language_there_is_nothing_to_choose(self):
        Hotline.objects.update(languages=["sq"])
        Hotline.objects.first().save()
        assert 'name="l"' not in self.client.get("/en/help/").content.decode()


@pytest.mark.parametrize(
    ("kind", "address"),
    [
        ("chat", "http://alo116.al"),
        ("chat", "javascript:alert(1)"),
        ("callback", "//alo116.al"),
        ("whatsapp", "069 000 0000"),
        ("whatsapp", "+355"),
        ("sms", "116111?body=x"),
        ("sms", "١١٦"),
        ("email", "a@b"),
    ],
)
def test_an_address_that_leads_elsewhere_is_refused(kind, address):
    with pytest.raises(ValidationError):
        check_address(WayKind(kind), address)


@pytest.mark.parametrize("wrong", [None, {}, "x", [1], [{"kind": "chat"}], [CHAT, CHAT], [{**CHAT, "kind": "pigeon"}]])
def test_ways_are_one_of_each_kind_whoever_writes_them(wrong):
    with pytest.raises(ValidationError):
        check_ways(wrong)


def test_what_cannot_be_read_is_passed_over_and_the_mark_tells_ways_apart():
    assert read_ways([CHAT, {"kind": "pigeon"}, 3, None])[0].href == "https://alo116.al"
    assert compute_mark([]) == ""
    assert compute_mark([CHAT]) != compute_mark([{**CHAT, "address": "https://other.example"}])
