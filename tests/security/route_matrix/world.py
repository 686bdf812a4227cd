"""What stands behind the addresses: one row of each kind in the region of the matrix, beside the demo."""

import secrets
from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.contrib.contenttypes.models import ContentType
from django.utils import timezone
from wagtail.models import Locale, Page, PageViewRestriction, Revision, WorkflowState
from wagtail_localize.models import OverridableSegment, StringSegment, Translation, TranslationSource

from access.models import (
    AddressChange,
    Assignment,
    FactorReset,
    MobileUnit,
    PlaceChange,
    RoleRequest,
    SessionEnd,
    User,
)
from access.place_changes.models import PlaceKind
from access.staff.models import TwoPeople
from audit.chain import SYSTEM
from case_forms.accountability.models import Breach, BreachEntry
from case_forms.cases.documents.models import DocumentKind
from case_forms.cases.finding.models import CaseAccess, CaseMerge, CaseTransfer, IdentityQuestion, IdentityRequest
from case_forms.cases.models import (
    Case,
    CaseClosing,
    CaseDocument,
    Deadline,
    DeadlineKind,
    FormMove,
    Referral,
    RightsRequest,
    StatusChange,
)
from case_forms.cases.notes.actions import add_note
from case_forms.devices.actions import grant_device, set_up_device
from case_forms.devices.models import Device
from case_forms.form_builder.models import FormDefinition, FormVersion
from case_forms.procedures.models import Procedure
from case_forms.session_requests.actions import receive_request
from case_forms.session_requests.models import SessionRequest
from case_forms.simulation.models import Replay, Scenario
from case_forms.submissions.attachments.storage import write_content
from case_forms.submissions.drafts.actions import start_draft
from case_forms.submissions.exports.models import Decision, Reason
from case_forms.submissions.models import AnswerExport, Attachment, Draft, Submission
from case_forms.tips import voices
from case_forms.tips.models import Tip
from case_forms.tips.wav import Recording
from case_forms.zones.models import PlannedVisit, Zone
from content.models import ArticlePage, Hotline
from notifications.directory.changes.models import Act, ChangedKind, DirectoryChange
from notifications.directory.models import (
    Agreement,
    AgreementDocument,
    Contact,
    ContactWay,
    DutyLink,
    DutyRequest,
    Leave,
    OfficeConflict,
    Partner,
    ServiceProfile,
)
from notifications.directory.own_duty.links import DUTY
from notifications.directory.own_duty.models import RequestKind, Stage
from notifications.directory.services.links import make_link
from notifications.outbox.models import Notice
from notifications.texts.actions import propose_text
from notifications.texts.models import TextVersion
from outreach_pages.kits.versions import freeze
from outreach_pages.models import InformativeSession, KitPage, KitVersion, MaterialLibraryPage, MaterialPage
from outreach_pages.records.phones.actions import set_aside
from outreach_pages.records.phones.models import PhoneRecord, ReturnedWhy
from tests.world.consents import record_consent

from .people import HERE, Person


