"""The page of the outline: what it is given, what it saves, and what happens when two save."""

import json

import pytest
from django.test import Client

from access.models import StaffRole

from ..actions import publish_form
from ..edits import compute_sha
from ..models import FormDefinition
from .coordinators import FORMS, Person, get_base, person
from .samples import sample

RENAME = {"op": "replace", "path": "/title/en", "value": "Renamed"}
RETITLE = {"op": "replace", "path": "/title/sq", "value": "Tjetër"}


def working_copy(form: FormDefinition) -> dict:
    return FormDefinition.objects.get(pk=form.pk).working_copy()


def test_the_page_holds_the_definition_its_problems_and_its_base(sample_form: FormDefinition, ana: Person) -> None:
    context = ana.get(f"edit/{sample_form.pk}/").context

    assert context["outline_definition"] == sample()
    assert context["outline_settings"]["base"] == compute_sha(sample())
    assert context["outline_settings"]["readOnly"] is False
    assert context["outline_problems"] == []
    assert context["outline_catalogue"]["types"]


def test_an_autosave_sends_changes_and_gets_the_new_base(sample_form: FormDefinition, ana: Person) -> None:
    first = ana.autosave(sample_form, RENAME).json()
    assert first["success"]
    assert first["base"] == get_base(sample_form)

    second = ana.autosave(
        sample_form, RETITLE, base=first["base"], overwrite_revision_id=str(first["revision_id"])
    ).json()

    assert second["revision_id"] == first["revision_id"]  # one sitting, one revision
    assert working_copy(sample_form)["title"] == {"sq": "Tjetër", "en": "Renamed"}


def test_an_autosave_is_told_the_problems_it_leaves(sample_form: FormDefinition, ana: Person) -> None:
    bend = {"op": "replace", "path": "/sections/0/items/0/type", "value": "telepathy"}

    problems = ana.autosave(sample_form, bend).json()["problems"]

    assert [(p["code"], p["item"], p["where"]) for p in problems] == [
        ("unknown_type", "municipality", "place › municipality")
    ]


def test_a_half_done_question_is_kept_and_named(sample_form: FormDefinition, ana: Person) -> None:
    empty = {"item": "question", "key": "q", "type": "text", "label": {"sq": ""}, "sensitivity": "personal"}

    answer = ana.autosave(sample_form, {"op": "add", "path": "/sections/0/items/-", "value": empty})

    assert answer.status_code == 200
    assert answer.json()["problems"][0]["item"] == "q"
    assert working_copy(sample_form)["sections"][0]["items"][-1] == empty
    assert ana.get(f"edit/{sample_form.pk}/").status_code == 200
    assert ana.get("").status_code == 200


def test_who_saves_over_somebody_is_stopped_and_nothing_is_written(
    sample_form: FormDefinition, ana: Person, besa: Person
) -> None:
    seen = get_base(sample_form)
    ana.autosave(sample_form, RENAME)

    answer = besa.autosave(sample_form, RETITLE, base=seen)

    assert (answer.status_code, answer.json()["error_code"]) == (400, "invalid_revision")
    assert answer.json()["error_message"] == "Somebody else has saved this form in the meantime."
    assert working_copy(sample_form)["title"] == {"sq": "Sample (sq)", "en": "Renamed"}


def test_the_one_who_was_overtaken_sees_theirs_and_may_keep_their_own(
    sample_form: FormDefinition, ana: Person, besa: Person
) -> None:
    ana.autosave(sample_form, RENAME)

    theirs = besa.get(f"{sample_form.pk}/current/").json()
    assert (theirs["by"], theirs["definition"]["title"]["en"]) == ("Ana", "Renamed")
    assert theirs["revision_id"] == FormDefinition.objects.get().latest_revision_id

    mine = sample() | {"title": {"sq": "E imja", "en": "Mine"}}
    sent = json.dumps({"base": theirs["base"], "definition": mine})
    response = besa.post(f"edit/{sample_form.pk}/", definition=sent)

    assert response.status_code == 302
    assert working_copy(sample_form) == mine
    kept = [revision.as_object().definition["title"]["en"] for revision in sample_form.revisions.order_by("pk")]
    assert kept == ["Sample", "Renamed", "Mine"]  # theirs stays in the history


