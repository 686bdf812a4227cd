"""The one gate for sharing: whether data of a case may go to a recipient, on what basis, and why not.

A legal duty, the organisation's own people, a consent in the ledger with an agreement that is in force, or a vital
interest with its reason; nothing else. A role that stands in no rule receives nothing. Police, Responsible Authority
and Child Protection Unit are a duty: nothing is looked up for them, so no ledger can stop their notices.

`may_leave` is asked of what leaves otherwise than as a notice: files of answers, registers, documents, the field API.

`check_request` and `check_notice` are what the outbox asks of every notice that is created and opened, so that a road
which forgets to ask is refused there (docs/consent.md).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from access.languages import Texts, format_in_each_language, in_each_language, same_in_each_language
from audit import clock
from notifications.directory.agreements import cover
from notifications.directory.agreements.rules import is_required
from notifications.directory.models import Partner
from notifications.outbox.models import Notice, Purpose
from notifications.outbox.requests import NoticeRequest

from ..models import Case, said_of
from .ledger import ENDED, Recipient, Standing, State, find_standing, get_entries, open_state
from .models import REFER_TO, ConsentEntry, SharingDecision
from .rules import (
    CHILD,
    LEGAL_DUTY,
    get_road_rule,
    get_role_rule,
    get_rules,
    is_of_a_state,
    needs_consent,
    roles_by_consent,
    roles_despite_restriction,
    roles_in_emergencies,
)

OWN_PEOPLE, DUTY, CHILD_DUTY = "own_people", "legal_duty", "child_duty"
BY_CONSENT, VITAL_INTEREST, CONTENT_FREE, BEFORE_THE_LEDGER = "consent", "vital_interest", "content_free", "earlier"

NO_RULE, NO_REASON, NO_AGREEMENT, NOT_IN_EMERGENCY = "no_rule", "no_reason", "no_agreement", "not_in_emergency"
RESTRICTED, RESTRICTED_ROLE = "restricted", "restricted_role"
DESPITE_RESTRICTION = "despite_restriction"  # the code of an emergency that was allowed although the person had asked
DOES_NOT_COUNT, REPRESENTATIVE_UNSAFE = "does_not_count", "representative_unsafe"
NO_STATE = "no_state"

# Notices that hold nothing of a case: a test of an address, the list of what is unanswered, word that a link has ended.
WITHOUT_CONTENT = frozenset({Purpose.TEST.value, Purpose.DIGEST.value, Purpose.INFORM.value, Purpose.VOID.value})

WHY: dict[str, str | Promise] = {
    NO_RULE: _("No rule of the organisation says on what basis {who} may receive data."),
    State.NONE: _("No consent for {who} is recorded in this case."),
    State.REFUSED: _("The person refused: no data go to {who}."),
    State.WITHDRAWN: _("The consent for {who} was withdrawn."),
    State.NOT_ABLE: _("The person was not able to decide about {who}, so there is no consent."),
    State.EXPIRED: _("The consent for {who} has ended: it was given until a date that has passed."),
    State.UNREADABLE: _(
        "The newest consent form of this case can't be read and may hold a withdrawal, so no consent for {who} counts."
    ),
    DOES_NOT_COUNT: _(
        "The consent recorded for {who} does not count in this case: for an adult, their own or a representative's"
        " counts; for a child, the child's assent with the Child Protection Unit, or a representative's consent."
    ),
    REPRESENTATIVE_UNSAFE: _(
        "The representative who consented for {who} may be involved in the exploitation, or that is not known. Such a"
        " consent is no basis: ask the Child Protection Unit."
    ),
    NO_STATE: _(
        "It isn't said which country {who} is of, or the person wasn't asked first about asylum and fear of that"
        " country. A consent counts only for the country that it names."
    ),
    RESTRICTED: _("The person asked that their data aren't used for now, so nothing goes to {who}."),
    RESTRICTED_ROLE: _(
        "The person asked that their data aren't used for now. Then an emergency is for the police and for health"
        " services alone, and {who} is neither."
    ),
    NO_AGREEMENT: _("No agreement with {who} is in force. A coordinator can record the new one."),
    NO_REASON: _("An emergency was named for {who} without a reason."),
    NOT_IN_EMERGENCY: _("An emergency does not take the place of consent for {who}."),
}
RESTRICTED_FILE = _("The person asked that their data aren't used for now, so they go into no file.")
HOW = _("What you can do: record the person's answer on the consent form, then send the request again.")
HOW_RESTRICTED = _(
    "What you can do: if the person wants their data to be used again, propose on the case's page that the restriction"
    " is lifted; a second person agrees."
)
HOW_RESTRICTED_EMERGENCY = _(
    "What you can do: if their life is in danger, call the police or an ambulance now, and ask the health service, as"
    " an emergency with its reason and your name. A coordinator is notified at once. If the person wants their"
    " data to be used again, propose on the case's page that the restriction is lifted."
)
HOW_IN_EMERGENCY = _(
    "What you can do: record the person's answer on the consent form, then send the request again. If the person is in"
    " danger and not able to decide, choose “Emergency” there and write why."
)


@dataclass(frozen=True)
class VitalInterest:
    """An emergency that a worker named, with the reason in their words."""

    reason: str = field(repr=False)
    at: datetime


@dataclass(frozen=True)
class Verdict:
    """Whether something may be shared. `basis`: on what; "" if it may not be, and then `code` says why.

    `code` of what is allowed: DESPITE_RESTRICTION, or "".
    `standing`: what the ledger says; None where it wasn't asked. `why` and `how`: why not, and what can be done; {} if
    it is allowed.
    """

    is_allowed: bool
    basis: str = ""
    code: str = ""
    why: Texts = field(default_factory=dict)
    how: Texts = field(default_factory=dict)
    standing: Standing | None = None

    @property
    def words(self) -> Texts:
        """Why it may not be shared and what can be done, in one text; {} if it may be."""
        return {language: f"{self.why[language]} {self.how[language]}" for language in self.why}


def may_share(
    case: Case,
    to: Recipient,
    *,
    at: datetime,
    purpose: str = REFER_TO,
    emergency: VitalInterest | None = None,
    entries: Sequence[ConsentEntry] | None = None,
) -> Verdict:
    """Decide whether data of the case may go to this recipient now.

    `entries`: of the ledger about this purpose, for whoever asks about many recipients at once.
    """
    rule = get_role_rule(to.role)
    if rule is None:
        return _refuse(NO_RULE, to)
    if rule["basis"] == OWN_PEOPLE:
        return Verdict(True, OWN_PEOPLE)
    if not needs_consent(to.role, is_child=case.child_track):
        return Verdict(True, CHILD_DUTY if rule["basis"] == LEGAL_DUTY and rule["for"] == CHILD else DUTY)
    written = get_entries(case, purpose) if entries is None else entries
    standing = find_standing(written, to, at=at, is_child=case.child_track)
    by_consent = replace(_judge_consent(case, to, standing, at), standing=standing)
    if by_consent.is_allowed or emergency is None or _is_past(emergency, at):
        return by_consent
    return replace(_judge_emergency(case, to, emergency), standing=standing)


def may_leave(case: Case | None, road: str) -> Verdict:
    """Decide whether data of a case may leave on this road (`roads` in `data/sharing.json`) to our own people, or to
    the person themselves.

    Who may take it is the policy table's and each object's question; this is about the person's own word. A road that
    the file doesn't name is refused; what belongs to no case has nobody who could have said anything.
    """
    rule = get_road_rule(road)
    if rule is None:
        return Verdict(False, code=NO_RULE, why=format_in_each_language(WHY[NO_RULE], who=same_in_each_language(road)))
    if case is not None and case.restricted_at is not None and not rule["while_restricted"]:
        return Verdict(
            False, code=RESTRICTED, why=in_each_language(RESTRICTED_FILE), how=in_each_language(HOW_RESTRICTED)
        )
    return Verdict(True, rule["to"])


def _judge_consent(case: Case, to: Recipient, standing: Standing, at: datetime) -> Verdict:
    if standing.state != State.GIVEN:
        is_unnamed = standing.state == State.NONE and is_of_a_state(to.role) and not to.state
        return _refuse(NO_STATE if is_unnamed else standing.state.value, to)
    if not standing.counts(is_child=case.child_track):
        return _refuse(REPRESENTATIVE_UNSAFE if standing.is_unsafe else DOES_NOT_COUNT, to)
    if to.partner is not None and not has_agreement(to.partner, at):
        return _refuse(NO_AGREEMENT, to)
    # Last: what the person has said of this recipient says more about why not.
    return _refuse(RESTRICTED, to) if case.restricted_at is not None else Verdict(True, BY_CONSENT)


def _is_past(emergency: VitalInterest, at: datetime) -> bool:
    """Say whether the emergency is too long ago: a rule that responds days later can't rely on what was so then."""
    return at - emergency.at > timedelta(hours=get_rules()["vital_interest"]["hours"])


