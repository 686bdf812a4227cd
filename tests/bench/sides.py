"""The two sides of the forms bench. Each step is what one request does of it, without the middleware."""

import time
import uuid
from typing import Any

from django.contrib.sessions.backends.db import SessionStore
from django.core.management import call_command
from django.http import HttpResponse, QueryDict
from django.test import RequestFactory
from django.utils import timezone, translation
from wagtail.models import Page

from access.models import User
from case_forms.form_builder.actions import publish_form, save_definition
from case_forms.form_builder.models import FormVersion
from case_forms.form_builder.sources import Lists
from case_forms.submissions.drafts.typed_values import typed_in
from case_forms.submissions.models import Draft, Submission
from case_forms.submissions.validation.validate import check_answers
from case_forms.submissions.views import filling
from tests.world.places import make_place, make_unit_with_worker

from .contrib_form.models import ContribField, ContribForm
from .questions import LETTERS, answers, asked, form, posted


def prepare() -> None:
    """A database with tables and nothing else; pages in English."""
    call_command("migrate", verbosity=0)
    translation.activate("en")


def publish() -> float:
    """Publishes the long form; gives the seconds it took."""
    saved = save_definition(key="bench_1", definition=form())
    begun = time.perf_counter()
    publish_form(form=saved)
    return time.perf_counter() - begun


class Ours:
    """One section of 250 questions, through the functions that the page's view calls."""

    key = "bench_1"
    post = posted()

    def __init__(self) -> None:
        unit, worker = make_unit_with_worker(make_place())
        version = self.load()
        self.draft = Draft.objects.create(
            form_version=version, unit=unit, owner=worker, answers=answers(), section="s0", language="en"
        )
        self.request = RequestFactory().get("/field/")
        self.request.user = worker
        self.request.session = SessionStore()
        self.version = version
        self.checked = self.validate()

    def load(self) -> FormVersion:
        version = FormVersion.objects.select_related("form").get(form__key=self.key)
        assert version.parsed_form.sections
        self.version = version
        return version

    def render(self) -> None:
        self.draft.form_version = self.version
        page = filling._page(self.draft, "s0", self.draft.answers)
        assert b"q-q1" in filling._shown(self.request, self.draft, page).content

    def validate(self) -> dict[str, Any]:
        typed = typed_in(self.version.parsed_form.sections[0], _query(self.post))
        checked = check_answers(
            self.version.parsed_form,
            {**self.draft.answers, **typed},
            sources=Lists(),
            today=timezone.localdate(),
            occurred_on=timezone.localdate(),
            language="en",
            strict=False,
        )
        assert checked.ok, checked.errors
        assert len(checked.answers) == len(self.post)
        self.checked = checked.answers
        return checked.answers

    def store(self) -> None:
        Submission(
            id=uuid.uuid4(),
            form_version=self.version,
            unit=self.draft.unit,
            submitted_by=self.draft.owner,
            occurred_at=timezone.now(),
            answers=self.checked,
            fingerprint="x",
        ).save(force_insert=True)


class OursBySection(Ours):
    """The same questions in ten sections, as a form like this is built: one page has 25 of them."""

    key = "bench_10"

    def __init__(self) -> None:
        publish_form(form=save_definition(key=self.key, definition=form(sections=10)))
        super().__init__()


class Contrib:
    """Wagtail's form page with the same fields, its class built in `load`."""

    post = posted()

    def __init__(self) -> None:
        page = ContribForm(title="A long form", slug="long")
        for number, (key, type_name, _more, field, _answer) in enumerate(asked()):
            choices = "\n".join(LETTERS) if type_name.startswith("select") else ""
            field_of = ContribField(
                sort_order=number, label=f"Question {key}", clean_name=key, field_type=field, required=False
            )
            field_of.choices, field_of.help_text = choices, "A hint."
            page.form_fields.add(field_of)
        Page.get_first_root_node().add_child(instance=page)
        self.pk = page.pk
        self.user = User.objects.create_user(username="filler")
        self.request = RequestFactory().get("/")
        self.request.user = self.user
        self.load()
        self.validate()

    def load(self) -> None:
        self.page = ContribForm.objects.get(pk=self.pk)
        self.form_class = self.page.get_form_class()

    def render(self) -> None:
        shown = self.form_class(initial=answers(), page=self.page, user=self.user)
        context = {**self.page.get_context(self.request), "form": shown}
        response = _rendered(self.request, self.page.get_template(self.request), context)
        assert b"id_q1" in response.content

    def validate(self) -> None:
        self.form = self.form_class(_query(self.post), page=self.page, user=self.user)
        assert self.form.is_valid(), self.form.errors

    def store(self) -> None:
        self.page.process_form_submission(self.form)


def _rendered(request: Any, template: str, context: dict[str, Any]) -> HttpResponse:
    from django.shortcuts import render

    return render(request, template, context)


def _query(fields: dict[str, Any]) -> QueryDict:
    """What a browser sent, read from its body as for any request."""
    query = QueryDict(mutable=True)
    for key, value in fields.items():
        query.setlist(key, value if isinstance(value, list) else [str(value)])
    return query
