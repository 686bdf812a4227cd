"""Wagtail's own settings would go round every approval: no role reaches the site's root, workflows, locales,
collections and their privacy, users or groups."""

import pytest
from django.test import Client
from django.urls import reverse
from wagtail.models import Collection, Locale, Site, Task, Workflow

from access.models import Assignment, Region, User
from access.staff.groups import follow_roles
from case_forms.submissions.seeding.reference import seed_groups
from content.review.seeding import seed_review

pytestmark = pytest.mark.django_db
ROLES = ("editor", "coordinator", "operator", "auditor")


@pytest.fixture(params=ROLES)
def client(request) -> Client:
    seed_groups()
    seed_review()
    user = User.objects.create(username=request.param)
    region = Region.objects.create(slug="r", name="R", iso_code="AL-99") if request.param == "coordinator" else None
    Assignment.objects.create(user=user, role=request.param, region=region)
    follow_roles(user)
    signed_in = Client()
    signed_in.force_login(user)
    return signed_in


def addresses() -> list[str]:
    site, workflow, task = Site.objects.first(), Workflow.objects.first(), Task.objects.first()
    locale = Locale.objects.first() or Locale.objects.create(language_code="sq")
    collection = Collection.get_first_root_node().add_child(name="C")
    return [
        reverse("wagtailsites:edit", args=[site.pk]),
        reverse("wagtailsites:delete", args=[site.pk]),
        reverse("wagtailsites:add"),
        reverse("wagtailadmin_workflows:edit", args=[workflow.pk]),
        reverse("wagtailadmin_workflows:disable", args=[workflow.pk]),
        reverse("wagtailadmin_workflows:add"),
        reverse("wagtailadmin_workflows:edit_task", args=[task.pk]),
        reverse("wagtailadmin_workflows:disable_task", args=[task.pk]),
        reverse("wagtaillocales:edit", args=[locale.pk]),
        reverse("wagtaillocales:delete", args=[locale.pk]),
        reverse("wagtailadmin_collections:edit", args=[collection.pk]),
        reverse("wagtailadmin_collections:delete", args=[collection.pk]),
        reverse("wagtailadmin_collections:set_privacy", args=[collection.pk]),
        "/cms/groups/new/",
        "/cms/users/new/",
    ]


def test_no_role_changes_what_wagtail_itself_is_set_to(client: Client):
    before = _all_of_it()
    for address in addresses():
        for answer in (client.get(address), client.post(address, {"name": "x", "hostname": "evil.example"})):
            assert answer.status_code in (302, 403, 404), (address, answer.status_code)
            assert answer.status_code != 302 or "/cms/" in answer.headers["Location"], address
    assert _all_of_it() == before


def _all_of_it() -> list:
    return [list(model.objects.order_by("pk").values()) for model in (Site, Workflow, Task, Locale)]
