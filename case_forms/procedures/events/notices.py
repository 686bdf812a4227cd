"""Events about notices and referrals that rules have sent: what became of them."""

from ..messages import gettext_noop
from .later import OFFICE, REPLY, ROLE, LaterEvent

NOTICE = (*LaterEvent.names, ROLE, OFFICE)


class NoticeOpened(LaterEvent):
    code = "notice_opened"
    words = gettext_noop("A notice is opened for the first time by its recipient, or by whoever it went on to.")
    names = NOTICE


class NoticeAccepted(LaterEvent):
    code = "notice_accepted"
    words = gettext_noop("A notice is accepted by its recipient, or by whoever it went on to.")
    names = NOTICE


class NoticeDeclined(LaterEvent):
    code = "notice_declined"
    words = gettext_noop("Somebody who was notified can't take it. The notice goes on along its ladder all the same.")
    names = (*NOTICE, REPLY)


class NoticeOutcome(LaterEvent):
    code = "notice_outcome"
    words = gettext_noop("A recipient reports what came of it.")
    names = (*NOTICE, REPLY)


class NoticeQuestion(LaterEvent):
    code = "notice_question"
    words = gettext_noop("A recipient asks the unit something about a notice.")
    names = NOTICE


class NoticeUnanswered(LaterEvent):
    code = "notice_unanswered"
    words = gettext_noop("Nobody has accepted a notice, and its ladder has come to the coordinator's call.")
    names = NOTICE


class ReferralAccepted(LaterEvent):
    code = "referral_accepted"
    words = gettext_noop("A protection service accepts a referral.")
    names = NOTICE


class ReferralDeclined(LaterEvent):
    code = "referral_declined"
    words = gettext_noop("A protection service declines a referral.")
    names = (*NOTICE, REPLY)


class ReferralArrived(LaterEvent):
    code = "referral_arrived"
    words = gettext_noop("A person who was referred has arrived at the service.")
    names = NOTICE


class ReferralNotArrived(LaterEvent):
    code = "referral_not_arrived"
    words = gettext_noop("A person who was referred has not arrived by the time that was agreed.")
    names = NOTICE


class ReferralEnded(LaterEvent):
    code = "referral_ended"
    words = gettext_noop("A referral has ended with an outcome, as a completed programme.")
    names = (*NOTICE, REPLY)


OF_NOTICES = frozenset(
    {NoticeOpened.code, NoticeAccepted.code, NoticeDeclined.code, NoticeOutcome.code, NoticeQuestion.code}
    | {NoticeUnanswered.code}
)
OF_REFERRALS = OF_NOTICES | {
    ReferralAccepted.code,
    ReferralDeclined.code,
    ReferralArrived.code,
    ReferralNotArrived.code,
    ReferralEnded.code,
}
