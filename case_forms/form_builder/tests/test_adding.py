"""New forms, copies, and the list of forms."""

import pytest

from access.models import StaffRole
from audit.models import AuditEntry

from ..actions import archive_form, publish_form
from ..adding import proposed_key
from ..listing import get_state
from ..models import FormDefinition, FormVersion
from .coordinators import Person, person
from .samples import sample

NEW = {"language": "sq", "title": "Formulari i ri", "kind": "assessment", "key": ""}


def test_a_new_form_starts_with_one_section_and_a_key_from_its_title(ana: Person) -> None:
    response = ana.post("add/", **NEW)

    form = FormDefinition.objects.get()
    assert response.url == f"/cms/forms/edit/{form.pk}/"
    assert form.key == "formulari_i_ri"
    assert form.working_copy() == {
        "format": 1,
        "key": "formulari_i_ri",
        "kind": "assessment",
        "title": {"sq": "Formulari i ri"},
        "languages": ["sq"],
        "sections": [{"key": "section_1", "title": {"sq": form.definition["sections"][0]["title"]["sq"]}, "items": []}],
    }
    assert (form.live, form.latest_revision.user) == (False, ana.user)
    assert AuditEntry.objects.get(action="form.made").detail == {"form": "formulari_i_ri", "origin": "new"}
    assert ana.client.get(response.url).status_code == 200


@pytest.mark.parametrize(
    ("bent", "words"),
    [
        ({"title": ""}, "This field is required."),
        ({"title": "  "}, "This field is required."),
        ({"key": "Bad Key"}, "A key has small letters"),
        ({"key": "_x"}, "reserved"),
        ({"key": "sample"}, "Another form has this key."),
        ({"kind": "poem"}, "Select a valid choice"),
        ({"language": "xx"}, "Select a valid choice"),
        ({"title": "x\x01y"}, "text"),
    ],
)
def test_what_will_not_do_is_said_beside_the_field_and_stays_typed(
    sample_form: FormDefinition, ana: Person, bent: dict[str, str], words: str
) -> None:
    response = ana.post("add/", **(NEW | bent))

    assert response.status_code == 200
    page = response.content.decode()
    assert words in page
    if "title" not in bent:
        assert 'value="Formulari i ri"' in page
    assert FormDefinition.objects.count() == 1


@pytest.mark.parametrize(
    ("title", "key"),
    [
        ("Çfarë moshe keni?", "cfare_moshe_keni"),
        ("2026 – plani", "form_2026_plani"),
        ("日本語", "form"),
        ("Taken", "taken_3"),
        ("x" * 80, "x" * 40),
    ],
)
def test_a_key_is_proposed_from_the_title(title: str, key: str) -> None:
    assert proposed_key(title, {"taken", "taken_2"}) == key


def test_a_copy_has_its_own_key_and_leaves_the_original(sample_form: FormDefinition, ana: Person) -> None:
    publish_form(form=sample_form)
    page = ana.get(f"copy/{sample_form.pk}/")
    assert page.context["asked"].initial["title"] == "Copy of Sample (sq)"

    ana.post(f"copy/{sample_form.pk}/", title="Tjetër", key="other")

    made = FormDefinition.objects.get(key="other")
    assert made.working_copy() == sample() | {"key": "other", "title": {"sq": "Tjetër", "en": "Copy of Sample"}}
    assert not made.versions.exists()
    assert FormDefinition.objects.get(key="sample").working_copy() == sample()
    assert AuditEntry.objects.get(action="form.made").detail["origin"] == "copy:sample"
    assert ana.get("copy/999/").status_code == 404


def test_a_half_done_form_is_copied_as_it_is(sample_form: FormDefinition, ana: Person) -> None:
    ana.save(sample_form, {"op": "replace", "path": "/sections/0/title", "value": {}})

    ana.post(f"copy/{sample_form.pk}/", title="Tjetër", key="other")

    assert FormDefinition.objects.get(key="other").working_copy()["sections"][0]["title"] == {}


