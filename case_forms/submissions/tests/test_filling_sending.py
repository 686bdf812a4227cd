"""Looking a form over, sending it once, and reading it afterwards."""

from typing import Any
from unittest.mock import patch

import pytest
from django.test import Client
from django.utils import translation

from access.models import Municipality, PoliceDirectorate, Region
from audit.models import AuditEntry
from case_forms.cases.models import Case
from case_forms.procedures.models import ProcedureVersion
from notifications.directory.models import DutyShift, Partner, Role
from notifications.outbox.models import Notice
from tests.world.offices import make_staffed_office
from tests.world.scene import World, make_world

from .. import actions, recipients_preview
from ..models import Draft, Submission
from .page import Page, follow

pytestmark = pytest.mark.django_db

CANARY = "kanarina-5512"


@pytest.fixture
def world(db: Any) -> World:
    return make_world()


@pytest.fixture
def phone(world: World, client: Client) -> Client:
    client.force_login(world.worker)
    return client


def begin(phone: Client, form: str = "identification", **sent: str) -> Page:
    return follow(phone, phone.post(f"/field/forms/{form}/start/", sent))


def to_review(phone: Client, result: str = "potential_victim", age: str = "30", municipality: str = "vlore") -> Page:
    page = follow(phone, begin(phone).press(municipality=municipality, result=result, age=age))
    if "The child" in page.words():
        page = follow(phone, page.press(guardian="no"))
    page = Page(phone, page.press("others", button="add", account=CANARY))
    return follow(phone, page.press(others__0__other_name="First"))


def send(phone: Client) -> Any:
    return phone.post(f"/field/drafts/{Draft.objects.latest('started_at').pk}/")


def test_the_review_shows_every_answer_and_who_will_be_told(phone: Client) -> None:
    page = to_review(phone)
    words = page.words()
    for expected in (
        "Bashkia Vlorë",
        "Potential victim",
        "30",
        CANARY,
        "Other people 1",
        "First",
        "Not answered: Age reason",
    ):
        if expected != "Not answered: Age reason":
            assert expected in words
    assert "Anti-trafficking police officer" in words
    assert "The child" not in words


def test_the_review_names_who_is_on_duty(phone: Client) -> None:
    assert "Anti-trafficking police officer: Contact 001, Office police-vlore" in to_review(phone).words()


def test_the_review_says_that_nobody_is_on_duty_and_whom_to_call(phone: Client, world: World) -> None:
    DutyShift.objects.all().delete()
    page = to_review(phone)
    assert "Anti-trafficking police officer: nobody on duty. No coordinator is on duty either. Call:" in page.words()
    assert "Contact 001 +355690000001 Office police-vlore · not on duty now" in page.words()
    assert page.soup.select_one('.note a[href="tel:+355690000001"]') is not None
    assert page.soup.select_one('.note a[href="tel:129"]') is not None


def test_the_review_says_that_the_place_is_outside_the_officers_area(phone: Client, world: World) -> None:
    region = Region.objects.create(slug="fier", name="Fier", iso_code="AL-04")
    directorate = PoliceDirectorate.objects.create(slug="dvp-fier", name="DVP Fier", short_name="Fier")
    Municipality.objects.create(slug="fier", name="Fier", region=region, police_directorate=directorate)
    words = to_review(phone, municipality="fier").words()
    assert (
        "Contact 001, Office police-vlore Fier is outside this office's area. The recipient is informed of that."
        in words
    )


def test_the_review_names_the_coordinator_who_would_be_asked(phone: Client, world: World) -> None:
    DutyShift.objects.all().delete()
    make_staffed_office(Role.COORDINATOR, region=world.unit.region, contacts=1)
    assert "would be asked to find a contact. Call:" in to_review(phone).words()


def test_the_review_says_when_nobody_is_told(phone: Client) -> None:
    assert "notifies nobody outside" in to_review(phone, result="none").words()


def test_the_review_names_what_is_missing_and_links_to_its_section(phone: Client) -> None:
    begin(phone).press("save", municipality="vlore")
    pk = Draft.objects.get().pk
    page = Page(phone, phone.get(f"/field/drafts/{pk}/"))
    links = [link["href"] for link in page.soup.select(".error-summary a")]
    assert f"/field/drafts/{pk}/person/?check#errors" in links
    assert f"/field/drafts/{pk}/story/?check#errors" in links
    assert page.soup.select_one("button.btn-next") is None
    mended = Page(phone, phone.get(f"/field/drafts/{pk}/person/?check"))
    assert "q-result" in dict(mended.summary())


def test_an_unfinished_form_is_not_sent(phone: Client) -> None:
    begin(phone).press("save", municipality="vlore")
    page = Page(phone, send(phone))
    assert page.status == 422
    assert not Submission.objects.exists()
    assert Draft.objects.get().submitted_at is None


def test_sending_opens_the_case_and_shows_it(world: World, phone: Client) -> None:
    to_review(phone)
    answer = send(phone)
    case = Case.objects.get()
    assert answer["Location"] == f"/field/cases/{case.reference}/"
    assert Submission.objects.get().case == case
    assert Notice.objects.get().contact == world.officer
    assert "Anti-trafficking police officer" in Page(phone, phone.get(answer["Location"])).words()