def test_a_save_that_comes_between_reading_and_writing_is_noticed(
    sample_form: FormDefinition, ana: Person, besa: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    from .. import editing

    real = editing.edited
    seen = get_base(sample_form)

    def and_then_somebody_saves(now: dict, sent: str) -> dict:
        monkeypatch.setattr(editing, "edited", real)
        besa.autosave(sample_form, RETITLE)
        return real(now, sent)

    monkeypatch.setattr(editing, "edited", and_then_somebody_saves)
    answer = ana.autosave(sample_form, RENAME, base=seen)

    assert answer.json()["error_code"] == "invalid_revision"
    assert working_copy(sample_form)["title"] == {"sq": "Tjetër", "en": "Sample"}


def test_what_cannot_be_read_is_refused_in_words(sample_form: FormDefinition, ana: Person) -> None:
    answer = ana.autosave(sample_form, {"op": "remove", "path": "/sections/9"})

    assert (answer.status_code, answer.json()["error_code"]) == (400, "validation_error")
    assert answer.json()["error_message"] == "This changes a part that the form doesn't have."
    page = ana.save(sample_form, {"op": "remove", "path": "/key"})
    assert page.status_code == 200
    assert "The format and the key of a form can&#x27;t be changed." in page.content.decode()
    assert working_copy(sample_form) == sample()


def test_editing_a_published_form_leaves_what_is_published(sample_form: FormDefinition, ana: Person) -> None:
    version = publish_form(form=sample_form)

    ana.save(sample_form, RENAME)

    form = FormDefinition.objects.get()
    assert form.definition["title"]["en"] == "Sample"
    assert form.has_unpublished_changes
    assert form.working_copy()["title"]["en"] == "Renamed"
    assert form.newest_version() == version
    settings = ana.get(f"edit/{form.pk}/").context["outline_settings"]
    assert {"municipality", "companions", "companion_name"} <= set(settings["publishedKeys"])


def test_a_form_of_300_questions_is_saved_by_what_changed(sample_form: FormDefinition, ana: Person) -> None:
    many = [{**sample()["sections"][1]["items"][3], "key": f"q{number}"} for number in range(290)]
    sent = json.dumps({"base": get_base(sample_form), "definition": sample() | {"sections": [
        {"key": "many", "title": {"sq": "x", "en": "x"}, "items": many}]}})  # fmt: skip
    assert ana.post(f"edit/{sample_form.pk}/", definition=sent).status_code == 302

    change = {"op": "replace", "path": "/sections/0/items/200/label/en", "value": "Changed"}
    answer = ana.autosave(sample_form, change)

    assert answer.status_code == 200
    assert int(answer.request["CONTENT_LENGTH"]) < 1000


def test_an_earlier_revision_is_taken_up_again(sample_form: FormDefinition, ana: Person) -> None:
    first = sample_form.latest_revision_id
    ana.save(sample_form, RENAME)
    address = f"history/{sample_form.pk}/revisions/{first}/revert/"
    page = ana.get(address)
    assert page.context["outline_definition"] == sample()
    assert page.context["outline_settings"]["autosaves"] is False

    sent = json.dumps({"base": page.context["outline_settings"]["base"], "changes": [RETITLE]})
    ana.post(address, definition=sent)

    assert working_copy(sample_form)["title"] == {"sq": "Tjetër", "en": "Sample"}


@pytest.mark.parametrize("address", ["", "add/", "edit/{}/", "{}/versions/", "{}/current/", "import/", "history/{}/"])
def test_who_is_no_coordinator_finds_no_forms(sample_form: FormDefinition, address: str) -> None:
    operator = person("op", StaffRole.OPERATOR, is_superuser=True)

    assert operator.get(address.format(sample_form.pk)).status_code in (403, 404)
    assert Client().get(f"{FORMS}{address.format(sample_form.pk)}").status_code in (302, 403, 404)


def test_a_coordinator_without_the_rights_of_the_group_edits_nothing(sample_form: FormDefinition, ana: Person) -> None:
    ana.user.groups.clear()

    assert ana.get(f"edit/{sample_form.pk}/").status_code in (302, 403, 404)
    assert ana.get(f"{sample_form.pk}/versions/").status_code in (302, 403, 404)


def test_titles_are_in_the_readers_language(sample_form: FormDefinition, ana: Person) -> None:
    assert ana.get(f"edit/{sample_form.pk}/").context["page_subtitle"] == "Sample"
    assert ">Sample</a>" in " ".join(ana.get("").content.decode().split()).replace("> Sample <", ">Sample<")
    ana.user.language = "sq"
    ana.user.save()
    assert ana.get(f"edit/{sample_form.pk}/").context["page_subtitle"] == "Sample (sq)"
    assert "Sample (sq)" in ana.get("").content.decode()


def test_history_and_usage_are_wagtails_own(sample_form: FormDefinition, ana: Person) -> None:
    ana.save(sample_form, RENAME)

    assert "Edit" in ana.get(f"history/{sample_form.pk}/").content.decode()
    assert ana.get(f"usage/{sample_form.pk}/").status_code == 200


def test_a_form_locked_by_one_is_read_only_for_the_other(
    sample_form: FormDefinition, ana: Person, besa: Person
) -> None:
    ana.post(f"lock/{sample_form.pk}/")

    assert besa.get(f"edit/{sample_form.pk}/").context["outline_settings"]["readOnly"] is True
    assert besa.autosave(sample_form, RENAME).json()["error_code"] == "locked"
    assert ana.autosave(sample_form, RENAME).status_code == 200
