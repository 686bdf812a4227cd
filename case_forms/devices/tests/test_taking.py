"""A draft of the pages goes on on its owner's phone, and comes back as one form under the same UUID."""

import json
import uuid
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from access.models import StaffRole
from audit.models import AuditEntry
from case_forms.form_builder.actions import publish_form, save_definition
from case_forms.form_builder.sources import Lists
from case_forms.questions.tests.every_type import GOOD, every_type
from case_forms.submissions.attachments.actions import store_attachment
from case_forms.submissions.attachments.tests.conftest import photo_form
from case_forms.submissions.drafts.actions import save_section, to_choose
from case_forms.submissions.models import Attachment, Draft, Submission
from case_forms.submissions.validation.validate import CheckContext, form_states
from sanitizer.tests import samples
from tests.world.places import make_user

from ..actions import end_device
from ..models import TakenDraft
from ..posted import read_posted
from ..taking import OFFER_HOURS
from ..typed import read_typed

pytestmark = pytest.mark.django_db


def signed_in(user):
    client = Client()
    client.force_login(user)
    return client


def begin(scene, **answers):
    draft = Draft.objects.create(
        form_version=scene.form,
        unit=scene.unit,
        owner=scene.worker,
        answers={**scene.answers(), "story": "Begun here", **answers},
        section="person",
    )
    return work_on(draft, scene.worker, **draft.answers)


def work_on(draft, by, **answers):
    section = draft.form_version.parsed_form.sections[0]
    return save_section(draft_id=draft.pk, section=section, typed={**draft.answers, **answers}, occurred_at=None, by=by)


def offer(draft, user):
    return signed_in(user).post(reverse("devices:draft", args=[draft.pk]))


def take(phone, draft):
    return phone.post(f"device-drafts/{draft.pk}?language=en", {}, phone.pack)


def finish(phone, taken, **more):
    """What the phone sends of the draft it took, with other answers in place of its own."""
    fields = [[name, value] for name, value in taken["fields"] if name not in more]
    plain = {
        "form": taken["form"],
        "version": taken["version"],
        "unit": taken["unit"],
        "occurred_at": taken["occurred_at"],
        "fields": fields + [[name, value] for name, value in more.items()],
        "confirmed": [],
        "finished_at": phone.now.isoformat(),
        "follows": [],
    }
    return phone.deliver(phone.seal(plain, taken["id"]))


def taken_along(phone, scene, draft):
    assert offer(draft, scene.worker).status_code == 302
    answer = take(phone, draft)
    assert answer.status_code == 200, answer.content
    return answer.json()


def test_it_comes_back_as_one_form_under_its_uuid(phone, scene):
    draft = begin(scene)
    taken = taken_along(phone, scene, draft)
    assert ["story", "Begun here"] in taken["fields"]
    answer = finish(phone, taken, story="Finished there")
    assert answer.status_code == 201, answer.content
    assert not Draft.objects.exists()
    received = Submission.objects.get()
    assert (received.pk, received.answers["story"]) == (draft.pk, "Finished there")
    page = signed_in(scene.worker).get(reverse("devices:draft", args=[draft.pk]))
    assert page.url == reverse("intake:sent", args=[draft.pk])


def test_it_is_recorded_without_a_word_of_it(phone, scene):
    draft = begin(scene)
    taken_along(phone, scene, draft)
    entries = AuditEntry.objects.filter(action__in=["draft.offered_to_phone", "draft.taken_to_phone"])
    assert [entry.target_id for entry in entries] == [str(draft.pk)] * 2
    assert not any("Begun here" in json.dumps(entry.detail) for entry in entries)


def test_what_was_written_on_both_sides_meets(phone, scene):
    draft = begin(scene)
    taken = taken_along(phone, scene, draft)
    work_on(Draft.objects.get(), scene.worker, story="Gone on here")
    answer = finish(phone, taken, story="Finished there")
    assert (answer.status_code, answer.json()["reason"]) == (422, "both")
    assert not Submission.objects.exists()
    left = Draft.objects.get()
    assert left.pk == draft.pk
    assert left.answers["story"] == "Gone on here"
    assert to_choose(left) is not None


