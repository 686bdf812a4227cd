"""A file whose question is gone in the newer version that its draft moves to."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone

from case_forms.form_builder.actions import publish_form, save_definition
from case_forms.form_builder.models import FormVersion
from case_forms.submissions.models import Attachment, Draft, Submission
from case_forms.submissions.tests.page import Page, follow
from sanitizer.tests import samples

from .conftest import photo_form
from .test_pages import upload

pytestmark = pytest.mark.django_db


@pytest.fixture
def moved(phone: Client, form: FormVersion, folder: Path) -> Draft:
    """A draft with a file, moved to a version that asks for no passport."""
    page = follow(phone, phone.post("/field/forms/photos/start/"))
    page.press("save", passport=upload(samples.jpeg()), remark="hello")
    definition = photo_form()
    definition["sections"][0]["items"].pop(1)
    publish_form(form=save_definition(key="photos", definition=definition))
    draft = Draft.objects.get()
    phone.post(f"/field/drafts/{draft.pk}/newer-version/", {"version": 2})
    return Draft.objects.get()


def test_it_can_still_be_opened_from_where_the_form_is_looked_over(phone: Client, moved: Draft) -> None:
    kept = Attachment.objects.get()
    review = Page(phone, phone.get(f"/field/drafts/{moved.pk}/"))
    link = review.soup.select_one("[aria-labelledby=left-over] a.answer-file")
    assert link is not None
    assert str(kept.pk) in str(link["href"])
    assert phone.get(str(link["href"])).status_code == 200


def test_it_makes_no_room_for_other_files(phone: Client, moved: Draft) -> None:
    left = Attachment.objects.get()
    Attachment.objects.update(uploaded_at=timezone.now() - timedelta(days=1))
    page = Page(phone, phone.get(f"/field/drafts/{moved.pk}/papers/"))
    page.press("save", scan=upload(samples.pdf(), "a.pdf"))
    assert Attachment.objects.filter(pk=left.pk).exists()


def test_it_goes_when_the_form_is_sent(phone: Client, moved: Draft) -> None:
    phone.post(f"/field/drafts/{moved.pk}/")
    assert Submission.objects.get().answers == {"remark": "hello"}
    assert not Attachment.objects.exists()
