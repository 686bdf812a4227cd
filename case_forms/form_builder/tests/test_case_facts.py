"""What cases remember: the catalogue, and what a form says of it at its questions."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError

from access.models import StaffRole
from audit.models import AuditEntry

from .. import canonical
from ..actions import DefinitionRefused, publish_form, save_definition
from ..checker import check_definition
from ..definition import Choice, parse_form
from ..diff import differences
from ..fact_changes import decide_change, raise_if_still_shared
from ..fact_rules import facts_read
from ..fact_types import FactType
from ..models import CaseFactType
from .coordinators import Person, person
from .samples import choice, form, question, section, texts

FACTS = "/cms/case-facts/"
CATALOGUE = {
    fact.key: fact
    for fact in (
        FactType("name", texts("Name"), "text", sensitivity="personal", receivers=frozenset({"police"})),
        FactType(
            "risk",
            texts("Risk"),
            "select_one",
            choices=(Choice(value="high", label=texts("High")), Choice(value="low", label=texts("Low"))),
            sensitivity="special",
        ),
        FactType("tonight", texts("Tonight"), "text", sensitivity="personal", is_lasting=False),
        FactType("speaks", texts("Speaks"), "select_one", choices_from="languages", sensitivity="personal"),
    )
}


def problems(*items: dict[str, Any], **more: Any) -> list[tuple[str, str]]:
    found = check_definition(form(section("s", *items), **more), facts=CATALOGUE)
    return [(problem.path.removeprefix("/sections/0/items/"), problem.code) for problem in found]


def test_a_question_may_write_a_fact_and_begin_with_it() -> None:
    sound = question("n", "text", writes_fact="name", filled_from_fact="name", shared_with={"police": True})
    assert problems(sound, question("m", "long_text", filled_from_fact="name")) == []


@pytest.mark.parametrize(
    ("asked", "path", "code"),
    [
        (question("n", "text", writes_fact="nme"), "0/writes_fact", "unknown_fact"),
        (question("n", "date", writes_fact="name"), "0/writes_fact", "fact_type"),
        (question("n", "text", writes_fact="name", sensitivity="special"), "0/writes_fact", "fact_sensitivity"),
        (question("n", "text", filled_from_fact="name", sensitivity="internal"), "0/sensitivity", "fact_sensitivity"),
        (
            question("n", "text", filled_from_fact="name", shared_with={"cpu": True}),
            "0/shared_with/cpu",
            "fact_not_for_role",
        ),
        (question("n", "text", filled_from_fact="tonight"), "0/filled_from_fact", "fact_of_a_moment"),
        (
            question("n", "text", filled_from_fact="name", read_only=True, default="x"),
            "0/filled_from_fact",
            "fact_not_asked",
        ),
        (
            question("n", "select_one", choices=[choice("high"), choice("none")], writes_fact="risk"),
            "0/writes_fact",
            "fact_choices",
        ),
        (question("n", "select_one", choices=[choice("sq")], writes_fact="speaks"), "0/writes_fact", "fact_choices"),
        (question("n", "text", relevant={"==": [{"var": "_known.nme"}, "x"]}), "0/relevant", "unknown_fact"),
        (
            question("n", "text", relevant={"==": [{"var": "_known.risk"}, "hihg"]}),
            "0/relevant",
            "unknown_choice_value",
        ),
    ],
)
def test_what_does_not_fit_is_named_beside_the_question(asked: dict[str, Any], path: str, code: str) -> None:
    assert (path, code) in problems(asked)


def test_rows_and_the_public_remember_nothing_and_sharing_reads_nothing() -> None:
    rows = {"item": "repeat", "key": "r", "label": texts("r"), "items": [question("n", "text", writes_fact="name")]}
    assert problems(rows) == [("0/items/0/writes_fact", "fact_in_rows")]
    public = problems(question("n", "text", writes_fact="name"), audience="public", kind="tip")
    assert ("0/writes_fact", "not_public") in public
    shared = question("n", "text", shared_with={"cpu": {"==": [{"var": "_known.name"}, "x"]}})
    assert problems(shared) == [("0/shared_with/cpu", "unknown_reference")]


def test_the_text_and_sha256_of_a_version_are_as_they_were() -> None:
    before = form(section("s", question("n", "text")))
    assert canonical.dump(parse_form(before).to_json()) == canonical.dump(before)
    after = form(section("s", question("n", "text", writes_fact="name", filled_from_fact="name")))
    assert canonical.dump(parse_form(after).to_json()) == canonical.dump(after)
    assert facts_read(
        parse_form(form(section("s", question("n", "text", relevant={"!": {"var": "_known.risk"}}))))
    ) == {"risk"}


def test_an_approver_reads_the_difference_in_words() -> None:
    old, new = (parse_form(form(section("s", question("n", "text", **more)))) for more in ({}, {"writes_fact": "name"}))
    (found,) = differences(old, new, language="en", facts=CATALOGUE)
    (detail,) = found.details
    assert (detail.group, detail.before, detail.after) == ("privacy", "", "Name")


def given(**more: Any) -> dict[str, Any]:
    return {
        "label_sq": "Emri",
        "label_en": "Name",
        "key": "name",
        "type": "text",
        "choices_from": "",
        "table": "",
        "sensitivity": "personal",
        "receivers": ["police"],
        "identity_part": "name",
        "head_order": "1",
        "is_lasting": "on",
        **more,
    }


@pytest.fixture
def name(ana: Person) -> CaseFactType:
    answer = ana.client.post(f"{FACTS}add/", given())
    assert answer.status_code == 302, answer.content.decode()[:2000]
    return CaseFactType.objects.get()


def test_who_may_receive_a_new_fact_waits_for_another_coordinator(
    name: CaseFactType, ana: Person, besa: Person
) -> None:
    assert (name.receivers, name.sensitivity) == ([], "special"), "nobody, and protected best, until somebody agreed"
    assert name.pending == {"receivers": ["police"], "sensitivity": "personal"}
    ana.client.post(f"{FACTS}{name.pk}/decide/", {"decision": "agree"})
    name.refresh_from_db()
    assert name.receivers == [], "not the one who asked"
    assert "Agree" in besa.client.get(f"{FACTS}edit/{name.pk}/").content.decode()
    assert "Details about a person: 1 to decide" in besa.client.get("/cms/").content.decode()
    assert "Details about a person: " not in ana.client.get("/cms/").content.decode()
    besa.client.post(f"{FACTS}{name.pk}/decide/", {"decision": "agree"})
    name.refresh_from_db()
    assert (name.receivers, name.sensitivity, name.pending) == (["police"], "personal", None)
    assert AuditEntry.objects.get(action="case_fact_type.agreed").detail["asked_by"] == ana.user.pk


def test_the_rest_is_saved_at_once_and_keeps_what_waits_with_its_author(
    name: CaseFactType, ana: Person, besa: Person
) -> None:
    besa.client.post(f"{FACTS}edit/{name.pk}/", given(label_en="First name"))
    name.refresh_from_db()
    assert (name.label["en"], name.pending_by) == ("First name", ana.user)
    besa.client.post(f"{FACTS}edit/{name.pk}/", given(receivers=["police", "cpu"]))
    name.refresh_from_db()
    assert (name.pending["receivers"], name.pending_by) == (["cpu", "police"], besa.user)
    assert name.receivers == []


def test_a_superuser_without_the_role_agrees_to_nothing(name: CaseFactType) -> None:
    admin = person("root", is_superuser=True, is_staff=True)
    admin.user.assignments.filter(role=StaffRole.COORDINATOR).delete()
    with pytest.raises(ValidationError):
        decide_change(entry=name, agree=True, by=admin.user)


def test_key_type_and_list_are_permanent_and_nothing_is_deleted(name: CaseFactType, ana: Person) -> None:
    ana.client.post(f"{FACTS}edit/{name.pk}/", given(key="other", type="date"))
    name.refresh_from_db()
    assert (name.key, name.type) == ("name", "text")
    assert ana.client.post(f"{FACTS}delete/{name.pk}/").status_code in (302, 403, 404)
    assert CaseFactType.objects.exists()


def test_errors_stand_beside_the_fields(ana: Person) -> None:
    page = ana.client.post(f"{FACTS}add/", given(key="Bad Key", type="select_one")).content.decode()
    assert "A key has small letters, digits and _" in page
    assert "Give its own choices, or choose one list." in page
    assert not CaseFactType.objects.exists()


def test_a_role_stays_while_a_published_form_shares_the_fact_with_it(
    name: CaseFactType, ana: Person, besa: Person
) -> None:
    decide_change(entry=name, agree=True, by=besa.user)
    asked = question("n", "text", writes_fact="name", filled_from_fact="name", shared_with={"police": True})
    publish_form(form=save_definition(key="sample", definition=form(section("s", asked))))
    page = ana.client.post(f"{FACTS}edit/{name.pk}/", given(receivers=["cpu"])).content.decode()
    assert "Published forms share it with a role that is missing here" in page
    with pytest.raises(ValidationError):
        raise_if_still_shared("name", [])


def test_a_form_that_names_no_such_fact_is_not_published(db: None) -> None:
    made = save_definition(key="sample", definition=form(section("s", question("n", "text", writes_fact="nme"))))
    with pytest.raises(DefinitionRefused, match="unknown_fact"):
        publish_form(form=made)
