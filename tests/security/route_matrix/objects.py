"""Every model of the service, and whose its rows are. A model without a line here fails `test_object_matrix`.

A region's rows are looked for on every list, register, search result, file and API answer of people who have no part in
that region; what can be looked for is what names them there (`Marks`): a reference, a code, an id.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db.models import Model

from access.models import MobileUnit
from case_forms.cases.finding.models import CaseMerge, CaseTransfer, IdentityQuestion, IdentityRequest
from case_forms.cases.models import (
    Case,
    CaseClosing,
    CaseDocument,
    CaseNote,
    Deadline,
    FormMove,
    Referral,
    RightsRequest,
    StatusChange,
)
from case_forms.devices.models import Device
from case_forms.session_requests.models import SessionRequest
from case_forms.submissions.models import AnswerExport, Attachment, Draft, Submission
from case_forms.tips.models import Tip
from case_forms.zones.models import PlannedVisit, Zone
from notifications.outbox.models import Notice
from outreach_pages.models import InformativeSession
from outreach_pages.records.phones.models import PhoneRecord

Rows = Iterable[Any]
ROOMS = ("access", "audit", "config", "vault", "case_forms", "content", "notifications", "outreach_pages")


@dataclass(frozen=True)
class Region:
    """Rows of a region. `of`: those of a unit. `marks`: what names a row on a page. `lists`: whether any page lists it.

    `is_of_cases`: also kept from whoever has no part in cases at all: editors, operators, visitors.
    """

    of: Callable[[MobileUnit], Rows]
    marks: Callable[[Any], list[str]]
    is_listed: bool = True
    is_of_cases: bool = True


@dataclass(frozen=True)
class Inside:
    """Rows that no page names: they are reached through another object, which decides who sees them."""

    of: str


@dataclass(frozen=True)
class Nationwide:
    """Rows that are no region's, and why."""

    because: str


def _key(row: Any) -> list[str]:
    return [str(row.pk)]


def _of_cases(model: type[Model]) -> Callable[[MobileUnit], Rows]:
    return lambda unit: model._default_manager.filter(case__unit=unit)


