"""Forms out as canonical JSON and in again."""

import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from hypothesis import HealthCheck, given, settings

from audit.models import AuditEntry

from .. import canonical
from ..actions import publish_form, save_definition
from ..models import FormDefinition
from ..transfer import NotReadable, read_definition
from .coordinators import Person
from .samples import sample
from .strategies import definitions

pytestmark = pytest.mark.usefixtures("in_english")


def upload(who: Person, content: bytes, **more: str) -> Any:
    return who.post("import/", file=SimpleUploadedFile("form.json", content), **more)


def test_what_goes_out_comes_in_byte_for_byte(sample_form: FormDefinition, ana: Person) -> None:
    content = ana.get(f"{sample_form.pk}/export.json").content
    assert content == canonical.dump(sample()).encode()
    FormDefinition.objects.all().delete()

    response = upload(ana, content)

    form = FormDefinition.objects.get()
    assert response.url == f"/cms/forms/edit/{form.pk}/"
    assert ana.get(f"{form.pk}/export.json").content == content
    assert AuditEntry.objects.get(action="form.made").detail == {"form": "sample", "origin": "json"}


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(definition=definitions())
def test_any_form_survives_the_way_out_and_in(db: None, definition: dict[str, Any]) -> None:
    text = canonical.dump(definition)
    form = save_definition(key=definition["key"], definition=read_definition(text.encode()))
    assert canonical.dump(FormDefinition.objects.get(pk=form.pk).working_copy()) == text


def test_a_version_of_another_installation_comes_in_too(sample_form: FormDefinition, ana: Person) -> None:
    publish_form(form=sample_form)
    content = ana.get(f"{sample_form.pk}/versions/1.json").content

    assert upload(ana, content.replace(b'"key":"sample"', b'"key":"other"')).status_code == 302
    assert FormDefinition.objects.get(key="other").working_copy() == sample() | {"key": "other"}


def test_places_are_named_and_nothing_is_saved(ana: Person) -> None:
    bent = sample()
    bent["sections"][0]["items"][0]["colour"] = "red"
    del bent["sections"][1]["items"][0]["label"]

    response = upload(ana, json.dumps(bent).encode())

    page = response.content.decode()
    assert response.status_code == 422
    assert "Nothing was imported" in page
    assert "/sections/0/items/0/colour" in page
    assert "place › municipality" in page
    assert "/sections/1/items/0/label" in page
    assert not FormDefinition.objects.exists()


def test_a_key_that_is_taken_is_refused_or_becomes_the_draft(sample_form: FormDefinition, ana: Person) -> None:
    publish_form(form=sample_form)
    changed = json.dumps(sample() | {"kind": "tip"}).encode()

    assert "Another form has this key." in upload(ana, changed).content.decode()
    assert FormDefinition.objects.get().working_copy()["kind"] == "identification"

    assert upload(ana, changed, as_draft="on").status_code == 302
    form = FormDefinition.objects.get()
    assert (form.working_copy()["kind"], form.definition["kind"]) == ("tip", "identification")
    assert AuditEntry.objects.get(action="form.draft_replaced").detail == {"form": "sample", "origin": "json"}


def test_what_waits_for_approval_is_not_replaced(sample_form: FormDefinition, ana: Person) -> None:
    ana.submit(sample_form)

    response = upload(ana, json.dumps(sample() | {"kind": "tip"}).encode(), as_draft="on")

    assert "locked or awaiting approval" in response.content.decode()
    assert FormDefinition.objects.get().working_copy()["kind"] == "identification"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\xff\xfe", "The file is not UTF-8."),
        (b'{"a": 1,}', "The file is not JSON: line 1, column"),
        (b'{"a": 1, "a": 2}', "“a” appears twice in one object."),
        (b'{"a": NaN}', "“NaN” is not a number in JSON."),
        (b'{"a": ' + b"9" * 5000 + b"}", "The file is not JSON."),
        (b"[" * 200_000, "The file is nested too deep."),
    ],
)
def test_a_file_that_is_no_form_is_refused_in_words(ana: Person, content: bytes, words: str) -> None:
    with pytest.raises(NotReadable, match=words.replace(".", r"\.").replace("“", ".").replace("”", ".")):
        read_definition(content)
    response = upload(ana, content)
    assert response.status_code == 422
    assert words in response.content.decode()


@pytest.mark.parametrize("content", [b"", b"5", b"null", b"[]", b'"x"', b"{}", b'{"key": 5}', b'{"key": ["x"]}'])
def test_json_that_is_no_form_is_refused(ana: Person, content: bytes) -> None:
    assert upload(ana, content).status_code == 422
    assert upload(ana, content, as_draft="on").status_code == 422
    assert not FormDefinition.objects.exists()


def test_a_file_too_large_is_refused_before_it_is_read(ana: Person) -> None:
    assert "too large" in upload(ana, b" " * 2_100_000).content.decode()


def test_no_file_is_an_error_beside_the_field(ana: Person) -> None:
    assert "This field is required." in ana.post("import/").content.decode()
