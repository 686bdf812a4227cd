"""Every text that leaves in a message or on a paper: where it stands, what it may leave open, and how it is shipped.

A text is one sentence or paragraph. What holds it together stands in the code and can't be worded away: that a mail
begins with the sender's name, that a drill is marked, that link, code and sender are there (`mails`, `ways`,
`documents`). What is shipped comes from the catalogues, so an empty table changes nothing. The mails of the service
itself, about the roster, the directory and alarms, are in `service_texts`.
"""

from collections.abc import Iterable, Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from notifications.roles import Role

from .definitions import (
    MAX_PARAGRAPH,
    MAX_PUSH,
    MAX_PUSH_MARK,
    MAX_SMS,
    MAX_SMS_MARK,
    MAX_SMS_REPLY,
    MAX_SUBJECT,
    MAX_SUBJECT_ADDITION,
    MAX_TITLE,
    MAX_VOICE,
    MAX_VOICE_MARK,
    Mark,
    Medium,
    Text,
)
from .service_texts import SERVICE_TEXTS


def _subject(key: str, title: Promise, shipped: Promise, *required: str, mark: Mark = Mark.NONE) -> Text:
    return Text(f"mail.subject_{key}", Medium.MAIL, title, shipped, MAX_SUBJECT, required, ("count",), mark=mark)


def _paragraph(
    key: str,
    title: Promise,
    shipped: Promise,
    required: tuple[str, ...] = (),
    allowed: tuple[str, ...] = ("code", "unit", "of_organisation"),
    mark: Mark = Mark.NONE,
    neutral: Promise | None = None,
) -> Text:
    return Text(
        f"mail.{key}", Medium.MAIL, title, shipped, MAX_PARAGRAPH, required, allowed, True, mark, neutral=neutral
    )


_SUBJECTS = (
    _subject("notice", _("Subject of a notice"), pgettext_lazy("subject", "notice {code}"), "code"),
    _subject("deputy", _("Subject to the deputy"), _("notice {code}, you as deputy"), "code"),
    Text(
        "mail.subject_reminder",
        Medium.MAIL,
        _("Subject of a reminder"),
        _("reminder of notice {first_code}"),
        MAX_SUBJECT,
        ("first_code",),
        ("code",),
    ),
    Text(
        "mail.subject_reminders",
        Medium.MAIL,
        _("Subject of a further reminder"),
        _("reminder {number} of notice {first_code}"),
        MAX_SUBJECT,
        ("first_code",),
        ("code", "number"),
    ),
    _subject("call", _("Subject that asks for a call"), _("please call, {code}"), "code"),
    Text(
        "mail.subject_calls",
        Medium.MAIL,
        _("Subject that asks for a call again"),
        _("please call, {code} (call {number})"),
        MAX_SUBJECT,
        ("code",),
        ("number",),
    ),
    _subject("correction", _("Subject of a correction"), _("correction, notice {code}"), "code"),
    _subject("void", _("Subject when a case is void"), _("what you were told no longer holds, notice {code}"), "code"),
    _subject("talk", _("Subject when the unit added something"), _("something was added, {code}"), "code"),
    _subject("outcome", _("Subject that asks for the outcome"), _("the outcome is awaited, {code}"), "code"),
    _subject("digest", _("Subject of the daily list"), _("{count} without an answer, {code}"), "code"),
    _subject("test", _("Subject of a test"), _("test of your address, {code}"), "code", mark=Mark.TEST),
    Text(
        "mail.subject_urgent",
        Medium.MAIL,
        _("What an urgent notice adds to its subject"),
        _("{subject}, answer within {minutes} min"),
        MAX_SUBJECT_ADDITION,
        ("subject",),
        ("minutes",),
    ),
    Text(
        "mail.subject_drill",
        Medium.MAIL,
        _("How the subject of a drill is marked"),
        _("DRILL. {subject}"),
        MAX_SUBJECT_ADDITION + 20,
        ("subject",),
        mark=Mark.DRILL,
    ),
)