OBJECTS: dict[str, Region | Inside | Nationwide] = {
    # cases and what hangs on them
    "cases.Case": Region(lambda unit: Case.objects.filter(unit=unit), lambda row: [row.reference, str(row.pk)]),
    "cases.Referral": Region(_of_cases(Referral), _key),
    "cases.Deadline": Region(_of_cases(Deadline), lambda row: [f"/cms/cases/deadline/inspect/{row.pk}/"]),
    "cases.CaseClosing": Region(_of_cases(CaseClosing), _key, is_listed=False),
    "cases.FormMove": Region(lambda unit: FormMove.objects.filter(source__unit=unit), _key, is_listed=False),
    "cases.StatusChange": Region(_of_cases(StatusChange), _key, is_listed=False),
    "cases.CaseDocument": Region(_of_cases(CaseDocument), _key, is_listed=False),
    "cases.CaseNote": Region(_of_cases(CaseNote), _key, is_listed=False),
    "cases.RightsRequest": Region(_of_cases(RightsRequest), _key, is_listed=False),
    "cases.IdentityRequest": Region(_of_cases(IdentityRequest), _key),
    "cases.IdentityQuestion": Region(lambda unit: IdentityQuestion.objects.filter(unit=unit), _key, is_listed=False),
    "cases.CaseMerge": Region(lambda unit: CaseMerge.objects.filter(kept__unit=unit), _key),
    "cases.CaseTransfer": Region(_of_cases(CaseTransfer), _key),
    "outbox.Notice": Region(
        lambda unit: Notice.objects.filter(case_id__in=Case.objects.filter(unit=unit).values("pk")),
        lambda row: [row.code, str(row.pk), row.link_token],
    ),
    "intake.Submission": Region(lambda unit: Submission.objects.filter(unit=unit), _key),
    "intake.Draft": Region(lambda unit: Draft.objects.filter(unit=unit), _key),
    "intake.Attachment": Region(lambda unit: Attachment.objects.filter(unit=unit), _key, is_listed=False),
    "intake.AnswerExport": Region(lambda unit: AnswerExport.objects.filter(by__assignments__unit=unit), _key),
    "signals.Tip": Region(lambda unit: Tip.objects.filter(unit=unit), lambda row: [row.reference, str(row.pk)]),
    # phones of the region's workers
    "devices.Device": Region(
        lambda unit: Device.objects.filter(grant__region=unit.region), lambda row: [str(row.pk)], is_of_cases=False
    ),
    **{
        model: Inside("a phone, or its owner's permission for one")
        for model in (
            *("devices.DeviceGrant", "devices.Arrival", "devices.SealedFile", "devices.Rescue", "devices.PhoneAlarm"),
            "devices.TakenDraft",
            *("devices.RoadCase", "alarm_rules.AlarmEvent"),
        )
    },
    # the unit's other work
    "session_requests.SessionRequest": Region(
        lambda unit: SessionRequest.objects.filter(unit=unit),
        lambda row: [row.reference, str(row.pk)],
        is_of_cases=False,
    ),
    "zones.Zone": Region(
        lambda unit: Zone.objects.filter(municipality__region=unit.region),
        lambda row: [row.name],
        is_of_cases=False,
    ),
    "zones.PlannedVisit": Region(
        lambda unit: PlannedVisit.objects.filter(unit=unit),
        lambda row: [f"/plan/{row.pk}/"],
        is_of_cases=False,
    ),
    "outreach_pages.PhoneRecord": Region(lambda unit: PhoneRecord.objects.filter(unit=unit), _key, is_of_cases=False),
    "outreach_pages.InformativeSession": Region(
        lambda unit: InformativeSession.objects.filter(unit=unit), _key, is_of_cases=False
    ),
    **{
        model: Inside("a case, or a form of one")
        for model in (
            *("cases.CaseEvent", "cases.CorrectedForm", "cases.AwaitedDate", "cases.ConsentEntry", "cases.CaseFact"),
            "cases.MovedForm",
            *("cases.SharingDecision", "cases.IdentityToken", "cases.ProbableMatch", "cases.CaseAccess"),
            *("cases.ReferralStep", "cases.FlagChange"),
            *(
                "cases.CaseLink",
                "cases.LeadChange",
                "cases.CaseAssignment",
                "cases.CaseHold",
                "intake.ExportPart",
                "vault.DataKey",
            ),
        )
    },
    **{
        model: Inside("a notice")
        for model in (
            *("outbox.Dispatch", "outbox.Attempt", "outbox.Reply", "outbox.BriefDocument"),
            *("briefs.PinTry", "briefs.BriefSession", "briefs.FurtherReport", "briefs.EarlierBrief"),
            *("briefs.TalkMessage", "briefs.TalkNotice", "briefs.AwaitedOutcome", "briefs.ProtocolNumber"),
            *("briefs.UnreadAcceptance", "inbound.InboundRecord"),
        )
    },
    **{
        model: Inside("a region's page of drills, which asks whose region it is (drills.views)")
        for model in ("drills.DrillPlan", "drills.DrillRun", "drills.DrillResult")
    },
    **{
        model: Inside("the report how institutions answer, which counts places of the reader's regions (silence.views)")
        for model in ("silence.OfficeAsked", "silence.UnrecordedNotice")
    },
    **{
        model: Inside("a message from the public")
        for model in ("signals.TipMessage", "signals.TipEvent", "signals.TipVoice")
    },
    **{
        model: Inside("an informative session")
        for model in (
            "outreach_pages.SessionCount",
            "outreach_pages.UsedMaterial",
            "session_rules.SessionEvent",
            "session_rules.SessionTask",
        )
    },
    **{
        model: Nationwide("places and offices; who of a region may open which is asked in test_other_regions")
        for model in (
            *("access.Region", "access.PoliceDirectorate", "access.Municipality", "access.MobileUnit"),
            *("directory.Partner", "directory.Agreement", "directory.Contact", "directory.DutyShift"),
            "directory.ContactWay",
            *("directory.Leave", "directory.DirectoryChange", "directory.OfficeConflict", "access.PlaceChange"),
            *("directory.ServiceProfile", "directory.PlacesLink", "directory.DutyLink", "directory.DutyRequest"),
            *("directory.DutyMail", "directory.DutyCalendar", "directory.AgreementDocument"),
            *("directory.AgreementRule", "directory.AgreementWarning", "directory.WebhookKeyRequest"),
        )
    },
    **{
        model: Nationwide("accounts: each person's own, or managed by operators")
        for model in (
            *("access.User", "access.Assignment", "access.FieldToken", "access.StaffSession", "access.StaffPin"),
            *("directory.StaffPhone",),
            *(
                "access.FactorSecret",
                "access.FactorSeal",
                "access.Invitation",
                "access.FactorReset",
                "access.SessionEnd",
            ),
            *("access.AddressChange", "access.RoleRequest", "access.DuressAlarm", "outreach_pages.CalendarAddress"),
        )
    },
    **{
        model: Nationwide("forms, procedures and their trials are the same everywhere")
        for model in (
            *("builder.SubmittedForm", "builder.FormApprovalTask", "builder.FormDefinition", "builder.FormVersion"),
            *("builder.ChoiceList", "builder.CaseFactType", "procedures.Procedure", "procedures.SubmittedProcedure"),
            *("procedures.ProcedureVersion", "procedures.ProcedureWithdrawal", "simulation.Scenario"),
            "procedures.DeclinedRule",
            "simulation.Replay",
        )
    },
    **{
        model: Nationwide("public pages and what their editors keep")
        for model in (
            *("content.GlossaryTerm", "content.Hotline", "content.HomePage", "content.HelpPage"),
            *("content.SectionPage", "content.ArticlePage", "content.StepsPage", "content.QuestionsPage"),
            *("content.GlossaryPage", "content.ServicePage", "content.StoryPage", "content.DownloadPage"),
            *("content.SearchPage", "content.SearchSynonyms", "content.SearchAnswer", "content.SeededText"),
            *("content.LanguagePage", "content.ExaminedFile"),
            *("lines.ToldState", "checks.WordsToAvoid", "checks.CheckedPage", "review.DeletionRequest"),
            *("review.DeletedPage", "review.DeletedPagesRoot"),
            *("review.Submitted", "review.EditorNews", "review.PageReviewTask"),
            *("outreach_pages.FeedbackCount", "outreach_pages.SessionPage", "outreach_pages.OutreachIndexPage"),
            "outreach_pages.QuestionsReview",
            *("outreach_pages.MaterialLibraryPage", "outreach_pages.MaterialPage", "outreach_pages.KitPage"),
            "outreach_pages.KitVersion",
        )
    },
    **{
        model: Nationwide("the words of messages and papers, the same everywhere; no case is in them")
        for model in ("texts.TextVersion",)
    },
    **{
        model: Nationwide("the service's own bookkeeping: ids, counts, keys; no page of a region has it")
        for model in (
            *("access.RateCount", "audit.AuditEntry", "audit.ChainHead", "audit.PutAside", "audit.RepeatedDenial"),
            *("watch.RequestCount", "watch.Matter", "watch.DailySample"),
            *("vault.KeyInUse", "vault.LastingKey", "outbox.Heartbeat", "asking.Spent", "briefs.ProtocolYear"),
            *("publish_webhooks.PublishWebhook", "silence.CountState"),
        )
    },
    **{
        model: Nationwide("the controller's own records: no person and no case is named in them")
        for model in ("accountability.Breach", "accountability.BreachEntry", "accountability.ProcessingSnapshot")
    },
}
REGIONS = {label: entry for label, entry in OBJECTS.items() if isinstance(entry, Region)}