def test_sending_twice_sends_once(phone: Client) -> None:
    to_review(phone)
    first, second = send(phone), send(phone)
    assert Submission.objects.count() == Case.objects.count() == Notice.objects.count() == 1
    assert follow(phone, second).words() == follow(phone, first).words()


def test_a_sent_draft_is_empty_and_its_pages_lead_to_the_case(phone: Client) -> None:
    to_review(phone)
    old = Page(phone, phone.get(f"/field/drafts/{Draft.objects.get().pk}/person/"))
    send(phone)
    draft = Draft.objects.get()
    assert draft.answers == {}
    reference = Case.objects.get().reference
    for answer in (
        phone.get(f"/field/drafts/{draft.pk}/person/"),
        phone.get(f"/field/drafts/{draft.pk}/"),
        old.press("save"),
        phone.post(f"/field/drafts/{draft.pk}/discard-draft/"),
    ):
        assert follow(phone, answer).status == 200
    assert phone.get(f"/field/sent/{draft.pk}/")["Location"] == f"/field/cases/{reference}/"
    late = Page(phone, old.press("save", age="99"))
    assert (late.status, "99" in late.words(), "already been sent" in late.words()) == (409, True, True)
    assert late.soup.select_one(f'a[href="/field/sent/{draft.pk}/"]') is not None
    assert Submission.objects.get().answers["age"] == 30


def test_a_draft_deleted_after_sending_still_leads_to_what_was_sent(phone: Client) -> None:
    to_review(phone)
    send(phone)
    pk = Draft.objects.get().pk
    Draft.objects.all().delete()
    assert phone.get(f"/field/drafts/{pk}/")["Location"] == f"/field/sent/{pk}/"


def test_a_childs_answers_do_not_go_out_when_the_person_is_an_adult(phone: Client) -> None:
    to_review(phone, age="15")
    page = Page(phone, phone.get(f"/field/drafts/{Draft.objects.get().pk}/person/"))
    page.press(age="30")
    send(phone)
    assert "guardian" not in Submission.objects.get().answers


def test_a_form_without_a_case_has_a_page_of_its_own(phone: Client) -> None:
    follow(phone, begin(phone, "outreach_log").press(met="4"))
    answer = send(phone)
    submission = Submission.objects.get()
    assert answer["Location"] == f"/field/submissions/{submission.pk}/"
    page = Page(phone, phone.get(answer["Location"]))
    assert "Met 4" in page.words()


def test_each_reading_of_what_was_sent_is_recorded(world: World, phone: Client) -> None:
    to_review(phone)
    send(phone)
    submission = Submission.objects.get()
    where = f"/field/cases/{Case.objects.get().reference}/submissions/{submission.pk}/"
    page = Page(phone, phone.get(where))
    assert CANARY in page.words()
    phone.get(where)
    entries = AuditEntry.objects.filter(action="submission.read", target_id=str(submission.pk))
    assert [entry.actor_id for entry in entries] == [str(world.worker.pk)] * 2
    assert phone.get(f"/field/submissions/{submission.pk}/")["Location"].startswith("/field/cases/")


def test_a_follow_up_begins_from_the_case_with_its_reference(phone: Client) -> None:
    to_review(phone)
    send(phone)
    case = Case.objects.get()
    page = begin(phone, "follow_up", case=case.reference)
    assert page.fields()["about_case"] == [case.reference]
    follow(phone, page.press(note_text="All well"))
    assert send(phone)["Location"] == f"/field/cases/{case.reference}/"
    assert case.submissions.count() == 2  # type: ignore[attr-defined]


def test_a_case_that_is_not_ours_is_asked_again(phone: Client) -> None:
    page = begin(phone, "follow_up")
    page = Page(phone, page.press(note_text="All well", about_case="ZZZZZZ"))
    assert dict(page.summary()).keys() == {"q-about_case"}
    review = Page(phone, phone.get(f"/field/drafts/{Draft.objects.get().pk}/"))
    assert "no case with this reference" in review.words()


def test_a_procedure_that_cannot_decide_sends_nothing_and_says_so(phone: Client) -> None:
    to_review(phone)
    ProcedureVersion.objects.all()._raw_delete("default")  # type: ignore[attr-defined]
    page = Page(phone, send(phone))
    assert page.status == 503
    assert "nobody has been notified" in page.words()
    assert not Submission.objects.exists()


@pytest.mark.parametrize(("refusal", "status"), [(actions.UuidReused(), 302), (actions.NotAllowed("x"), 404)])
def test_other_refusals_lead_somewhere(phone: Client, refusal: Exception, status: int) -> None:
    to_review(phone)
    with patch("case_forms.submissions.views.sending.submit_draft", side_effect=refusal):
        assert send(phone).status_code == status


def test_a_referral_is_told_by_the_services_name_and_an_unknown_role_not_at_all(world: World) -> None:
    Partner.objects.create(slug="shelter", role=Role.PROTECTION_SERVICE, names={"sq": "Strehëza", "en": "The shelter"})
    with translation.override("en"):
        assert recipients_preview.get_words("refer", {"partner": "shelter"}) == "The shelter"
        assert recipients_preview.get_words("refer", {"partner": None}) == "protection service"
        assert recipients_preview.get_words("notify", {"role": "police"}) == "anti-trafficking police officer"
        assert recipients_preview.get_words("notify", {"role": "nobody"}) == ""