def test_one_that_was_sent_here_meanwhile_leaves_the_phones_text_a_draft_beside_it(phone, scene):
    draft = begin(scene)
    taken = taken_along(phone, scene, draft)
    sent = signed_in(scene.worker).post(reverse("intake:review", args=[draft.pk]), {"looked_over": ""})
    assert sent.status_code in (302, 409), sent.content
    if sent.status_code == 409:
        from case_forms.submissions.actions import submit_draft

        submit_draft(draft=Draft.objects.get(), user=scene.worker)
    answer = finish(phone, taken, story="Finished there")
    assert (answer.status_code, answer.json()["reason"]) == (422, "uuid_taken")
    assert Submission.objects.get().answers["story"] == "Begun here"
    assert Draft.objects.open().get().answers["story"] == "Finished there"


def test_one_that_was_deleted_here_meanwhile_arrives_all_the_same(phone, scene):
    draft = begin(scene)
    taken = taken_along(phone, scene, draft)
    Draft.objects.all().delete()
    assert finish(phone, taken).status_code == 201
    assert Submission.objects.get().pk == draft.pk


def test_a_phone_that_ended_takes_the_place_of_nothing(phone, scene):
    draft = begin(scene)
    taken = taken_along(phone, scene, draft)
    end_device(device=phone.device, by=scene.worker, why="lost")
    assert finish(phone, taken, story="From whoever holds it").status_code == 422
    assert Draft.objects.get(pk=draft.pk).answers["story"] == "Begun here"
    assert Draft.objects.count() == 2
    assert take(phone, draft).status_code == 410


def test_handed_over_it_takes_the_place_of_the_draft_that_nobody_touched(phone, scene):
    draft = begin(scene)
    taken = taken_along(phone, scene, draft)
    plain = {**taken, "occurredAt": taken["occurred_at"], "fields": [*taken["fields"], ["whereabouts", "There"]]}
    plain["fields"] = [pair for pair in plain["fields"] if pair[0] != "story"] + [["story", "Typed there"]]
    assert phone.rescue({str(draft.pk): plain}).json()["saved"] == [str(draft.pk)]
    assert Draft.objects.get().answers["story"] == "Typed there"
    assert Draft.objects.get().pk == draft.pk
    # it is one that was handed over now: what the phone finishes of it is met as of any other
    assert finish(phone, {**taken, "fields": plain["fields"]}).status_code == 201
    assert not Draft.objects.exists()


def test_handed_over_it_goes_beside_what_was_written_here(phone, scene):
    draft = begin(scene)
    taken = taken_along(phone, scene, draft)
    work_on(Draft.objects.get(), scene.worker, story="Gone on here")
    plain = {**taken, "occurredAt": taken["occurred_at"]}
    plain["fields"] = [pair for pair in taken["fields"] if pair[0] != "story"] + [["story", "Typed there"]]
    phone.rescue({str(draft.pk): plain})
    left = Draft.objects.get()
    assert (left.pk, left.answers["story"]) == (draft.pk, "Gone on here")
    assert to_choose(left) is not None


def test_asked_twice_it_is_given_twice_and_what_counts_as_touched_stays(phone, scene):
    draft = begin(scene)
    taken_along(phone, scene, draft)
    work_on(Draft.objects.get(), scene.worker, story="Gone on here")
    assert take(phone, draft).status_code == 200
    assert finish(phone, take(phone, draft).json(), story="There").json()["reason"] == "both"


def test_nobody_takes_what_was_not_offered_to_their_phone(phone, scene):
    draft = begin(scene)
    answer = take(phone, draft)
    assert (answer.status_code, answer.json()["why"]) == (409, "not_offered")
    assert offer(draft, scene.worker).status_code == 302
    TakenDraft.objects.update(offered_at=timezone.now() - timedelta(hours=OFFER_HOURS, minutes=1))
    assert take(phone, draft).json()["why"] == "not_offered"
    assert phone.post(f"device-drafts/{draft.pk}", {}).status_code == 403  # the token that delivers reads nothing
    assert phone.post(f"device-drafts/{uuid.uuid4()}", {}, phone.pack).json()["why"] == "not_offered"


def test_a_colleagues_draft_is_not_offered(phone, scene):
    draft = begin(scene)
    colleague = make_user(StaffRole.WORKER, unit=scene.unit)
    assert offer(draft, colleague).status_code == 404
    assert not TakenDraft.objects.exists()


