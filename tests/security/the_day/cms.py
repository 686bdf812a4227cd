"""Pages: written, submitted, decided on, taken away, moved, translated."""

from datetime import timedelta
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone
from wagtail.models import Locale, Page
from wagtail_localize.models import StringSegment, Translation

from content.models import ArticlePage, GlossaryTerm, HomePage
from content.review.deleted_pages import put_aside
from content.tests.editors import get_form

from .acts import act, each_of
from .day import Day
from .staff import TAKEN, Staff


def page(day: Day, *, live: bool = True) -> Page:
    home = HomePage.objects.get(locale__language_code="sq")
    body = [("rich_text", "<p>Kanarina.</p>")]
    made = home.add_child(
        instance=ArticlePage(title="Kanarina", slug=f"faqe-{day.number()}", intro="Kanarina", body=body, live=live)
    )
    revision = made.save_revision()
    if live:
        revision.publish()
    return ArticlePage.objects.get(pk=made.pk)


def again(made: Page) -> Page:
    return Page.objects.get(pk=made.pk).specific


def save(me: Staff, made: Page, action: str = "", **changes: Any) -> Any:
    return me.post("wagtailadmin_pages:edit", made.pk, **get_form(again(made), action, **changes))


def waiting(day: Day) -> Page:
    made = page(day)
    save(day.editor, made, "submit", title="Kanarina 2")
    return again(made)


# ---- pages ----


@act("cms.create", "editor", "wagtailadmin_pages:add")
def make_a_page(day: Day, me: Staff) -> Any:
    home = HomePage.objects.get(locale__language_code="sq")
    given = get_form(ArticlePage(title="Kanarina", slug=f"faqe-{day.number()}", intro="Kanarina"))
    me.post("wagtailadmin_pages:add", "content", "articlepage", home.pk, **given)
    return ArticlePage.objects.latest("pk")


@act("cms.edit", "editor", "wagtailadmin_pages:edit")
def save_a_page(day: Day, me: Staff) -> Any:
    made = page(day)
    save(me, made, title="Kanarina 2")
    return made


@act("cms.workflow.start", "editor", "wagtailadmin_pages:edit")
def submit_a_page(day: Day, me: Staff) -> Any:
    return waiting(day)


@act("cms.workflow.cancel", "editor", "wagtailadmin_pages:edit")
def withdraw_a_page(day: Day, me: Staff) -> Any:
    made = waiting(day)
    save(me, made, "cancel-workflow")
    return made


@act("cms.workflow.reject", "editor2", "review:decide")
def send_a_page_back(day: Day, me: Staff) -> Any:
    made = waiting(day)
    me.post("review:decide", made.current_workflow_task_state.pk, action="reject", comment="Kanarina")
    return made


@act("page.approved", "editor2", "review:decide")
def approve_a_page(day: Day, me: Staff) -> Any:
    made = waiting(day)
    me.post("review:decide", made.current_workflow_task_state.pk, action="approve")
    return "page", made.pk


@act("cms.publish", "editor2", "review:decide")
def publish_a_page(day: Day, me: Staff) -> Any:
    made = waiting(day)
    me.post("review:decide", made.current_workflow_task_state.pk, action="approve")
    return made


@act("cms.workflow.reject", "editor2", "wagtailadmin_pages:workflow_action")
def send_a_page_back_by_its_own_screen(day: Day, me: Staff) -> Any:
    made = waiting(day)
    state = made.current_workflow_task_state
    me.post("wagtailadmin_pages:workflow_action", made.pk, "reject", state.pk, comment="Kanarina")
    return made


@act("cms.unpublish", "editor", "wagtailadmin_pages:unpublish")
def unpublish_a_page(day: Day, me: Staff) -> Any:
    made = page(day)
    me.post("wagtailadmin_pages:unpublish", made.pk)
    return made


@act("cms.delete", "editor", "wagtailadmin_pages:delete")
def delete_a_draft(day: Day, me: Staff) -> Any:
    made = page(day, live=False)
    me.post("wagtailadmin_pages:delete", made.pk)
    return made


@act("cms.move", "editor", "wagtailadmin_pages:move_confirm")
def move_a_page(day: Day, me: Staff) -> Any:
    made, other = page(day), page(day)
    me.post("wagtailadmin_pages:move_confirm", made.pk, other.pk)
    return made


