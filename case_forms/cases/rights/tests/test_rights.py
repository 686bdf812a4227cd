"""What a person asks about their own data: nobody alone gives it out, and nothing of a third person gets in."""

import io
import json
import uuid
from datetime import timedelta

import pytest
from django.core import mail
from django.db import IntegrityError, transaction
from django.utils import timezone

from access.models import Assignment, StaffRole
from audit.models import AuditEntry
from case_forms.cases.consent.gate import may_share
from case_forms.cases.consent.ledger import Recipient
from case_forms.cases.models import Case, RightsRequest
from case_forms.cases.rights.actions import (
    CannotAnswer,
    NewRequest,
    Proposal,
    decide_answer,
    end_documents,
    hand_over,
    propose_answer,
    register_request,
    withdraw_request,
)
from case_forms.cases.rights.held import OTHERS, OWN, WORDS, compute_fingerprint, read_held
from case_forms.cases.rights.reminders import send_due
from case_forms.submissions.case_purge import forget_case
from notifications.outbox.models import Notice
from notifications.outbox.sharing import may_be_read
from tests.world.consents import record_consent
from tests.world.forms import publish, small_form
from tests.world.places import make_user
from tests.world.scene import make_scene
from vault.tests.spoiling import spoil

pytestmark = pytest.mark.django_db

THIRD = "KANARINA-E-TJETRIT"
STORY = "Kanarina: she told us about her brother Gjergj"


@pytest.fixture
def scene(db):
    made = make_scene()
    definition = small_form()
    for section in definition["sections"]:
        for item in section["items"]:
            for asked in [item, *item.get("items", [])]:
                if asked["item"] != "question":
                    continue
                others = asked["key"] == "companion_name"
                asked |= {"keep_for": 36, "keep_basis": "others" if others else "case_file"}
    made.form = publish(definition)
    made.first = make_user(StaffRole.COORDINATOR, username="first", region=made.place.region)
    made.second = make_user(StaffRole.COORDINATOR, username="second", region=made.place.region)
    sent = made.send(story=STORY, companions=[{"companion_name": THIRD}])
    made.case = Case.objects.get(pk=sent.submission.case_id)
    return made


def wanted(**more):
    given = {
        "kind": "access",
        "received_through": "person",
        "identity": "known",
        "asked_on": timezone.localdate(),
        "language": "en",
        "identity_words": "Kanarina: spoke with her alone.",
    }
    return NewRequest(**{**given, **more})


def register(scene, **more):
    return register_request(case=scene.case, wanted=wanted(**more), by=scene.worker)


def pieces(scene):
    forms = read_held(scene.case, "en")
    return forms, [piece for form in forms for piece in form.pieces]


def propose(scene, request, keep=None, **more):
    forms, found = pieces(scene)
    kept = [piece.key for piece in found if piece.kind == OWN] if keep is None else keep
    given = {"outcome": "part", "kept": kept, "seen": compute_fingerprint(forms), **more}
    return propose_answer(request=request, wanted=Proposal(**given), by=scene.first)


def refusal(call, *args, **kwargs):
    with pytest.raises(CannotAnswer) as caught:
        call(*args, **kwargs)
    return caught.value.code


def test_each_answer_is_the_persons_own_or_words_or_about_others(scene):
    _forms, found = pieces(scene)
    kinds = {piece.key.rsplit("/", 1)[-1]: piece.kind for piece in found}
    assert kinds["companion_name"] == OTHERS
    assert kinds["story"] == WORDS
    assert kinds["age_stated"] == OWN


def test_an_answer_of_which_nobody_said_what_it_is_about_waits_for_a_reader(scene):
    scene.form = publish(small_form() | {"title": {"sq": "Pa afate", "en": "Without terms"}})
    scene.send(municipality=scene.place.municipality.slug)
    newest = [
        piece
        for form in read_held(Case.objects.order_by("-opened_at").first(), "en")
        if form.title == "Without terms"
        for piece in form.pieces
    ]
    assert newest
    assert {piece.kind for piece in newest} == {WORDS}


