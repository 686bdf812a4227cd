"""Editors in front of the admin, as they are in an installation: two of them, each may write and approve."""

import json
from typing import Any

from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse
from wagtail.models import Page

from access.models import Assignment, StaffRole, User
from case_forms.submissions.seeding.reference import seed_groups

from ..models import ArticlePage, HomePage
from ..review.seeding import seed_review
from .seeded import SeededTest


class Editor:
    """One person with a browser."""

    def __init__(self, name: str, *groups: str, role: str = StaffRole.EDITOR, **fields: Any) -> None:
        self.user = User.objects.create_user(name, f"{name}@vatra.example", "x", language="en", **fields)
        Assignment.objects.create(user=self.user, role=role)
        self.user.groups.set(Group.objects.filter(name__in=groups or ("Editors", "Moderators")))
        self.client = Client()
        self.client.force_login(self.user)

    def get(self, name: str, *args: Any, **query: Any) -> Any:
        return self.client.get(reverse(name, args=args), query)

    def post(self, name: str, *args: Any, **data: Any) -> Any:
        return self.client.post(reverse(name, args=args), data)

    def text(self, name: str, *args: Any, **query: Any) -> str:
        response = self.get(name, *args, **query)
        assert response.status_code == 200, (name, response.status_code)
        return response.content.decode()

    def save(self, page: Page, *, action: str = "", **changes: Any) -> Any:
        """Posts the editing form as the browser would, with what is in the newest draft and `changes`."""
        return self.client.post(reverse("wagtailadmin_pages:edit", args=[page.pk]), get_form(page, action, **changes))


def get_form(page: Page, action: str = "", **changes: Any) -> dict[str, Any]:
    """The fields of an article's editing form; its body has one text, `text`."""
    newest = page.get_latest_revision_as_object() if page.pk else page
    data = {
        "title": newest.title,
        "slug": newest.slug,
        "seo_title": newest.seo_title,
        "search_description": newest.search_description,
        "intro": newest.intro,
        "sources": "null",
        "change_note": newest.change_note,
        "is_listed": "on",
        "body-count": "1",
        "body-0-deleted": "",
        "body-0-order": "0",
        "body-0-type": "rich_text",
        "body-0-id": "",
        "body-0-value": rich(changes.pop("text", "Një fjali.")),
        "comments-TOTAL_FORMS": "0",
        "comments-INITIAL_FORMS": "0",
        "comments-MIN_NUM_FORMS": "0",
        "comments-MAX_NUM_FORMS": "",
        "go_live_at": "",
        "expire_at": "",
    }
    if action:
        data[f"action-{action}"] = "yes"
    return data | changes


def rich(text: str) -> str:
    """A paragraph as Draftail posts it."""
    block = {
        "key": "aaaaa", "text": text, "type": "unstyled", "depth": 0, "inlineStyleRanges": [], "entityRanges": []
    }  # fmt: skip
    return json.dumps({"blocks": [block], "entityMap": {}})


class EditorsTest(SeededTest):
    """The seeded site with the rights and the workflow of an installation, and Ana and Besa, two editors."""

    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        seed_groups()
        seed_review()

    def setUp(self) -> None:
        super().setUp()
        self.ana, self.besa = Editor("ana"), Editor("besa")
        self.home = HomePage.objects.get(locale__language_code="sq")
        self.article = self.new_article()

    def new_article(self, **fields: Any) -> Page:
        """A page that readers see, written by nobody in particular."""
        values = {"title": "Provë", "slug": "prove", "intro": "Hyrje.", "body": [("rich_text", "<p>Një fjali.</p>")]}
        page = self.home.add_child(instance=ArticlePage(**{**values, **fields}))
        page.save_revision().publish()
        return ArticlePage.objects.get(pk=page.pk)

    def again(self, page: Page) -> Page:
        return Page.objects.get(pk=page.pk).specific