_PARAGRAPHS = (
    _paragraph(
        "drill", _("First line of a drill"), _("DRILL: this notice is part of an exercise."), (), (), Mark.DRILL
    ),
    _paragraph(
        "urgent", _("First line of an urgent notice"), _("Answer within {within}, by {hour}."), ("within",), ("hour",)
    ),
    _paragraph("greeting", _("Greeting"), _("Dear colleague,"), (), ()),
    _paragraph(
        "notice",
        _("A new notice"),
        _("A new notice is waiting for you from {unit} of the {of_organisation}."),
        (),
        ("code", "unit", "of_organisation"),
        neutral=_("{sender} has a new notice for you."),
    ),
    _paragraph(
        "deputy",
        _("To the deputy, when the other one has not answered"),
        _("You are notified as the deputy: the person on duty was notified before you and has not answered."),
    ),
    _paragraph(
        "deputy_declined",
        _("To the deputy, when the other one declined"),
        _("You are notified as the deputy: the person on duty was notified before you and can't take it."),
    ),
    _paragraph(
        "reminder",
        _("A reminder"),
        _("We are still waiting for your answer to notice {first_code}."),
        ("first_code",),
    ),
    _paragraph(
        "call",
        _("It asks for a call"),
        _("A notice is waiting for you to make a phone call. The number is on the page."),
    ),
    _paragraph(
        "duty",
        _("A duty is due"),
        _("A duty in a case is due, or will be soon. What is to be done is on the page."),
    ),
    _paragraph(
        "correction",
        _("A correction"),
        _(
            "The unit has corrected what it wrote to you about a case. What you read before is no longer "
            "right. Open this notice and confirm that you have read it."
        ),
    ),
    _paragraph(
        "void",
        _("A case is void"),
        _(
            "A case that the unit told you about was recorded by mistake. What you were told does not hold. Stop what "
            "you have begun because of it; open this notice to see which case it is, and confirm that you have read it."
        ),
    ),
    _paragraph(
        "expect",
        _("Somebody will call"),
        _("Somebody of {unit} may call you. Open this notice, and keep your telephone free."),
        (),
        ("code", "unit", "of_organisation"),
    ),
    _paragraph(
        "inform",
        _("For information"),
        _("There is something for your information. It is on the page; please confirm there that you have read it."),
    ),
    _paragraph(
        "talk",
        _("The unit added something"),
        _("The unit has added something to a notice that you have taken. Open it to read it."),
    ),
    _paragraph(
        "outcome",
        _("It asks for the outcome"),
        _("You have accepted a notice. Please report what came of it, or that there is nothing to report yet."),
    ),
    _paragraph(
        "test",
        _("A test of an address"),
        _(
            "We are testing whether our notices reach you. There is no case. Open this notice with your "
            "PIN: from then on you are also notified of cases."
        ),
        mark=Mark.TEST,
    ),
    _paragraph(
        "digest",
        _("The daily list: above it"),
        _(
            "These notices have had no answer for more than a day. You get this list once a day, until "
            "they are answered."
        ),
        (),
        ("count", "code"),
    ),
    _paragraph("digest_numbers", _("The daily list: below it"), _("The phone numbers are on the page."), (), ()),
    _paragraph("open", _("How it is opened"), _("Open it here with your PIN:\n{link}"), ("link",), ("code",)),
    _paragraph(
        "answer_within",
        _("Until when to answer, in minutes"),
        _("Please answer within {within}, by {until}."),
        ("until",),
        ("within",),
    ),
    _paragraph("answer_by", _("Until when to answer"), _("Please answer by {until}."), ("until",), ()),
    _paragraph("answer_soon", _("To answer, without a time"), _("Please answer as soon as you can."), (), ()),
    _paragraph("code", _("The code"), _("Code: {code}"), ("code",), ()),
    _paragraph(
        "genuine", _("How to know it is from us: above it"), _("How to know that this message is from us:"), (), ()
    ),
    _paragraph(
        "genuine_link",
        _("How to know it is from us: the link"),
        _("The link begins with {link_start}"),
        ("link_start",),
        (),
    ),
    _paragraph(
        "genuine_pin",
        _("How to know it is from us: the PIN"),
        _("You enter your PIN on that page only. We never ask for it by phone or e-mail."),
        (),
        (),
    ),
    _paragraph(
        "genuine_phone",
        _("How to know it is from us: the number"),
        _(
            "{unit}: {phone}. Compare it with the numbers on your PIN card; if it is not there, call a "
            "number on the card."
        ),
        ("phone",),
        ("unit",),
    ),
    _paragraph(
        "genuine_card",
        _("How to know it is from us: without a number"),
        _("If in doubt, call the number on your PIN card."),
        (),
        (),
    ),
    _paragraph(
        "keep",
        _("Last line"),
        _("Do not forward this message and do not answer it by e-mail. The link is for you alone."),
        (),
        (),
    ),
)


