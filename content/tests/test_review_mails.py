"""Mails about submissions: a mail server that closes without an answer stops neither an editor nor the seeding."""

import smtplib
from typing import Any

from django.core import mail
from django.core.mail.backends.locmem import EmailBackend

from ..models import HomePage, SeededText
from ..review.models import EditorNews
from ..review.news import send_news
from ..seeding.actions import seed_content
from ..seeding.pages import load_page_specs
from ..seeding.wording import fingerprint, get_stored_page_words
from .editors import EditorsTest

CLOSES = f"{__name__}.Closes"


class Closes(EmailBackend):
    """A server that accepts the connection and closes it without a word."""

    def open(self) -> Any:
        raise smtplib.SMTPServerDisconnected("Connection unexpectedly closed")

    def send_messages(self, messages: Any) -> int:
        self.open()
        return 0


class TestSubmitting(EditorsTest):
    def test_a_page_is_submitted_though_the_mail_server_closes_without_an_answer(self):
        with self.settings(EMAIL_BACKEND=CLOSES):
            answer = self.ana.save(self.article, action="submit", text="Ndryshe.")
        assert answer.status_code == 302
        assert self.again(self.article).workflow_in_progress

    def test_those_who_may_decide_are_mailed_once(self):
        self.ana.save(self.article, action="submit", text="Ndryshe.")
        told = [each for letter in mail.outbox for each in letter.to]
        assert told.count(self.besa.user.email) == 1


class TestProposing(EditorsTest):
    def setUp(self) -> None:
        super().setUp()
        HomePage.objects.update(doors="[]", foot="[]", intro="Si ishte.")
        spec = next(spec for spec in load_page_specs() if spec["key"] == "home")
        for home in HomePage.objects.select_related("locale"):
            print_then = fingerprint(get_stored_page_words(home, spec))
            SeededText.objects.filter(key=f"page:home:{home.locale.language_code}").update(fingerprint=print_then)

    def test_new_words_are_proposed_without_a_mail_server_and_editors_hear_of_them_when_it_is_back(self):
        with self.settings(EMAIL_BACKEND=CLOSES):
            assert seed_content()["pages proposed for approval"] == 2
            assert send_news() == 0
        assert mail.outbox == []
        assert EditorNews.objects.filter(what="proposed", told_at=None).count() == 2
        assert send_news() == 2
        letter = next(each for each in mail.outbox if each.to == [self.besa.user.email])
        assert letter.subject in ("Faqe që presin miratimin tuaj", "Pages wait for your approval")
        assert "Informacion i qartë dhe njerëz që ju dëgjojnë" in letter.body
        assert "one editor alone" not in letter.body
        assert "vetëm një redaktor" not in letter.body
