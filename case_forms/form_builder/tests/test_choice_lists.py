"""The lists of choices that forms share."""

from typing import Any

import pytest

from access.models import StaffRole
from audit.models import AuditEntry

from ..actions import DefinitionRefused, publish_form, save_definition
from ..models import ChoiceList, FormDefinition
from .coordinators import Person, person
from .samples import form, question, section

LISTS = "/cms/choice-lists/"
FILLED = {
    "title_sq": "Strehët",
    "title_en": "Shelters",
    "key": "shelters",
    "table": "value\tlabel:sq\tlabel:en\tregion\nvl\tVlorë\tVlora\tsouth\n",
}


@pytest.fixture
def shelters(ana: Person) -> ChoiceList:
    assert ana.client.post(f"{LISTS}add/", FILLED).status_code == 302
    return ChoiceList.objects.get()


def asking() -> dict[str, Any]:
    return form(section("s", question("where", "select_one", choices_from="shared:shelters")))


def test_a_list_is_made_of_a_pasted_table(shelters: ChoiceList, ana: Person) -> None:
    assert shelters.title == {"sq": "Strehët", "en": "Shelters"}
    assert shelters.choices == [{"value": "vl", "label": {"sq": "Vlorë", "en": "Vlora"}, "with": {"region": "south"}}]
    assert shelters.latest_revision.user == ana.user
    assert AuditEntry.objects.get(action="choice_list.made").detail == {"list": "shelters", "choices": 1}
    assert "Shelters" in ana.client.get(LISTS).content.decode()


def test_errors_stand_beside_the_table_and_nothing_typed_is_lost(ana: Person) -> None:
    broken = FILLED["table"] + "el\tElbasan\t\tmiddle\n"

    page = ana.client.post(f"{LISTS}add/", FILLED | {"table": broken, "key": "Bad Key"}).content.decode()

    assert "Line 3, label:en: This is missing." in page
    assert "A key has small letters, digits and _" in page
    assert "el\tElbasan\t\tmiddle" in page
    assert not ChoiceList.objects.exists()


def test_the_key_stays_and_each_change_leaves_a_revision(shelters: ChoiceList, ana: Person) -> None:
    changed = FILLED | {"key": "other", "table": FILLED["table"] + "el\tElbasan\tElbasan\t\n"}

    ana.client.post(f"{LISTS}edit/{shelters.pk}/", changed)

    shelters.refresh_from_db()
    assert (shelters.key, len(shelters.choices), shelters.revisions.count()) == ("shelters", 2, 2)
    first = shelters.revisions.order_by("pk").first()
    page = ana.client.get(f"{LISTS}history/{shelters.pk}/revisions/compare/{first.pk}...latest/").content.decode()
    assert "Choice el" in page
    ana.client.post(f"{LISTS}history/{shelters.pk}/revisions/{first.pk}/revert/", FILLED)
    shelters.refresh_from_db()
    assert len(shelters.choices) == 1


def test_it_is_not_saved_while_it_is_typed(shelters: ChoiceList, ana: Person) -> None:
    for address in (f"{LISTS}edit/{shelters.pk}/", f"{LISTS}add/"):
        assert "w-autosave#save" not in ana.client.get(address).content.decode()


def test_publishing_a_form_writes_the_choices_into_its_version(shelters: ChoiceList, ana: Person) -> None:
    made = save_definition(key="sample", definition=asking())
    version = publish_form(form=made)

    shelters.choices = []
    shelters.save()

    asked = version.definition["sections"][0]["items"][0]
    assert (asked["list"], asked["choices"][0]["value"]) == ("shared:shelters", "vl")
    assert made.working_copy() == asking()


def test_a_changed_list_makes_the_next_version_another_one(shelters: ChoiceList, ana: Person) -> None:
    made = save_definition(key="sample", definition=asking())
    publish_form(form=made)
    assert publish_form(form=made).number == 1
    changed = FILLED | {"table": FILLED["table"] + "el\tElbasan\tElbasan\t\n"}
    ana.client.post(f"{LISTS}edit/{shelters.pk}/", changed)

    found = ana.get(f"{made.pk}/versions/compare/").context["found"]

    assert [(each.change, each.key) for each in found] == [("changed", "where")]
    assert publish_form(form=made).number == 2


def test_a_list_that_is_not_there_keeps_a_form_from_being_published(ana: Person) -> None:
    made = save_definition(key="sample", definition=asking())

    with pytest.raises(DefinitionRefused) as refused:
        publish_form(form=made)

    assert refused.value.problems[0].path.startswith("/sections/0/items/0")


def test_the_page_names_the_forms_that_choose_from_it(shelters: ChoiceList, ana: Person) -> None:
    assert "None yet." in ana.client.get(f"{LISTS}edit/{shelters.pk}/").content.decode()
    made = save_definition(key="sample", definition=asking())

    page = ana.client.get(f"{LISTS}edit/{shelters.pk}/").content.decode()

    assert f'<a href="/cms/forms/edit/{made.pk}/">Sample</a>' in page


def test_a_list_that_is_used_is_not_deleted(shelters: ChoiceList, ana: Person) -> None:
    made = save_definition(key="sample", definition=asking())
    for who in (ana, person("root", is_superuser=True)):
        page = who.client.post(f"{LISTS}delete/{shelters.pk}/", follow=True).content.decode()
        assert "Not deleted: forms choose from this list." in page
        bulk = f"/cms/bulk/builder/choicelist/delete/?id={shelters.pk}"
        who.client.post(bulk)
    assert ChoiceList.objects.exists()

    FormDefinition.objects.filter(pk=made.pk).delete()
    ana.client.post(f"{LISTS}delete/{shelters.pk}/")
    assert not ChoiceList.objects.exists()
    assert AuditEntry.objects.get(action="choice_list.deleted").detail == {"list": "shelters"}


def test_the_editor_offers_the_list(shelters: ChoiceList, ana: Person) -> None:
    made = save_definition(key="sample", definition=asking())

    assert "shared:shelters" in ana.get(f"edit/{made.pk}/").context["outline_catalogue"]["lists"]


def test_only_coordinators_keep_lists(shelters: ChoiceList) -> None:
    operator = person("op", StaffRole.OPERATOR)

    assert operator.client.get(LISTS).status_code in (403, 404)
    assert operator.client.post(f"{LISTS}edit/{shelters.pk}/", FILLED).status_code in (403, 404)


def test_the_page_names_the_columns_of_an_empty_table(ana: Person) -> None:
    assert 'data-choice-table="value label:sq label:en"' in ana.client.get(f"{LISTS}add/").content.decode()