def _sms(key: str, title: Promise, shipped: Promise, *required: str, mark: Mark = Mark.NONE) -> Text:
    return Text(f"sms.{key}", Medium.SMS, title, shipped, MAX_SMS, required, mark=mark)


_SMS = (
    _sms("notice", _("A notice"), _("{sender} {code}: notice. {link}"), "code", "link"),
    _sms(
        "notice_by",
        _("A notice, with a time"),
        _("{sender} {code}: notice, answer by {until}. {link}"),
        "code",
        "link",
        "until",
    ),
    _sms("reminder", _("A reminder"), _("{sender} {code}: no answer yet. {link}"), "code", "link"),
    _sms(
        "reminder_by",
        _("A reminder, with a time"),
        _("{sender} {code}: no answer yet, answer by {until}. {link}"),
        "code",
        "link",
        "until",
    ),
    _sms("deputy", _("To the deputy"), _("{sender} {code}: notice, you as deputy. {link}"), "code", "link"),
    _sms(
        "deputy_by",
        _("To the deputy, with a time"),
        _("{sender} {code}: notice, you as deputy, answer by {until}. {link}"),
        "code",
        "link",
        "until",
    ),
    _sms("call", _("It asks for a call"), _("{sender} {code}: please call. {link}"), "code", "link"),
    _sms(
        "call_by",
        _("It asks for a call, with a time"),
        _("{sender} {code}: please call, answer by {until}. {link}"),
        "code",
        "link",
        "until",
    ),
    _sms(
        "many",
        _("Several notices in one"),
        _("{sender}: {count} notices wait: {codes}. Open: {link}"),
        "codes",
        "link",
        "count",
    ),
    _sms(
        "test",
        _("A test of a number"),
        _("{sender} {code}: test of this number. Open with your PIN: {link}"),
        "code",
        "link",
        mark=Mark.TEST,
    ),
    _sms("accepted", _("Back: accepted"), _("{code}: you accepted."), "code"),
    _sms("on_the_way", _("Back: on the way"), _("{code}: noted that you are on the way."), "code"),
    _sms("declined", _("Back: declined"), _("{code}: noted that you can't take it."), "code"),
    _sms(
        "not_taken",
        _("Back: it was not taken"),
        _("{code}: your answer was not taken, because the notice is closed or somebody else has it."),
        "code",
    ),
    Text(
        "sms.read_it",
        Medium.SMS,
        _("Back: to read it"),
        _("Read it with your PIN: {link}"),
        MAX_SMS_REPLY + 20,
        ("link",),
    ),
    Text(
        "sms.reply",
        Medium.SMS,
        _("How to answer by SMS"),
        _("Or reply {code} {yes}, {no} or {on_the_way} (on the way)"),
        MAX_SMS_REPLY,
        ("code", "yes", "no", "on_the_way"),
    ),
    Text(
        "sms.drill",
        Medium.SMS,
        _("How a drill is marked"),
        pgettext_lazy("mark of an SMS", "DRILL."),
        MAX_SMS_MARK,
        mark=Mark.DRILL,
    ),
)

_PUSH = (
    Text("push.notice", Medium.PUSH, _("A notice"), _("A notice is waiting."), MAX_PUSH),
    Text(
        "push.many", Medium.PUSH, _("Several notices in one"), _("{count} notices are waiting."), MAX_PUSH, ("count",)
    ),
    Text(
        "push.test", Medium.PUSH, _("A test of a phone"), _("A test: this phone is reached."), MAX_PUSH, mark=Mark.TEST
    ),
    Text(
        "push.drill",
        Medium.PUSH,
        _("How a drill is marked"),
        pgettext_lazy("mark of a push", "Drill."),
        MAX_PUSH_MARK,
        mark=Mark.DRILL,
    ),
)