def test_nothing_of_a_third_person_gets_in_even_when_it_is_asked_for(scene):
    request = register(scene)
    _forms, found = pieces(scene)
    proposed = propose(scene, request, keep=[piece.key for piece in found])
    text = json.dumps(proposed.document, ensure_ascii=False)
    assert STORY in text, "a text that somebody read and ticked is given out"
    assert THIRD not in text
    assert any("about other people" in line for line in proposed.document["left_out"])


def test_a_form_that_cannot_be_opened_stops_no_other_and_is_said(scene):
    sent = scene.follow(scene.case.reference).submission
    spoil(sent, "answers")
    _forms, found = pieces(scene)
    assert any(piece.key == f"{sent.pk}/unreadable" and piece.kind == WORDS for piece in found)
    document = propose(scene, register(scene)).document
    assert [form["title"] for form in document["forms"]] == ["Small identification"]
    assert any("1 text that somebody wrote" in line for line in document["left_out"])


def test_a_text_that_nobody_ticked_is_left_out_and_that_is_said(scene):
    proposed = propose(scene, register(scene))
    text = json.dumps(proposed.document, ensure_ascii=False)
    assert "Kanarina" not in text
    assert any("names or may name somebody else" in line for line in proposed.document["left_out"])


def test_who_received_it_is_an_office_with_its_ground_and_never_a_person(scene):
    Notice.objects.filter(case_id=scene.case.pk).update(sent_at=timezone.now(), attempts=1, state="sent")
    document = propose(scene, register(scene)).document
    assert {each["as"] for each in document["recipients"]} >= {"Anti-trafficking police officer"}
    assert all(each["ground"] for each in document["recipients"])
    names = {name for name in Notice.objects.values_list("contact__name", flat=True) if name}
    text = json.dumps(document, ensure_ascii=False)
    assert names
    assert not any(name in text for name in names)


def test_nobody_alone_gives_a_file_out(scene):
    request = register(scene)
    proposed = propose(scene, request)
    assert not proposed.has_document
    assert refusal(decide_answer, request=proposed, agree=True, by=scene.first) == "own_request"
    assert refusal(decide_answer, request=proposed, agree=True, by=scene.worker) == "not_allowed"
    decided = decide_answer(request=proposed, agree=True, by=scene.second)
    assert decided.has_document


def test_whoever_registered_it_is_no_second_person(scene):
    request = register_request(case=scene.case, wanted=wanted(), by=scene.second)
    proposed = propose(scene, request)
    assert refusal(decide_answer, request=proposed, agree=True, by=scene.second) == "own_request"


def test_the_database_too_refuses_one_person_who_decides_alone(scene):
    proposed = propose(scene, register(scene))
    rows = RightsRequest.objects.filter(pk=proposed.pk)
    with pytest.raises(IntegrityError), transaction.atomic():
        rows.update(state="decided", decided_by=scene.first, decided_at=timezone.now())
    with pytest.raises(IntegrityError), transaction.atomic():
        rows.update(state="decided", decided_by=scene.worker, decided_at=timezone.now())


def test_a_proof_that_does_not_suit_is_refused(scene):
    """A code word speaks for the person, not for a lawyer or a parent who got hold of it."""
    assert refusal(register, scene, received_through="guardian", identity="code_word") == "bad_identity"
    assert refusal(register, scene, identity_words=" ") == "no_words"


def test_what_was_added_meanwhile_must_be_looked_at_first(scene):
    request = register(scene)
    forms, _found = pieces(scene)
    seen = compute_fingerprint(forms)
    scene.follow(scene.case.reference)
    assert refusal(propose, scene, request, seen=seen) == "changed"


def test_sending_back_needs_words_and_drops_what_was_frozen(scene):
    proposed = propose(scene, register(scene))
    assert refusal(decide_answer, request=proposed, agree=False, by=scene.second) == "no_words"
    back = decide_answer(request=proposed, agree=False, by=scene.second, words="The story names her brother.")
    assert (back.state, back.document) == ("open", None)