class World:
    """The rows by the parameter of an address that names them: `{"draft_id": ..., "page_id": ...}`."""

    def __init__(self, people: dict[str, Person]) -> None:
        self.people = people
        self.unit = MobileUnit.objects.get(region__slug=HERE)
        self.worker: User = people["worker"].user
        self.case = Case.objects.filter(unit=self.unit).order_by("pk").first()
        self.other = User.objects.create_user("matrix-somebody-else", "e@vatra.example", "x")
        Assignment.objects.create(user=self.other, role="worker", unit=self.unit)
        self.values: dict[str, Any] = {
            **self._field_values(),
            **self._page_values(),
            **self._translation_values(),
            **self._brief_values(),
            **self._words(),
            **self._finding_values(),
        }
        self.by_view = self._values_by_view()

    def _field_values(self) -> dict[str, Any]:
        submission = Submission.objects.filter(case=self.case).order_by("pk").first()
        version = FormVersion.objects.newest().get(form__key="initial_identification")
        draft = start_draft(form_version=version, unit=self.unit, owner=self.worker)
        municipality = self.unit.region.municipalities.first()
        zone = Zone.objects.create(municipality=municipality, name="Zona e provës")
        visit = PlannedVisit.objects.create(
            zone=zone, unit=self.unit, on=timezone.localdate() + timedelta(days=1), made_by=self.worker
        )
        export = AnswerExport.objects.create(form=version.form, by=self.worker, format="csv", language="sq")
        session = InformativeSession.objects.filter(unit=self.unit).order_by("pk").first()
        return {
            "draft_id": draft.pk,
            "section_key": version.definition["sections"][0]["key"],
            "form_key": version.form.key,
            "attachment_id": self._attachment(draft).pk,
            "submission_id": submission.pk,
            "reference": self.case.reference,
            "task": self._task().pk,
            "note_id": add_note(case=self.case, text="x", by=self.worker).pk,
            "notice_id": Notice.objects.filter(case_id=self.case.pk).first().pk,
            "zone_id": zone.pk,
            "visit_id": visit.pk,
            "export_id": export.pk,
            "session_id": session.pk,
            "record_id": self._phone_record(session).pk,
            "device_id": self._device().pk,
            "uuid": uuid4(),
            "ending": "json",
            "code": session.card_code,
            "number": version.number,
            "version": version.number,
        }

    def _phone_record(self, session: InformativeSession) -> PhoneRecord:
        """What a phone of the worker's delivered of a session, and what couldn't be recorded."""
        fields = [("_session", str(session.pk)), ("total", "3")]
        return set_aside(identity=uuid4(), fields=fields, by=self.worker, unit=self.unit, why=ReturnedWhy.CHANGED)

    def _device(self) -> Device:
        """The worker's phone, which a coordinator of the region allowed."""
        coordinator = self.people["coordinator"].user
        grant_device(user=self.worker, region=self.unit.region, by=coordinator)
        return set_up_device(user=self.worker, name="Telefoni i matrices", replace=True).device

    def _consent(self) -> str:
        record_consent(self.case, role="health")
        return "role:health"

    def _request(self) -> RightsRequest:
        """A person's request about their data, granted by two, with its file."""
        first, second = self.people["coordinator"].user, self.people["coordinator elsewhere"].user
        return RightsRequest.objects.create(
            case=self.case,
            kind="access",
            received_through="person",
            identity="known",
            asked_on=timezone.localdate(),
            due_on=timezone.localdate(),
            state="decided",
            outcome="part",
            document={"format": 1, "language": "sq"},
            document_until=timezone.localdate(),
            registered_by=self.worker,
            proposed_by=first,
            decided_by=second,
            decided_at=timezone.now(),
        )

    def _breach(self) -> Breach:
        now = timezone.now()
        breach = Breach.objects.create(number=1, known_at=now, due_at=now, opened_by=self.worker)
        BreachEntry.objects.create(breach=breach, words={"what": "x"}, written_by=self.worker)
        return breach

    def _document(self) -> CaseDocument:
        return CaseDocument.objects.create(
            case=self.case,
            kind=DocumentKind.SUMMARY,
            version=1,
            language="sq",
            pdf=b"%PDF",
            pages=1,
            made_at=timezone.now(),
        )

    def _task(self) -> Deadline:
        """A task of the case that no form answers."""
        return Deadline.objects.create(
            case=self.case,
            event=self.case.events.order_by("at").first(),
            kind=DeadlineKind.TASK,
            key="of_the_matrix",
            label={"sq": "x", "en": "x"},
            starts_at=timezone.now(),
            owner="mobile_unit",
        )

    def _attachment(self, draft: Draft) -> Attachment:
        identity = uuid4()
        return Attachment.objects.create(
            id=identity,
            draft=draft,
            owner=self.worker,
            unit=self.unit,
            media_type="image/png",
            size=3,
            fingerprint="x",
            name="prova.png",
            content_key=write_content(identity, b"abc"),
        )

    def _page_values(self) -> dict[str, Any]:
        page = ArticlePage.objects.filter(locale__language_code="sq").order_by("pk").first()
        revision = page.save_revision(user=self.people["editor"].user)
        editor = self.people["editor"].user
        waiting = ArticlePage.objects.filter(locale__language_code="sq").order_by("pk").last()
        waiting.save_revision(user=editor)
        state: WorkflowState = waiting.get_workflow().start(waiting, editor)
        task = state.current_task_state
        self.waiting = waiting
        return {
            "page_id": page.pk,
            "parent_page_id": page.get_parent().pk,
            "page_to_move_id": page.pk,
            "destination_id": page.get_parent().get_parent().pk,
            "revision_id": revision.pk,
            "revision_id_a": "live",
            "revision_id_b": "latest",
            "task_state_id": task.pk,
            "state_id": task.pk,
            "task_id": task.task_id,
            "workflow_state_id": state.pk,
            "workflow_pk": state.workflow_id,
            "page_pk": page.pk,
            "content_type_app_name": "content",
            "content_type_model_name": "articlepage",
            "collection_id": 1,
            "page_view_restriction_id": PageViewRestriction.objects.create(
                page=Page.objects.get(pk=page.pk), restriction_type="password", password="x"
            ).pk,
        }

    def _translation_values(self) -> dict[str, Any]:
        page = ArticlePage.objects.filter(locale__language_code="sq").order_by("pk")[3]
        source, _made = TranslationSource.update_or_create_from_instance(page)
        translation = Translation.objects.create(source=source, target_locale=Locale.objects.get(language_code="en"))
        overridable = OverridableSegment.objects.filter(source=source).first()
        return {
            "translation_source_id": source.pk,
            "translation_id": translation.pk,
            "string_segment_id": StringSegment.objects.filter(source=source).first().pk,
            "overridable_segment_id": overridable.pk if overridable else 1,
            "mode": "x",
        }

    def _brief_values(self) -> dict[str, Any]:
        notice = Notice.objects.filter(contact__isnull=False).first()
        return {"token": notice.link_token, "report": uuid4()}

    def _finding_values(self) -> dict[str, Any]:
        """What two units of one region have to do with each other: nobody of another region has a side in it."""
        mate = MobileUnit.objects.create(slug="matrix-second", name="Njësia e dytë", region=self.unit.region)
        known_elsewhere = Case.objects.exclude(region=self.unit.region).order_by("pk").first()
        question = IdentityQuestion.objects.create(
            asked_by=self.worker, unit=self.unit, digest="x", key_id="x", answer="other", found=known_elsewhere
        )
        asked = IdentityRequest.objects.create(
            case=self.case, unit=mate, asked_by=self.other, expires_at=timezone.now() + timedelta(days=7)
        )
        twin = Case.objects.get(pk=self.case.pk)
        twin.pk, twin.reference, twin._state.adding = uuid4(), "MATR2X", True
        twin.save(force_insert=True)
        return {
            "question_id": question.pk,
            "request_id": asked.pk,
            "access_id": CaseAccess.objects.create(case=self.case, unit=mate, request=asked).pk,
            "merge_id": CaseMerge.objects.create(kept=self.case, duplicate=twin, proposed_by=self.other).pk,
            "transfer_id": CaseTransfer.objects.create(
                case=twin,
                from_unit=self.unit,
                to_unit=mate,
                from_municipality=self.case.municipality,
                to_municipality=self.case.municipality,
                reason="x",
                asked_by=self.other,
            ).pk,
        }

    def _words(self) -> dict[str, Any]:
        return {
            "app_label": "content",
            "app_name": "content",
            "model_name": "articlepage",
            "action": "delete",
            "action_name": "approve",
            "language": "sq",
            "kind": "svg",
            "when": "para",
            "slug": HERE,
            "key": "initial_identification",
            "secret": "nobodys-secret",
            "filter_spec": "width-100",
            "path": "none.png",
            "uidb64": "MQ",
            "object_id": str(ArticlePage.objects.order_by("pk").first().pk),
            "contact_id": self._contact().pk,
            "restriction_id": 1,
            "assignment": self.other.assignments.get().pk,
            "instance_pk": str(self.case.pk),
        }

    def _way(self) -> ContactWay:
        way, _made = ContactWay.objects.get_or_create(
            contact=self._contact(), channel="sms", address="+355691234567", defaults={"confirmed_at": timezone.now()}
        )
        return way

    def _duty_request(self) -> DutyRequest:
        start = timezone.now() + timedelta(days=9)
        return DutyRequest.objects.create(
            kind=RequestKind.LEAVE,
            contact=self._contact(),
            starts_at=start,
            ends_at=start + timedelta(hours=5),
            leave_kind="holiday",
            stage=Stage.COORDINATOR,
        )

    def _tip_with_voice(self) -> Tip:
        tip = Tip.objects.get()
        with voices.write_voice(Recording(rate=8000, samples=b"\0\0" * 8000), now=timezone.now()) as voice:
            assert voice is not None
            voice.tip = tip
            voice.save(force_insert=True)
        return tip

    def _session_request(self) -> SessionRequest:
        return receive_request(
            secret=secrets.token_bytes(32),
            form_version=FormVersion.objects.newest().for_public().get(form__key="session_request"),
            answers={"municipality": HERE, "institution": "Shkolla “Prova”"},
            language="sq",
        ).request

    def _contact(self) -> Contact:
        return Contact.objects.filter(partner=self._office()).order_by("pk").first()

    def _office(self) -> Partner:
        """One whose every place lies in the region: what its own coordinator keeps."""
        return (
            Partner.objects.filter(municipality__region__slug=HERE, contacts__isnull=False, is_active=True)
            .order_by("pk")
            .first()
        )

    def _webhook(self) -> ContactWay:
        url = "https://system.partner.example/vatra"
        return ContactWay.objects.create(contact=self._contact(), channel="webhook", address=url)

    def _closed_office(self) -> Partner:
        office = self._office()
        return Partner.objects.create(
            slug="matrix-closed",
            role=office.role,
            municipality=office.municipality,
            names=office.names,
            is_active=False,
        )

    def _simulation_values(self) -> dict[str, Any]:
        procedure = Procedure.objects.order_by("pk")[0]
        story = {"form": "initial_identification", "municipality": "vlore", "at": "2026-03-11T10:00", "acts": []}
        scenario = Scenario.objects.create(procedure=procedure.key, key="of_the_matrix", title={"en": "x"}, story=story)
        replay = Replay.objects.create(
            procedure=procedure.key, draft="{}", asked_by=self.people["coordinator"].user, state="failed"
        )
        return {"pk": procedure.pk, "scenario": scenario.pk, "replay": replay.pk}

    def _names_asked_for(self, form: FormDefinition) -> AnswerExport:
        return AnswerExport.objects.create(
            form=form,
            by=self.people["coordinator of all regions"].user,
            format="csv",
            language="sq",
            with_names=True,
            reason=Reason.CHECK,
            words={"reason": "x"},
            decision=Decision.WAITING,
        )

    def _values_by_view(self) -> dict[str, dict[str, Any]]:
        """Where a parameter's name says too little: by the beginning of the view's name."""
        keeper, other = self.people["operator"].user, self.other
        asked: dict[type[TwoPeople], Any] = {
            FactorReset: {},
            SessionEnd: {},
            AddressChange: {"email": "new@vatra.example"},
            RoleRequest: {"role": "worker", "unit": self.unit, "starts_on": timezone.localdate()},
        }
        made = {model: model.objects.create(user=other, asked_by=keeper, **more) for model, more in asked.items()}
        office, form = self._office(), FormDefinition.objects.get(key="initial_identification")
        change = DirectoryChange.objects.create(
            kind=ChangedKind.CONTACT,
            act=Act.CHANGE,
            entry_id=self._contact().pk,
            office=office,
            values={"before": {"name": "A"}, "after": {"name": "B"}, "concerned": {}},
            asked_by=self.people["coordinator of all regions"].user,
        )
        Leave.objects.create(
            contact=self._contact(),
            starts_at=timezone.now() + timedelta(days=3),
            ends_at=timezone.now() + timedelta(days=9),
        )
        CaseClosing.objects.create(
            case=self.case,
            act="close",
            reason="finished",
            asked_by=other,
            decision="refused",
            decided_by=self.people["coordinator"].user,
            decided_at=timezone.now(),
        )
        StatusChange.objects.create(
            case=self.case,
            before="potential_victim",
            wanted="at_risk",
            proposed_by=other,
            decision="refused",
            decided_by=self.people["coordinator"].user,
            decided_at=timezone.now(),
        )
        FormMove.objects.create(
            submission_id=self.values["submission_id"],
            source=self.case,
            words_of=self.case,
            proposed_by=other,
            decision="declined",
            decided_by=self.people["coordinator"].user,
            decided_at=timezone.now(),
        )
        referral = Referral.objects.create(case=self.case, event=self.case.events.first(), partner=office)
        agreement = Agreement.objects.create(partner=office, signed_on=timezone.localdate())
        AgreementDocument.objects.create(agreement=agreement, number=1, content=b"%PDF", size=4, added_by=keeper)
        profile = ServiceProfile.objects.create(partner=office)
        place = PlaceChange.objects.create(
            kind=PlaceKind.UNIT,
            entry_id=self.unit.pk,
            values={"before": {"callback_phone": "+355690000001"}, "after": {"callback_phone": "+355690000002"}},
            asked_by=keeper,
        )
        conflict = OfficeConflict.objects.create(kept=office, switched_off=self._closed_office())
        form_type = ContentType.objects.get_for_model(FormDefinition)
        revision = Revision.objects.filter(content_type=form_type, object_id=str(form.pk)).first()
        return {
            "cases:document": {"document": self._document().pk},
            "intake:decide_names": {"export_id": self._names_asked_for(form).pk},
            "wagtailadmin_editing_sessions:": {"session_id": 1},
            "cases:fact": {"key": "municipality"},
            "cases:referral_step": {"referral": referral.pk, "kind": "arrived"},
            "cases:refer_again": {"referral": referral.pk},
            "signals:": {"reference": self._tip_with_voice().reference},
            "session_requests:": {"reference": self._session_request().reference},
            "simulation:": self._simulation_values(),
            "simulation_form": {"form": form.key},
            "staff:": {"pk": other.pk},
            "factor_resets:ask": {"pk": other.pk},
            "factor_resets:decide": {"pk": made[FactorReset].pk},
            "by_two:role": {"pk": made[RoleRequest].pk},
            "by_two:address": {"pk": made[AddressChange].pk},
            "by_two:place": {"pk": place.pk},
            "office_conflict_checked": {"pk": conflict.pk},
            "by_two:session_end": {"pk": made[SessionEnd].pk},
            "directory_changes:change": {"pk": change.pk},
            "directory_changes:test_again": {"pk": self._contact().pk},
            "contact:": {"pk": self._contact().pk},
            "contactway:": {"pk": self._way().pk},
            "directory_changes:test_way": {"pk": self._way().pk},
            "text_version": {"pk": self._text_version().pk},
            "text": {"key": "mail.greeting"},
            "partner:": {"pk": office.pk},
            "serviceprofile:": {"pk": profile.pk},
            "agreement_account": {"pk": agreement.pk},
            "agreement:": {"pk": agreement.pk, "number": 1},
            "places_links": {"pk": office.pk},
            "fill_roster": {"pk": office.pk},
            "duty_links": {"pk": office.pk},
            "drills_of_region": {"slug": HERE},
            "begin_drill": {"slug": HERE},
            "duty_request": {"pk": self._duty_request().pk},
            "own_duty:page": {"token": DUTY.make(DutyLink, self._contact(), actor=SYSTEM).link_token},
            "own_duty:calendar": {"secret": "x"},
            "webhook_keys": {"pk": self._webhook().pk},
            "places:": {"token": make_link(self._contact(), actor=SYSTEM).link_token},
            "dutyshift:": {"pk": office.shifts.first().pk},
            "leave:": {"pk": Leave.objects.get().pk},
            "line_": {"pk": Hotline.objects.first().pk},
            "wagtailsnippets_builder_formdefinition:": {"pk": form.pk, "revision_id": revision.pk if revision else 1},
            "wagtailadmin_pages:workflow": {"page_id": self.waiting.pk},
            "wagtailadmin_pages:co": {"page_id": self.waiting.pk},
            "accountability:": {"pk": self._breach().pk, "ending": "json"},
            "cases:right": {"request_id": self._request().pk},
            "cases:withdraw_consent": {"key": self._consent()},
            "cases_referral": {"instance_pk": str(referral.pk)},
            "cases_deadline": {"instance_pk": str(self.values["task"])},
            "intake_submission": {"instance_pk": str(self.values["submission_id"])},
            "outbox_notice": {"instance_pk": str(self.values["notice_id"])},
            "guide": {"slug": "editor", "language": "en"},
            "session_cards:handout": {"kind": "poster_a4"},
            "session_kits:": self._kit(),
            "kit_usage": {"page_id": self._kit()["page_id"]},
            "api:hotlines": {"key": Hotline.objects.first().key},
            "api:regions": {"key": HERE},
            "api:glossary": {"key": 1},
            "api:pages": {"key": self.values["page_id"]},
            "api:": {"key": 1},
            "papers:": {"key": "leaflet"},
            "sandbox:": {"key": "x"},
            "wagtailadmin_api:pages": {"pk": self.values["page_id"], "action_name": "copy"},
            "wagtail_localize:s": {"app_label": "content", "model_name": "hotline", "pk": Hotline.objects.first().pk},
            "wagtailsettings:": {"app_name": "content", "model_name": "sitetexts", "pk": 1},
        }

    def _kit(self) -> dict[str, int]:
        """A kit with slides, and its first version, which stands in the library since it was published."""
        found = KitVersion.objects.first()
        if found is None:
            locale = Locale.objects.get(language_code="sq")
            library = MaterialLibraryPage(title="Biblioteka", slug="biblioteka-e-matrices", locale=locale)
            Page.get_first_root_node().add_child(instance=library)
            slide = [("slide", {"title": "x", "text": "<p>x</p>", "notes": "x"})]
            slides = MaterialPage(title="x", kind="slides", audiences=["grade_9"], body=slide, locale=locale)
            library.add_child(instance=slides)
            kit = KitPage(title="x", audience="grade_9", parts=[("material", slides)], locale=locale)
            library.add_child(instance=kit)
            found = freeze(kit=kit, by=None)
        slides_of_it = next(each for each in found.content["materials"] if each["kind"] == "slides")
        return {"version_id": found.pk, "page_id": slides_of_it["page"]}

    def _text_version(self) -> TextVersion:
        texts = {"sq": "Përshëndetje,", "en": "Good day,"}
        return propose_text(key="mail.greeting", texts=texts, reason="x", by=self.other)

    def value_of(self, view: str, parameter: str, model: Any) -> Any:
        """What stands for this parameter of this view; `model` is what a tool's view says it is about."""
        for start, values in self.by_view.items():
            if view.startswith(start) and parameter in values:
                return values[parameter]
        if parameter in self.values:
            return self.values[parameter]
        found = model._default_manager.order_by("pk").first() if model is not None else None
        return found.pk if found is not None else 1