def _judge_emergency(case: Case, to: Recipient, emergency: VitalInterest) -> Verdict:
    if to.role not in roles_in_emergencies():
        return _refuse(NOT_IN_EMERGENCY, to)
    if not emergency.reason.strip():
        return _refuse(NO_REASON, to)
    if case.restricted_at is None:
        return Verdict(True, VITAL_INTEREST)
    return _judge_despite(case.restricted_at, to, emergency)


def _judge_despite(restricted_at: datetime, to: Recipient, emergency: VitalInterest) -> Verdict:
    """Judge an emergency in a case whose person asked that their data aren't used: for who saves a life."""
    if emergency.at < restricted_at:
        # Whoever named it didn't know what the person would ask.
        return _refuse(RESTRICTED, to)
    if to.role not in roles_despite_restriction():
        return _refuse(RESTRICTED_ROLE, to)
    return Verdict(True, VITAL_INTEREST, code=DESPITE_RESTRICTION)


def has_agreement(partner: Partner, at: datetime) -> bool:
    """Say whether an agreement with this office is in force, or none was ever recorded and none is required."""
    if not get_rules()["agreement"]["must_be_in_force"]:
        return True
    return cover.has_agreement(partner, at, is_needed=is_required(partner.role))


def _refuse(code: str, to: Recipient) -> Verdict:
    how: str | Promise = HOW_IN_EMERGENCY if to.role in roles_in_emergencies() else HOW
    if code in (RESTRICTED, RESTRICTED_ROLE):
        is_for_them = to.role in roles_despite_restriction() or code == RESTRICTED_ROLE
        how = HOW_RESTRICTED_EMERGENCY if is_for_them else HOW_RESTRICTED
    why = format_in_each_language(WHY[code], who=to.names)
    return Verdict(False, code=code, why=why, how=in_each_language(how))