def test_a_refusal_says_why_and_takes_two_as_well(scene):
    request = register(scene)
    assert refusal(propose, scene, request, outcome="refused") == "no_reason"
    proposed = propose(scene, request, outcome="refused", refusal="unsafe_representative", words="He waits outside.")
    assert proposed.document is None
    decided = decide_answer(request=proposed, agree=True, by=scene.second)
    assert not decided.has_document
    assert decided.next_reminder_at is None


def test_handing_over_is_recorded_and_the_file_ends(scene):
    decided = decide_answer(request=propose(scene, register(scene)), agree=True, by=scene.second)
    handed = hand_over(request=decided, to="person", on=timezone.localdate(), words="In the office.", by=scene.worker)
    assert handed.state == "handed"
    assert handed.next_reminder_at is None
    assert end_documents(timezone.localdate() + timedelta(days=14)) == 0
    assert end_documents(timezone.localdate() + timedelta(days=15)) == 1
    assert RightsRequest.objects.get().document is None


def test_a_file_whose_days_are_over_cannot_be_handed_over(scene):
    decided = decide_answer(request=propose(scene, register(scene)), agree=True, by=scene.second)
    RightsRequest.objects.update(document_until=timezone.localdate() - timedelta(days=1))
    assert refusal(hand_over, request=decided, to="person", on=timezone.localdate(), words="", by=scene.worker) == (
        "no_document"
    )


def test_nothing_of_it_lies_in_clear_and_forgetting_the_case_erases_it(scene):
    propose(scene, register(scene))
    stored = str(RightsRequest.objects.values_list("words", "document").get())
    assert "Kanarina" not in stored
    assert "Gjergj" not in stored
    Case.objects.update(closed_at=timezone.now(), forget_after=timezone.localdate())
    assert forget_case(scene.case.pk, timezone.localdate(), again=True)
    left = RightsRequest.objects.get()
    assert (left.words, left.document) == ({}, None)


def test_the_record_names_no_one_and_quotes_nothing(scene):
    decided = decide_answer(request=propose(scene, register(scene)), agree=True, by=scene.second, words="Kanarina")
    hand_over(request=decided, to="person", on=timezone.localdate(), words="Kanarina", by=scene.worker)
    entries = AuditEntry.objects.filter(action__startswith="rights.")
    assert set(entries.values_list("action", flat=True)) == {
        "rights.registered",
        "rights.proposed",
        "rights.decided",
        "rights.handed_over",
    }
    assert "Kanarina" not in str(list(entries.values_list("detail", flat=True)))


# ---- restriction


def to_service(scene):
    return Recipient("protection_service", scene.offices["protection_service"])


def test_a_restriction_stops_what_rests_on_consent_at_once_and_no_duty(scene):
    record_consent(scene.case, partner=scene.offices["protection_service"])
    assert may_share(scene.case, to_service(scene), at=timezone.now()).is_allowed
    register(scene, kind="restriction")
    case = Case.objects.get(pk=scene.case.pk)
    verdict = may_share(case, to_service(scene), at=timezone.now())
    assert (verdict.is_allowed, verdict.code) == (False, "restricted")
    assert set(verdict.words) == {"sq", "en"}
    assert may_share(case, Recipient("police", None), at=timezone.now()).is_allowed


def test_a_link_that_rests_on_consent_opens_nothing_while_restricted(scene):
    scene.follow(scene.case.reference, to_org=scene.offices["protection_service"].slug)
    by_consent = Notice.objects.filter(case_id=scene.case.pk, role="protection_service").first()
    by_duty = Notice.objects.filter(case_id=scene.case.pk, role="police").first()
    assert may_be_read(by_consent, timezone.now())
    request = register(scene, kind="restriction")
    assert not may_be_read(by_consent, timezone.now())
    assert may_be_read(by_duty, timezone.now())
    proposed = propose(scene, request, outcome="lifted", words="She asked for it.")
    decide_answer(request=proposed, agree=True, by=scene.second)
    assert may_be_read(by_consent, timezone.now())