@pytest.mark.parametrize(
    ("what", "why"),
    [("no_phone", "no phone that stores"), ("version", "replaced or withdrawn"), ("left_over", "no longer fit")],
)
def test_it_says_why_it_cannot_go_along(phone, scene, what, why):
    draft = begin(scene)
    scene.worker.language = "en"
    scene.worker.save()
    if what == "no_phone":
        end_device(device=phone.device, by=scene.worker, why="lost")
    if what == "version":
        definition = {**scene.form.definition, "title": {"sq": "Tjetër", "en": "Another"}}
        publish_form(form=save_definition(key=scene.form.form.key, definition=definition))
    if what == "left_over":
        draft.left_over = [{"key": "x"}]
        draft.save()
    answer = offer(Draft.objects.get(), scene.worker)
    assert answer.status_code == 422
    assert why in answer.content.decode()
    assert not TakenDraft.objects.exists()


def test_the_pack_names_what_is_offered_and_the_draft_says_that_it_is_there(phone, scene):
    scene.worker.language = "en"
    scene.worker.save()
    draft = begin(scene)
    page = reverse("intake:section", args=[draft.pk, "person"])
    client = signed_in(scene.worker)
    assert "Offer it to my phone" in client.get(page).content.decode()
    offer(draft, scene.worker)
    pack = phone.client.get("/api/field/v1/device-pack?language=en", headers=phone.bearer(phone.pack)).json()
    assert [each["id"] for each in pack["offered"]] == [str(draft.pk)]
    take(phone, draft)
    pack = phone.client.get("/api/field/v1/device-pack?language=en", headers=phone.bearer(phone.pack)).json()
    assert pack["offered"] == []
    assert "It is on your phone since" in client.get(page).content.decode()


def test_without_a_phone_a_draft_says_nothing_of_one(scene):
    draft = begin(scene)
    page = signed_in(scene.worker).get(reverse("intake:section", args=[draft.pk, "person"]))
    assert reverse("devices:draft", args=[draft.pk]) not in page.content.decode()


def test_every_type_of_answer_is_the_same_behind_its_fields(scene):
    version = publish_form(form=save_definition(key="every_type", definition=every_type()))
    form = version.parsed_form
    draft = Draft(form_version=version, unit=scene.unit, owner=scene.worker, answers={})
    types = {located.item.key: located.item.type for located in form.iter_questions()}
    # Of a file the id stands; what is hidden is in no field.
    left_out = {key for key, type_name in types.items() if type_name in ("file", "hidden")}
    today = timezone.localdate()
    context = CheckContext(Lists(scene.worker), today=today, occurred_on=today, language="en", service_language="en")
    seen: set[str] = set()
    # Every question's first value, then every one's second: drawing all pages of the form takes half a second.
    for position in range(max(map(len, GOOD.values()))):
        given = {key: GOOD[name][position] for key, name in types.items() if len(GOOD.get(name, ())) > position}
        draft.answers = given
        fields = read_posted(draft, scene.worker, "en")
        typed, _missing = read_typed(form, fields, {})
        stated = [form_states(form, each, context).answers for each in (given, typed)]
        before, after = ({key: said for key, said in each.items() if key not in left_out} for each in stated)
        assert after == before, fields
        seen |= before.keys()
    assert len(seen) > 20


def test_one_with_an_answer_in_no_field_stays_here(phone, scene):
    version = publish_form(form=save_definition(key="every_type", definition=every_type()))
    draft = Draft.objects.create(
        form_version=version, unit=scene.unit, owner=scene.worker, section="all", answers={"a_hidden": "from a program"}
    )
    assert offer(draft, scene.worker).status_code == 422
    assert not TakenDraft.objects.exists()


def test_a_file_of_it_stays_here_and_goes_along_with_the_form(phone, scene):
    version = publish_form(form=save_definition(key="photos", definition=photo_form()))
    draft = Draft.objects.create(form_version=version, unit=scene.unit, owner=scene.worker, section="papers")
    stored = store_attachment(content=samples.jpeg(), name="a.jpg", owner=scene.worker, unit=scene.unit, draft=draft)
    question = next(each.item for each in version.parsed_form.iter_questions() if each.item.type == "file")
    draft.answers = {question.key: {"id": str(stored.pk)}}
    draft.save()
    taken = taken_along(phone, scene, Draft.objects.get())
    assert taken["there"] == [str(stored.pk)]
    answer = finish(phone, taken)
    assert answer.status_code in (201, 422), answer.content
    assert Attachment.objects.get().pk == stored.pk
    if answer.status_code == 201:
        assert Attachment.objects.get().submission_id == draft.pk