def test_the_list_says_how_each_form_stands(sample_form: FormDefinition, ana: Person, besa: Person) -> None:
    def state() -> tuple[str, int | None]:
        form = ana.get("").context["object_list"][0]
        return get_state(form)["name"], form.number

    assert state() == ("draft", None)
    ana.submit(sample_form)
    assert state() == ("waiting", None)
    besa.decide(sample_form, "approve")
    assert state() == ("live", 1)
    ana.save(sample_form, {"op": "replace", "path": "/title/en", "value": "Renamed"})
    assert state() == ("changed", 1)
    page = ana.get("").content.decode()
    assert "Renamed" in page
    assert "Identification" in page


def test_archived_forms_are_listed_when_asked_for(sample_form: FormDefinition, ana: Person) -> None:
    ana.post(f"{sample_form.pk}/archive/", archived="yes")

    assert not ana.get("").context["object_list"]
    assert [form.key for form in ana.get("", archived="archived").context["object_list"]] == ["sample"]
    assert [form.key for form in ana.get("", archived="all").context["object_list"]] == ["sample"]


@pytest.mark.parametrize(("given", "found"), [({"q": "samp"}, 1), ({"q": "nothing"}, 0), ({"kind": "tip"}, 0)])
def test_the_list_is_searched_and_filtered(sample_form: FormDefinition, ana: Person, given: dict, found: int) -> None:
    assert len(ana.get("", **given).context["object_list"]) == found


def test_an_archived_form_is_not_begun_and_keeps_its_versions(sample_form: FormDefinition, ana: Person) -> None:
    publish_form(form=sample_form)
    assert ana.get(f"{sample_form.pk}/archive/").status_code == 200
    assert not FormDefinition.objects.get().is_archived  # looking changes nothing

    ana.post(f"{sample_form.pk}/archive/", archived="yes")
    assert not FormVersion.objects.newest().exists()
    assert FormVersion.objects.count() == 1
    assert "is in use" not in ana.get(f"edit/{sample_form.pk}/").content.decode()

    ana.post(f"{sample_form.pk}/archive/", archived="no")
    assert FormVersion.objects.newest().exists()
    actions = AuditEntry.objects.filter(action__contains="archived").order_by("number").values_list("action", flat=True)
    assert list(actions) == ["form.archived", "form.unarchived"]


def test_an_archived_form_stays_so_while_it_is_edited_and_published(
    sample_form: FormDefinition, ana: Person, besa: Person
) -> None:
    ana.save(sample_form, {"op": "replace", "path": "/title/en", "value": "Renamed"})
    ana.post(f"{sample_form.pk}/archive/", archived="yes")

    page = ana.get(f"edit/{sample_form.pk}/").content.decode()
    assert "builder-state--archived" in page
    assert "Restore" in page
    ana.submit(sample_form, {"op": "replace", "path": "/title/en", "value": "Renamed again"})
    besa.decide(sample_form, "approve")

    form = FormDefinition.objects.get()
    assert form.versions.count() == 1
    assert form.is_archived


def test_archiving_twice_is_recorded_once(sample_form: FormDefinition, ana: Person) -> None:
    assert archive_form(form=sample_form, is_archived=True, by=ana.user)
    assert not archive_form(form=sample_form, is_archived=True, by=ana.user)
    assert AuditEntry.objects.filter(action="form.archived").count() == 1


@pytest.mark.parametrize("role", [StaffRole.EDITOR, StaffRole.OPERATOR])
def test_nobody_learns_a_forms_title_from_wagtails_page_for_deleting_many(
    sample_form: FormDefinition, role: StaffRole
) -> None:
    other = person("other", role)

    page = other.client.get(f"/cms/bulk/builder/formdefinition/delete/?id={sample_form.pk}&next=/cms/")

    assert "Sample" not in page.content.decode()
