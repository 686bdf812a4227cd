"""Attack: one editor changes a helpline's number, and it is on the home page at once, still "tested"."""

from typing import Any

from django.core import mail
from django.urls import reverse
from django.utils import timezone

from audit.models import AuditEntry
from content import housekeeping
from content.models import GlossaryTerm, Hotline
from content.tests.editors import Editor, EditorsTest, rich

PREMIUM = "0900 666 666"


class TestNumbers(EditorsTest):
    def setUp(self) -> None:
        super().setUp()
        Hotline.objects.update(verified_on=timezone.localdate(), first_shown_on=timezone.localdate())
        self.line = Hotline.objects.get(key="alo_116111")
        self.own = Hotline.objects.create(
            key="own", number="069 111 2222", publish="yes", verified_on=timezone.localdate(), source="x",
            name_sq="Linja jonë", name_en="Our line", short_sq="Jona", short_en="Ours",
        )  # fmt: skip

    def change(self, editor: Editor, line: Hotline, **changes: Any) -> Any:
        address = reverse("wagtailsnippets_content_hotline:edit", args=[line.pk])
        fields = editor.client.get(address).context["form"].fields
        given = {name: getattr(line, name, "") or "" for name in fields} | {"languages": []}
        return editor.client.post(address, {key: value for key, value in (given | changes).items() if value != ""})

    def call(self, editor: Editor, line: Hotline, number: str = "") -> Any:
        return editor.post("line_called", line.pk, number=number)

    def is_shown(self, line: Hotline) -> bool:
        return Hotline.objects.published().filter(pk=line.pk).exists()

    def test_a_number_of_the_reference_data_is_changed_by_nobody(self):
        form = self.change(self.ana, self.line, number=PREMIUM).context["form"]
        assert list(form.errors) == ["number"]
        assert PREMIUM not in self.client.get("/").content.decode()
        assert 'href="tel:116111"' in self.client.get("/").content.decode()

    def test_nor_is_one_entered_on_another_line(self):
        for number in ("112", "116 123", "+355 129", "00355127", "128"):
            form = self.change(self.ana, self.own, number=number).context["form"]
            assert list(form.errors) == ["number"], number

    def test_nor_does_another_number_stand_in_the_texts(self):
        form = self.change(self.ana, self.line, use_sq=f"Telefononi {PREMIUM}.").context["form"]
        assert list(form.errors) == ["use_sq"]

    def test_a_changed_number_is_hidden_until_another_editor_called_that_very_number(self):
        assert self.change(self.ana, self.own, number=PREMIUM).status_code == 302
        self.own.refresh_from_db()
        assert (self.own.verified_on, self.own.verified_by, self.own.needs_call) == (None, "", True)
        assert not self.is_shown(self.own)

        self.call(self.ana, self.own, PREMIUM)
        assert not self.is_shown(self.own), "the one who entered it"
        self.call(self.besa, self.own, "069 111 2222")
        assert not self.is_shown(self.own), "called the number before"
        self.call(self.besa, self.own)
        assert not self.is_shown(self.own), "called no number"

        self.call(self.besa, self.own, PREMIUM)
        assert self.is_shown(self.own)
        self.own.refresh_from_db()
        assert self.own.verified_by == "besa"

    def test_showing_it_never_stale_or_from_another_hand_does_not_go_round_the_call(self):
        self.change(self.ana, self.own, number=PREMIUM, publish="no")
        self.own.refresh_from_db()
        form = self.change(self.ana, self.own, publish="yes", never_stale="on").context["form"]
        assert list(form.errors) == ["never_stale"]
        self.change(self.besa, self.own, publish="yes")
        assert not self.is_shown(self.own)
        self.call(self.ana, self.own, PREMIUM)
        assert not self.is_shown(self.own), "Ana entered the number, whoever showed it"

    def test_a_day_of_testing_is_not_typed(self):
        self.change(self.ana, self.own, number=PREMIUM, verified_on=str(timezone.localdate()), verified_by="Besa")
        self.own.refresh_from_db()
        assert (self.own.verified_on, self.own.verified_by) == (None, "")

    def test_a_new_line_waits_too(self):
        address = reverse("wagtailsnippets_content_hotline:add")
        texts = {"name_sq": "E", "name_en": "E", "short_sq": "E", "short_en": "E", "source": "x", "order": 1}
        given = {"key": "e-re", "number": PREMIUM, "publish": "yes", "confidence": "low", **texts}
        assert self.ana.client.post(address, given).status_code == 302
        line = Hotline.objects.get(key="e-re")
        assert line.needs_call
        assert not self.is_shown(line)

    def test_hiding_takes_one_press_and_everybody_hears_of_it(self):
        self.ana.post("line_hide", self.line.pk)
        assert 'href="tel:116111"' not in self.client.get("/").content.decode()
        assert AuditEntry.objects.get(action="line.hidden").actor_id == str(self.ana.user.pk)
        housekeeping.each_minute()
        assert sorted(each.to[0] for each in mail.outbox) == ["ana@vatra.example", "besa@vatra.example"]
        assert "116 111" in mail.outbox[0].body
        housekeeping.each_minute()
        assert len(mail.outbox) == 2, "told once"

    def test_asking_to_hide_changes_nothing(self):
        assert "Hide it now" in self.ana.text("line_hide", self.line.pk)
        assert self.is_shown(self.line)

    def test_what_was_hidden_by_a_slip_comes_back_by_any_editor(self):
        self.ana.post("line_hide", self.line.pk)
        self.line.refresh_from_db()
        self.change(self.besa, self.line, publish="yes")
        assert self.is_shown(self.line)

    def test_one_editor_alone_does_not_call_and_show_an_old_number(self):
        old = Hotline.objects.get(key="old_08001212")
        Hotline.objects.filter(pk=old.pk).update(verified_on=None, first_shown_on=None)
        self.call(self.ana, old)
        old.refresh_from_db()
        assert self.change(self.ana, old, publish="yes").status_code == 302
        assert not self.is_shown(old)
        self.call(self.besa, old, old.number)
        assert self.is_shown(old)

    def test_an_explanation_of_a_word_takes_no_number_to_readers(self):
        term = GlossaryTerm.objects.filter(locale__language_code="sq").first()
        address = reverse("wagtailsnippets_content_glossaryterm:edit", args=[term.pk])
        given = {"term": term.term, "slug": term.slug, "forms": "", "definition": rich(f"Telefononi {PREMIUM}.")}
        form = self.ana.client.post(address, given).context["form"]
        assert list(form.errors) == ["definition"]
        given["definition"] = rich("Telefononi 116 111.")
        assert self.ana.client.post(address, given).status_code == 302

    def test_a_change_is_in_the_chain_by_id_and_mailed(self):
        self.change(self.ana, self.own, number=PREMIUM)
        entry = AuditEntry.objects.get(action="line.changed")
        assert (entry.target_id, entry.detail["needs_call"]) == (str(self.own.pk), True)
        assert "666" not in str(entry.detail)
        housekeeping.each_minute()
        assert len(mail.outbox) == 2
        assert PREMIUM in mail.outbox[0].body

    def test_emergency_numbers_are_never_deleted(self):
        self.ana.post("wagtailsnippets_content_hotline:delete", self.line.pk)
        bulk = reverse("wagtail_bulk_action", args=["content", "hotline", "delete"])
        self.ana.client.post(f"{bulk}?id={self.line.pk}&id={self.own.pk}")
        assert Hotline.objects.filter(pk__in=[self.line.pk, self.own.pk]).count() == 2

    def test_an_emergency_number_that_somebody_changed_before_is_put_back(self):
        from content.seeding.actions import seed_content

        Hotline.objects.filter(pk=self.line.pk).update(number=PREMIUM)
        seed_content()
        self.line.refresh_from_db()
        assert self.line.number == "116 111"
        assert AuditEntry.objects.filter(action="line.put_back").count() == 1