def find_recipient_of(case: Case, notice: Notice) -> Recipient:
    """Return whom a notice of this case tells, as the gate knows them."""
    office = notice.partner or (notice.contact.partner if notice.contact else None)
    return Recipient(notice.role, office, find_state(case, notice.root.event_id, notice.role))


def find_state(case: Case, event_id: UUID, role: str) -> str:
    """Return of which state the office is that was asked on this event; "" for every role that has no state."""
    if not is_of_a_state(role):
        return ""
    decided = SharingDecision.objects.filter(said_of(case), event_id=event_id, role=role, state__isnull=False)
    newest = decided.defer("reason").order_by("at").last()
    return open_state(newest) if newest else ""


# ---- what the outbox asks ----


def check_request(request: NoticeRequest) -> str:
    """Return why this notice may not be created; "" if it may. The outbox asks it of every notice."""
    if not _is_by_consent(request.role) or _is_without_content(request.purpose, request.chases):
        return ""
    case = Case.objects.filter(pk=request.case_id).first()
    # What a notice is about may be a tip or an address, which have no ledger.
    if case is None:
        return ""
    at = request.at or clock.now()
    root = request.chases.root if request.chases else None
    event_id = root.event_id if root else request.event_id
    to = Recipient(request.role, request.office, find_state(case, event_id, request.role))
    verdict = may_share(case, to, at=at)
    if verdict.is_allowed:
        return ""
    return "" if _was_allowed(case, event_id, root, request.role, verdict.standing) else verdict.code