@act("cms.reorder", "editor", "wagtailadmin_pages:set_page_position")
def put_a_page_elsewhere_in_its_row(day: Day, me: Staff) -> Any:
    made = page(day)
    me.send(f"{reverse('wagtailadmin_pages:set_page_position', args=[made.pk])}?position=0")
    return "page", made.pk


@act("cms.copy", "editor", "wagtailadmin_pages:copy")
def copy_a_page(day: Day, me: Staff) -> Any:
    made = page(day)
    me.fill("wagtailadmin_pages:copy", made.pk, new_title="Kanarina 3", new_slug=f"kopje-{day.number()}")
    return ArticlePage.objects.latest("pk")


@act("cms.view_restriction.create", "editor", "wagtailadmin_pages:set_privacy")
def close_a_page(day: Day, me: Staff) -> Any:
    made = page(day)
    me.post("wagtailadmin_pages:set_privacy", made.pk, restriction_type="login")
    return made


@act("cms.view_restriction.delete", "editor", "wagtailadmin_pages:set_privacy")
def open_a_page(day: Day, me: Staff) -> Any:
    made = close_a_page(day, me)
    me.post("wagtailadmin_pages:set_privacy", made.pk, restriction_type="none")
    return made


@act("cms.lock", "editor", "wagtailadmin_pages:lock")
def lock_a_page(day: Day, me: Staff) -> Any:
    made = page(day)
    me.post("wagtailadmin_pages:lock", made.pk)
    return made


@act("cms.unlock", "editor", "wagtailadmin_pages:unlock")
def unlock_a_page(day: Day, me: Staff) -> Any:
    made = lock_a_page(day, me)
    me.post("wagtailadmin_pages:unlock", made.pk)
    return made


@act("cms.revert", "editor", "wagtailadmin_pages:revisions_revert")
def put_a_pages_revision_back(day: Day, me: Staff) -> Any:
    made = page(day)
    first = made.latest_revision
    save(me, made, title="Kanarina 2")
    given = get_form(again(made), title="Kanarina", revision=first.pk)
    me.post("wagtailadmin_pages:revisions_revert", made.pk, first.pk, **given)
    return made


@act("cms.schedule.cancel", "editor", "wagtailadmin_pages:revisions_unschedule")
def take_a_schedule_back(day: Day, me: Staff) -> Any:
    made = page(day)
    revision = made.save_revision(approved_go_live_at=timezone.now() + timedelta(days=3))
    me.post("wagtailadmin_pages:revisions_unschedule", made.pk, revision.pk)
    return made


@act("page.deletion_asked", "editor", "review:delete")
def ask_to_delete_a_page(day: Day, me: Staff) -> Any:
    made = page(day)
    me.post("review:delete", made.pk, action="ask", why="Kanarina")
    return "page", made.pk


@each_of((("end", "page.deletion_refused"), ("delete", "page.deleted")))
def _deleting(given: tuple[str, str]) -> None:
    action, what = given

    @act(what, "editor2", "review:delete")
    def decide_about_a_deletion(day: Day, me: Staff) -> Any:
        kind, pk = ask_to_delete_a_page(day, day.editor)
        me.post("review:delete", pk, action=action)
        return kind, pk


def deleted(day: Day) -> Any:
    return put_aside(page=page(day), by=day.editor.user)


@each_of((("restore", "page.restored"), ("ask", "page.erasure_asked")))
def _restoring(given: tuple[str, str]) -> None:
    action, what = given

    @act(what, "editor", "review:deleted")
    def decide_about_a_deleted_page(day: Day, me: Staff) -> Any:
        found = deleted(day)
        me.post("review:deleted", action="restore" if action == "restore" else f"{action}:{found.pk}", pk=[found.pk])
        return "page", found.page_id


@each_of((("keep", "page.erasure_refused"), ("erase", "page.erased")))
def _erasing(given: tuple[str, str]) -> None:
    action, what = given

    @act(what, "editor2", "review:deleted")
    def decide_about_erasing(day: Day, me: Staff) -> Any:
        found = deleted(day)
        day.editor.post("review:deleted", action=f"ask:{found.pk}")
        me.post("review:deleted", action=f"{action}:{found.pk}")
        return "page", found.page_id