def test_a_restriction_is_lifted_by_two_and_never_just_withdrawn(scene):
    record_consent(scene.case, partner=scene.offices["protection_service"])
    request = register(scene, kind="objection")
    assert refusal(withdraw_request, request=request, by=scene.worker) == "not_allowed"
    assert refusal(propose, scene, request, outcome="lifted") == "no_words"
    proposed = propose(scene, request, outcome="lifted", words="She asked for it.")
    assert Case.objects.get().restricted_at is not None, "until the second person agrees"
    decide_answer(request=proposed, agree=True, by=scene.second)
    assert Case.objects.get().restricted_at is None
    assert may_share(Case.objects.get(), to_service(scene), at=timezone.now()).is_allowed


def test_of_two_restrictions_one_that_ends_leaves_the_other(scene):
    first = register(scene, kind="objection")
    second = register(scene, kind="restriction")
    proposed = propose(scene, first, outcome="lifted", words="Settled.")
    decide_answer(request=proposed, agree=True, by=scene.second)
    assert Case.objects.get().restricted_at == second.registered_at


# ---- time


def test_coordinators_are_reminded_and_the_mail_says_nothing_of_the_person(scene):
    request = register(scene)
    Assignment.objects.filter(user__in=(scene.first, scene.second)).update(region=scene.place.region)
    for each in (scene.first, scene.second):
        each.email = f"{each.username}@vatra.test"
        each.save()
    before = request.next_reminder_at
    assert send_due(now=before - timedelta(minutes=1)) == 0
    assert send_due(now=before + timedelta(minutes=1)) == 1
    assert send_due(now=before + timedelta(minutes=2)) == 0
    assert sorted(message.to[0] for message in mail.outbox) == ["first@vatra.test", "second@vatra.test"]
    assert all("Kanarina" not in f"{message.subject} {message.body}" for message in mail.outbox)
    assert send_due(now=before + timedelta(days=2, minutes=5)) == 1


# ---- the pages


def test_the_whole_way_through_the_pages(scene, client):
    client.force_login(scene.worker)
    address = f"/field/cases/{scene.case.reference}/rights/"
    page = client.get(address)
    assert page.status_code == 200
    wrong = client.post(address, {"kind": "access"})
    assert wrong.status_code == 422
    sent = client.post(
        address,
        {
            "kind": "access",
            "received_through": "person",
            "identity": "known",
            "identity_words": "Alone, in the office.",
            "asked_on": timezone.localdate().isoformat(),
            "language": "en",
        },
    )
    here = sent["Location"]
    page = client.get(here)
    text = page.content.decode()
    assert STORY in text, "the reviewer reads it"
    assert THIRD not in text, "and isn't even offered what is about others"
    kept = [each["piece"].key for form in page.context["held"] for each in form["pieces"] if each["is_kept"]]
    assert not any(key.endswith("/story") for key in kept)
    proposal = {"do": "propose", "seen": page.context["seen"], "keep": kept, "outcome": "part", "words": ""}
    assert client.post(here, proposal).status_code == 302
    assert client.get(f"{here}file.pdf").status_code == 404
    client.force_login(scene.second)
    decided = client.get(here)
    assert "Exactly this is given out" in decided.content.decode() or decided.context["document"]
    assert client.post(here, {"do": "agree", "words": ""}).status_code == 302
    got = client.get(f"{here}file.json")
    assert got["Content-Type"] == "application/json"
    assert json.loads(got.content)["format"] == 1
    assert THIRD not in got.content.decode()
    paper = client.get(f"{here}file.pdf")
    assert paper["Content-Type"] == "application/pdf"
    assert "no-store" in paper["Cache-Control"]
    from pypdf import PdfReader

    words = " ".join(page.extract_text() for page in PdfReader(io.BytesIO(paper.content)).pages)
    assert "What we store about you" in words
    assert THIRD not in words
    assert "Gjergj" not in words
    assert AuditEntry.objects.filter(action="rights.fetched").count() == 2


def test_a_request_of_another_region_is_not_there(scene, client):
    request = register(scene)
    from tests.world.places import make_place

    stranger = make_user(StaffRole.COORDINATOR, username="stranger", region=make_place("lezhe", "Lezhë").region)
    client.force_login(stranger)
    for address in ("", f"{request.pk}/", f"{request.pk}/file.pdf", f"{uuid.uuid4()}/"):
        assert client.get(f"/field/cases/{scene.case.reference}/rights/{address}").status_code == 404