# What a parameter of a region's address names. An address with another parameter fails the test.
PARAMETERS: dict[str, str] = {
    "draft_id": "intake.Draft",
    "submission_id": "intake.Submission",
    "attachment_id": "intake.Attachment",
    "export_id": "intake.AnswerExport",
    "reference": "cases.Case",  # in `signals:` a tip's, in `session_requests:` a request's
    "notice_id": "outbox.Notice",
    "task": "cases.Deadline",
    "document": "cases.CaseDocument",
    "note_id": "cases.CaseNote",
    "referral": "cases.Referral",
    "question_id": "cases.IdentityQuestion",
    "request_id": "cases.IdentityRequest",
    "access_id": "cases.CaseAccess",
    "merge_id": "cases.CaseMerge",
    "transfer_id": "cases.CaseTransfer",
    "session_id": "outreach_pages.InformativeSession",
    "record_id": "outreach_pages.PhoneRecord",
    "zone_id": "zones.Zone",
    "visit_id": "zones.PlannedVisit",
    "contact_id": "directory.Contact",
    "pk": "directory.Partner",  # of the model that the address begins with
    "device_id": "devices.Device",
    "slug": "access.Region",  # of the region whose page it is
    "instance_pk": "outbox.Notice",  # of the register that the address begins with
}
# Parameters that name no object: part of a form, a language, a kind of file, a key of what is known or agreed.
NO_OBJECT = frozenset({"section_key", "key", "language", "kind", "ending", "number", "version"})


def iter_models() -> Iterable[str]:
    """Yield the labels of our own models."""
    for model in apps.get_models():
        if model.__module__.split(".")[0] in ROOMS and not model._meta.proxy:
            yield model._meta.label