def check_notice(notice: Notice, at: datetime) -> str:
    """Return why this notice may not be read or sent on any more; "" if it may.

    A notice that was created had a basis then. It ends with what came later: a refusal, a withdrawal, an end.
    """
    if not _is_by_consent(notice.role) or _is_without_content(notice.purpose, notice.chases):
        return ""
    case = Case.objects.filter(pk=notice.case_id).first()
    if case is None or not needs_consent(notice.role, is_child=case.child_track):
        return ""
    if _is_restricted(case, notice):
        return RESTRICTED
    to = find_recipient_of(case, notice)
    standing = find_standing(get_entries(case), to, at=at, is_child=case.child_track)
    if standing.state not in ENDED:
        return ""
    since = standing.until if standing.state == State.EXPIRED else standing.since
    root = notice.root
    # In an emergency the person's earlier "no" was known; a later one ends it.
    emergency = _find_emergency(case, root.event_id, root.role)
    if emergency is not None and since is not None and since <= emergency.at:
        return ""
    # Sent before there was a ledger: what was said before that was weighed by whoever sent it.
    if since is not None and since <= root.owed_at and not _was_decided(case, root):
        return ""
    return standing.state.value


def _is_restricted(case: Case, notice: Notice) -> bool:
    """Say whether the person asked that their data aren't used, and no emergency that was named since allows this."""
    if case.restricted_at is None:
        return False
    root = notice.root
    emergency = _find_emergency(case, root.event_id, root.role)
    return emergency is None or emergency.at < case.restricted_at


def _is_without_content(purpose: str, follows: Notice | None) -> bool:
    """Say whether a notice holds nothing of a case: by its purpose, or by that of the notice it goes back to."""
    return purpose in WITHOUT_CONTENT or (follows is not None and follows.root.purpose in WITHOUT_CONTENT)


def _is_by_consent(role: str) -> bool:
    return role in roles_by_consent() or get_role_rule(role) is None


def _find_emergency(case: Case, event_id: UUID, role: str) -> SharingDecision | None:
    found = SharingDecision.objects.filter(said_of(case), event_id=event_id, role=role, basis=VITAL_INTEREST)
    return found.defer("reason").first()


def _was_decided(case: Case, root: Notice) -> bool:
    return SharingDecision.objects.filter(said_of(case), event_id=root.event_id, role=root.role).exists()


def _is_silent(standing: Standing | None) -> bool:
    return standing is None or standing.state == State.NONE


def _find_own(case: Case, root: Notice) -> Standing:
    """Return what the ledger says about the recipient that the first notice went to."""
    to = find_recipient_of(case, root)
    return find_standing(get_entries(case), to, at=root.owed_at, is_child=case.child_track)


def _was_allowed(case: Case, event_id: UUID, root: Notice | None, role: str, standing: Standing | None) -> bool:
    """Say whether the decision that this notice goes back to allowed it, and nothing has ended that since."""
    decided = SharingDecision.objects.filter(said_of(case), event_id=event_id, role=role).defer("reason").order_by("at")
    newest = decided.last()
    if case.restricted_at is not None and (newest is None or newest.at < case.restricted_at):
        # What was decided before the person asked holds for nothing that is sent after it.
        return False
    if newest is None:
        # Sent before there was a ledger: it goes on as it began, unless the person has said anything about it.
        return root is not None and _is_silent(standing) and _is_silent(_find_own(case, root))
    if not newest.is_allowed or newest.basis != VITAL_INTEREST:
        return False
    if standing is None or standing.state not in ENDED:
        return True
    return standing.since is None or standing.since <= newest.at
