"""The page of a form's versions, comparing them, and taking one up again."""

import hashlib
import uuid

import pytest
from django.contrib.auth import get_user_model
from django.db.models import ProtectedError
from django.utils import timezone

from access.models import MobileUnit, Region
from audit.models import AuditEntry
from case_forms.submissions.models import Draft, Submission

from ..actions import publish_form, save_definition
from ..models import FormDefinition, FormVersion
from .coordinators import Person
from .samples import sample

RENAME = {"op": "replace", "path": "/title/en", "value": "Renamed"}


@pytest.fixture
def two_versions(sample_form: FormDefinition, ana: Person, besa: Person) -> FormDefinition:
    publish_form(form=sample_form)
    changed = sample()
    changed["title"]["en"] = "Second"
    changed["sections"][0]["items"][1]["label"]["en"] = "When it was"
    form = save_definition(key="sample", definition=changed, by=ana.user)
    publish_form(form=form, by=besa.user, submitted_by=ana.user)
    return FormDefinition.objects.get()


def test_the_page_says_who_published_and_who_submitted(two_versions: FormDefinition, ana: Person) -> None:
    page = ana.get(f"{two_versions.pk}/versions/").content.decode()

    assert page.index("Version 2") < page.index("Version 1")
    assert "approved by Besa" in page
    assert "submitted by Ana" in page
    assert "came with the programme" in page
    assert "The draft is the same as version 2." in page


def test_each_version_says_how_much_is_filled_on_it(two_versions: FormDefinition, ana: Person) -> None:
    region = Region.objects.get()
    unit = MobileUnit.objects.create(slug="north", name="North", region=region)
    first, second = two_versions.versions.order_by("number")
    where = {"unit": unit, "owner": ana.user}
    Draft.objects.create(form_version=first, **where)
    Draft.objects.create(form_version=first, submitted_at=timezone.now(), **where)
    for _number in range(2):
        Submission.objects.create(
            id=uuid.uuid4(),
            form_version=first,
            unit=unit,
            submitted_by=ana.user,
            occurred_at=timezone.now(),
            answers={},
        )

    rows = ana.get(f"{two_versions.pk}/versions/").context["rows"]

    assert [(row.version, row.submissions, row.open_drafts) for row in rows] == [(second, 0, 0), (first, 2, 1)]
    assert ana.get("").context["object_list"][0].submissions == 2


def test_two_versions_are_compared_in_the_readers_language(two_versions: FormDefinition, ana: Person) -> None:
    page = ana.get(f"{two_versions.pk}/versions/compare/", **{"from": "1", "to": "2"}).content.decode()

    assert "Form changed" in page
    assert "Question changed" in page
    assert "<del>seen_on</del>" in page
    assert "<ins>When it was</ins>" in page
    ana.user.language = "sq"
    ana.user.save()
    albanian = ana.get(f"{two_versions.pk}/versions/compare/", **{"from": "1", "to": "2"})
    assert albanian.status_code == 200


def test_the_draft_is_compared_with_the_newest_version(two_versions: FormDefinition, ana: Person) -> None:
    ana.save(two_versions, RENAME)

    context = ana.get(f"{two_versions.pk}/versions/compare/").context

    assert (context["old"].name, context["new"].name) == ("2", "draft")
    assert [(each.change, each.what) for each in context["found"]] == [("changed", "form")]
    assert "The draft is different from version 2." in ana.get(f"{two_versions.pk}/versions/").content.decode()


def test_wagtails_history_leads_to_the_same_comparison(two_versions: FormDefinition, ana: Person) -> None:
    first, second = two_versions.revisions.order_by("pk").values_list("pk", flat=True)
    for sides in (f"{first}...{second}", "earliest...latest", f"live...{first}"):
        context = ana.get(f"history/{two_versions.pk}/revisions/compare/{sides}/").context
        assert {(each.change, each.what) for each in context["found"]} == {("changed", "form"), ("changed", "question")}


@pytest.mark.parametrize("side", ["9", "x", "-1", "revision:", "revision:x", "revision:0", "9" * 30, "²"])
def test_a_side_that_is_not_there_is_not_found(two_versions: FormDefinition, ana: Person, side: str) -> None:
    assert ana.get(f"{two_versions.pk}/versions/compare/", **{"from": side}).status_code == 404


def test_a_version_becomes_the_draft_again(two_versions: FormDefinition, ana: Person) -> None:
    before = FormVersion.objects.count()

    response = ana.post(f"{two_versions.pk}/versions/1/restore/")

    assert response.status_code == 302
    form = FormDefinition.objects.get()
    assert form.working_copy() == sample()
    assert form.definition["title"]["en"] == "Second"  # in use is what was
    assert FormVersion.objects.count() == before
    assert AuditEntry.objects.get(action="form.restored").detail == {"form": "sample", "number": 1}


def test_nothing_is_restored_while_the_form_waits(two_versions: FormDefinition, ana: Person) -> None:
    ana.save(two_versions, RENAME)
    ana.submit(two_versions)

    page = ana.client.get(ana.post(f"{two_versions.pk}/versions/1/restore/").url).content.decode()

    assert "Nothing was restored" in page
    assert "Restore as the draft" not in page
    assert FormDefinition.objects.get().working_copy()["title"]["en"] == "Renamed"


def test_looking_at_a_restore_address_restores_nothing(two_versions: FormDefinition, ana: Person) -> None:
    assert ana.get(f"{two_versions.pk}/versions/1/restore/").status_code == 405


def test_a_version_is_downloaded_as_the_bytes_its_sha256_is_over(two_versions: FormDefinition, ana: Person) -> None:
    response = ana.get(f"{two_versions.pk}/versions/1.json")

    assert hashlib.sha256(response.content).hexdigest() == FormVersion.objects.get(number=1).sha256
    assert response["Content-Disposition"] == 'attachment; filename="sample-v1.json"'
    assert ana.get(f"{two_versions.pk}/versions/9.json").status_code == 404


def test_a_form_without_versions_says_so(sample_form: FormDefinition, ana: Person) -> None:
    assert "Nothing of this form has been published yet." in ana.get(f"{sample_form.pk}/versions/").content.decode()
    assert ana.get(f"{sample_form.pk}/versions/compare/").status_code == 200


def test_who_published_cannot_be_deleted(two_versions: FormDefinition, ana: Person, besa: Person) -> None:
    for person in (ana, besa):
        user = get_user_model().objects.get(pk=person.user.pk)
        with pytest.raises(ProtectedError):
            user.delete()