_VOICE = (
    Text(
        "voice.notice",
        Medium.VOICE,
        _("What the call says"),
        _(
            "This is an automatic call from {sender}. A notice {code} is waiting for you and has not been "
            "answered. Press {key} if you take it, then open it with your PIN."
        ),
        MAX_VOICE,
        ("code", "key"),
    ),
    Text(
        "voice.drill",
        Medium.VOICE,
        _("How a drill is marked"),
        _("This is a drill: nobody is in danger."),
        MAX_VOICE_MARK,
        mark=Mark.DRILL,
    ),
)

# What a paper is called, by the role that it goes to.
_TITLES: dict[str, Promise] = {
    Role.RESPONSIBLE_AUTHORITY: _("Notice to the Responsible Authority"),
    Role.CPU: _("Notice to the Child Protection Unit"),
    Role.PROTECTION_SERVICE: _("Referral to a protection service"),
    Role.POLICE: _("Notice to the police"),
    Role.MOBILE_UNIT: _("Notice to the mobile unit"),
    Role.SOCIAL_SERVICE: _("Notice to the social service"),
    Role.SCHOOL: _("Notice to the school"),
    Role.PSYCHOLOGIST: _("Request to a psychologist"),
    Role.HEALTH: _("Request to the health service"),
    Role.LEGAL_AID: _("Request for legal aid"),
    Role.EMBASSY_DESK: _("Notice for the embassy"),
}
_NEUTRAL_TITLES: dict[str, Promise] = {Role.PROTECTION_SERVICE: _("Notice")}
OTHER_TITLE = "document.title"


def get_title_key(role: str) -> str:
    """Return the key of a paper's title for this role."""
    return f"document.title_{role}" if role in _TITLES else OTHER_TITLE


def _document(
    key: str, title: Promise, shipped: Promise, *, mark: Mark = Mark.NONE, neutral: Promise | str | None = None
) -> Text:
    return Text(f"document.{key}", Medium.DOCUMENT, title, shipped, MAX_PARAGRAPH, mark=mark, neutral=neutral)


_DOCUMENT = (
    *(
        Text(
            get_title_key(role),
            Medium.DOCUMENT,
            Role(role).label,
            shipped,
            MAX_TITLE,
            neutral=_NEUTRAL_TITLES.get(role),
        )
        for role, shipped in _TITLES.items()
    ),
    Text(OTHER_TITLE, Medium.DOCUMENT, _("Title for other roles"), _("Notice"), MAX_TITLE),
    _document(
        "drill", _("How a drill is marked"), _("EXERCISE. This document concerns no real person."), mark=Mark.DRILL
    ),
    _document("urgent", _("An urgent notice"), _("URGENT: somebody may be in danger now")),
    _document(
        "not_a_report",
        _("That it is no criminal report"),
        _("This notice is not a criminal report and does not replace the person's own statement."),
        neutral="",
    ),
    _document(
        "confidential",
        _("That it is confidential"),
        _(
            "Confidential. Only for the recipient named above. It holds personal data of a person under "
            "protection: keep it locked, don't copy it, don't send it by open e-mail."
        ),
        neutral=_(
            "Confidential. Only for the recipient named above. It holds personal data: keep it locked, don't copy it, "
            "don't send it by open e-mail."
        ),
    ),
    _document(
        "receipt",
        _("How receipt is confirmed"),
        _(
            "Confirm receipt through the link in the e-mail and your PIN. If your office files papers, "
            "fill in the lines below and keep this sheet."
        ),
    ),
)

TEXTS: Mapping[str, Text] = {
    text.key: text for text in (*_SUBJECTS, *_PARAGRAPHS, *SERVICE_TEXTS, *_SMS, *_PUSH, *_VOICE, *_DOCUMENT)
}


def get_texts(medium: str) -> Iterable[Text]:
    return [text for text in TEXTS.values() if text.medium == medium]