@each_of(("unpublish", "move", "delete"))
def _bulk(what: str) -> None:
    @act(f"cms.{what}", "editor", "wagtail_bulk_action")
    def do_it_with_several_pages(day: Day, me: Staff) -> Any:
        made = page(day, live=what != "delete")
        address = reverse("wagtail_bulk_action", args=["wagtailcore", "page", what])
        me.send(f"{address}?id={made.pk}", chooser=page(day).pk)
        return ("articlepage" if what == "delete" else "page"), made.pk

    do_it_with_several_pages.__name__ += f"_{what}"


# ---- translations ----


def translation(day: Day) -> Translation:
    made = page(day)
    locale = Locale.objects.get(language_code="en")
    day.editor.post("wagtail_localize:submit_page_translation", made.pk, locales=[locale.pk])
    return Translation.objects.get(source__object_id=made.translation_key, target_locale=locale)


@act("cms.copy_for_translation", "editor", "wagtail_localize:submit_page_translation")
def begin_a_translation(day: Day, me: Staff) -> Any:
    found = translation(day)
    return "articlepage", found.get_target_instance().pk


@act("translation.begun", "editor", "wagtail_localize:submit_snippet_translation")
def begin_a_translation_of_a_word(day: Day, me: Staff) -> Any:
    made = GlossaryTerm.objects.create(
        locale=Locale.objects.get(language_code="sq"), term="Kanarina", slug=f"fjala-{day.number()}", definition="X"
    )
    english = Locale.objects.get(language_code="en")
    route = "wagtail_localize:submit_snippet_translation"
    me.post(route, "content", "glossaryterm", str(made.pk), locales=[english.pk])
    return made


@act("cms.convert_alias", "editor", "wagtailadmin_pages:convert_alias")
def make_an_alias_a_page_of_its_own(day: Day, me: Staff) -> Any:
    alias = page(day).create_alias(update_slug=f"alias-{day.number()}")
    me.post("wagtailadmin_pages:convert_alias", alias.pk)
    return "articlepage", alias.pk


@act("translation.sentence_saved", "editor", "wagtail_localize:edit_string_translation")
def translate_a_sentence(day: Day, me: Staff) -> Any:
    found = translation(day)
    segment = StringSegment.objects.filter(source=found.source).first()
    address = reverse("wagtail_localize:edit_string_translation", args=[found.pk, segment.pk])
    answer = me.client.put(address, "value=Kanarina", content_type="application/x-www-form-urlencoded")
    assert answer.status_code in TAKEN, answer.content
    me.note(answer)
    return found


@act("translation.sentence_removed", "editor", "wagtail_localize:edit_string_translation")
def take_a_sentence_back(day: Day, me: Staff) -> Any:
    found = translate_a_sentence(day, me)
    segment = StringSegment.objects.filter(source=found.source).first()
    answer = me.client.delete(reverse("wagtail_localize:edit_string_translation", args=[found.pk, segment.pk]))
    me.note(answer)
    return found


@act("translation.file_uploaded", "editor", "wagtail_localize:upload_pofile")
def upload_a_po_file(day: Day, me: Staff) -> Any:
    found = translation(day)
    file = SimpleUploadedFile("en.po", str(found.export_po()).encode(), "text/x-gettext-translation")
    me.post("wagtail_localize:upload_pofile", found.pk, file=file, next=reverse("wagtailadmin_home"))
    return found


@act("translation.stopped", "editor", "wagtail_localize:stop_translation")
def stop_a_translation(day: Day, me: Staff) -> Any:
    found = translation(day)
    me.post("wagtail_localize:stop_translation", found.pk, next=reverse("wagtailadmin_home"))
    return found


@act("translation.updated", "editor", "wagtail_localize:update_translations")
def fetch_what_is_new(day: Day, me: Staff) -> Any:
    found = translation(day)
    me.post("wagtail_localize:update_translations", found.source_id)
    return "translation_source", found.source_id


@act("cms.workflow.start", "editor", "review:submit_translation")
def submit_a_translation(day: Day, me: Staff) -> Any:
    found = translation(day)
    target = found.get_target_instance()
    me.post("review:submit_translation", target.pk)
    return "articlepage", target.pk
