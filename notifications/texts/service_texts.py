"""The texts of the service's own mails: about the duty roster, the directory, agreements, keys, alarms and drills.

They go to contacts and to our own people. What one of them says of a case is nothing; most of them say how many, and
lead to a page that asks for the PIN or the second factor. What is counted has a text for one and one for more.
"""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from .definitions import MAX_PARAGRAPH, MAX_SUBJECT, Mark, Medium, Text


def _subject(
    key: str,
    title: Promise,
    shipped: Promise,
    required: tuple[str, ...] = (),
    allowed: tuple[str, ...] = (),
    mark: Mark = Mark.NONE,
) -> Text:
    return Text(f"service.subject_{key}", Medium.SERVICE, title, shipped, MAX_SUBJECT, required, allowed, mark=mark)


def _say(
    key: str,
    title: Promise,
    shipped: Promise,
    required: tuple[str, ...] = (),
    allowed: tuple[str, ...] = (),
    mark: Mark = Mark.NONE,
) -> Text:
    return Text(
        f"service.{key}", Medium.SERVICE, title, shipped, MAX_PARAGRAPH, required, allowed, has_lines=True, mark=mark
    )


_ROSTER = (
    _subject("duty", _("Duty: subject"), _("You are on duty from {start_hour}"), ("start_hour",)),
    _subject("deputy", _("Duty as a deputy: subject"), _("You are the deputy from {start_hour}"), ("start_hour",)),
    _subject(
        "duty_changed",
        _("Duty that does not begin: subject"),
        _("Your duty does not begin at {start_hour}"),
        ("start_hour",),
    ),
    _subject("roster", _("Other mails about the roster: subject"), pgettext_lazy("subject", "the duty roster")),
    _say(
        "duty_begins",
        _("Duty begins"),
        _("You are on duty at {office} from {begins}."),
        ("begins",),
        ("office",),
    ),
    _say(
        "deputy_begins",
        _("Duty as a deputy begins"),
        _("You are the deputy at {office} from {begins}."),
        ("begins",),
        ("office",),
    ),
    _say("duty_ends", _("When the shift ends"), _("The shift ends on {ends}."), ("ends",)),
    _say(
        "duty_changed",
        _("Duty that does not begin"),
        _("The roster was changed: your duty at {office} does not begin on {begins}."),
        ("begins",),
        ("office",),
    ),
    _say(
        "page_sent",
        _("The link to one’s own page"),
        _("Your coordinator has sent you the link to your own page in the duty roster of {office}."),
        (),
        ("office",),
    ),
    _say(
        "swap_asked",
        _("A colleague asks for a swap"),
        _("{person} asks you to swap a shift at {office}. Which one stands on your page, where you agree or decline."),
        (),
        ("person", "office"),
    ),
    _say(
        "swap_ended",
        _("How a swap has ended"),
        _("The swap of a shift at {office} that {person} asked for has ended: {result}."),
        ("result",),
        ("person", "office"),
    ),
    _say(
        "leave_ended",
        _("How a request for leave has ended"),
        _("The leave that you asked for has ended so: {result}."),
        ("result",),
    ),
    _say("roster_changed", _("That the roster was changed"), _("The roster was changed accordingly.")),
    _say("roster_kept", _("That the roster is as it was"), _("The roster is as it was.")),
    _say(
        "own_page",
        _("One’s own page in the roster"),
        _("Your coming shifts stand here, and here you ask for leave or a swap. The page opens with your PIN:\n{page}"),
        ("page",),
    ),
    _say(
        "no_page",
        _("One’s own page, when it can’t be opened"),
        _("Your own page can't be opened now. Ask your coordinator."),
    ),
    _say(
        "request_waits",
        _("A request waits for a coordinator"),
        _("Somebody on the duty roster has asked for leave or for a swap."),
    ),
    _say(
        "request_waits_second",
        _("A request waits for a second coordinator"),
        _("A request about the duty roster takes a second coordinator: another one has agreed to it."),
    ),
    _say(
        "request_page",
        _("Where a request is decided"),
        _("What it is about stands here after you sign in:\n{page}"),
        ("page",),
    ),
    _subject(
        "gaps",
        _("Gaps of the roster: subject"),
        pgettext_lazy("subject", "the duty roster of the next two weeks has gaps"),
    ),
    _say(
        "gaps_one",
        _("One gap of the roster"),
        _("In the next two weeks there is {amount} time or place in your regions with nobody on duty."),
        (),
        ("amount",),
    ),
    _say(
        "gaps_many",
        _("Gaps of the roster"),
        _("In the next two weeks there are {amount} times or places in your regions with nobody on duty."),
        ("amount",),
    ),
    _say("gaps_soon", _("A gap within a day"), _("The first begins within 24 hours.")),
    _say(
        "lacks_one",
        _("One other thing is missing"),
        _("{amount} other thing is missing: a deputy, a PIN, a test, a phone number, or an agreement."),
        (),
        ("amount",),
        Mark.TEST,
    ),
    _say(
        "lacks_many",
        _("Other things are missing"),
        _("{amount} other things are missing: a deputy, a PIN, a test, a phone number, or an agreement."),
        ("amount",),
        (),
        Mark.TEST,
    ),
    _say(
        "gaps_page",
        _("Where the gaps are shown"),
        _("When, and where, stands here after you sign in. For safety this message doesn't say it:\n{page}"),
        ("page",),
    ),
)

_DIRECTORY = (
    _say("hello", _("Greeting in mails about the directory"), _("Hello,")),
    _subject("change", _("A change of the directory: subject"), _("A change in the directory of notices")),
    _subject("emergency", _("An emergency change: subject"), _("Emergency change in the directory of notices")),
    _say(
        "concerned_asked",
        _("To the person concerned: a change was asked for"),
        _("{person} has asked to change an entry that concerns you in our directory. Nothing has changed yet."),
        (),
        ("person",),
    ),
    _say(
        "concerned_agreed",
        _("To the person concerned: a change was agreed to"),
        _(
            "{person} asked to change an entry that concerns you in our directory, and another coordinator "
            "agreed: it holds now."
        ),
        (),
        ("person",),
    ),
    _say(
        "concerned_emergency",
        _("To the person concerned: an emergency change"),
        _("{person} has changed an entry that concerns you in our directory, as an emergency: it holds already."),
        (),
        ("person",),
    ),
    _say(
        "concerned_ended",
        _("To the person concerned: an emergency change ended"),
        _(
            "What {person} had added to our directory as an emergency has ended by itself after 24 hours: no other "
            "coordinator agreed to it. Nothing further is sent there."
        ),
        (),
        ("person",),
    ),
    _say(
        "concerned_call",
        _("To the person concerned: what to do"),
        _("If you don't know of this, call the unit or the coordinator on the number that you know already."),
    ),
    _say("change_what", _("What changes"), _("What: {what}"), ("what",)),
    _say("change_what_where", _("Where and what changes"), _("Office: {office}\nWhat: {what}"), ("what",), ("office",)),
    _say(
        "change_waits",
        _("To coordinators: a change waits"),
        _(
            "{person} asks another coordinator to agree to a change of the directory. Nothing has changed yet. Decide "
            "here:\n{page}"
        ),
        ("page",),
        ("person",),
    ),
    _say(
        "emergency_waits",
        _("To coordinators: an emergency change"),
        _(
            "{person} has changed the directory as an emergency: it holds already. Another coordinator agrees to it or "
            "undoes it here:\n{page}"
        ),
        ("page",),
        ("person",),
    ),
    _say(
        "emergency_ended",
        _("To coordinators: an emergency change ended"),
        _(
            "What {person} had added to the directory as an emergency has ended by itself after 24 hours: nobody "
            "agreed to it. If the recipient is still needed, ask for it again:\n{page}"
        ),
        ("page",),
        ("person",),
    ),
    _say(
        "change_decided",
        _("To whoever asked: how it was decided"),
        _("What you asked to change in our directory was decided: {result}.\n{page}"),
        ("result", "page"),
    ),
    _subject("phone_added", _("A phone was added: subject"), _("A phone was added to your notices")),
    _say(
        "phone_added",
        _("A phone was added"),
        _(
            "The phone “{phone_name}” was added behind your PIN: from now on it makes a sound when a notice comes for "
            "you."
        ),
        (),
        ("phone_name",),
    ),
    _say(
        "phone_not_mine",
        _("A phone was added: what to do"),
        _(
            "If it wasn’t you, call the unit or the coordinator at once, on the number that you know already: "
            "you need another PIN. With another PIN all phones end."
        ),
    ),
    _subject("came_back", _("A mail came back: subject"), _("A mail to one of your contacts came back")),
    _say(
        "came_back",
        _("A mail came back"),
        _(
            "A notice that went to {person} ({office}) by e-mail came back: their mail server doesn’t take it. Whoever "
            "comes next was notified instead."
        ),
        ("person",),
        ("office",),
    ),
    _say(
        "came_back_page",
        _("A mail came back: what to do"),
        _(
            "Ask them on a number that you know already, and have the address changed, or take them off the "
            "roster:\n{page}"
        ),
        ("page",),
    ),
)

_AHEAD = (
    _subject("agreements", _("Agreements: subject"), pgettext_lazy("subject", "agreements to look at")),
    _say(
        "agreements_over_one",
        _("One agreement is over"),
        _("{amount} cooperation agreement of your regions is over, and no other one goes on."),
        (),
        ("amount",),
    ),
    _say(
        "agreements_over_many",
        _("Agreements are over"),
        _("{amount} cooperation agreements of your regions are over, and no other one goes on."),
        ("amount",),
    ),
    _say(
        "agreements_end_one",
        _("One agreement ends"),
        _("{amount} cooperation agreement of your regions ends within {days} days."),
        ("days",),
        ("amount",),
    ),
    _say(
        "agreements_end_many",
        _("Agreements end"),
        _("{amount} cooperation agreements of your regions end within {days} days."),
        ("amount", "days"),
    ),
    _say(
        "agreements_review_one",
        _("One agreement is to be reviewed"),
        _("{amount} cooperation agreement of your regions is to be reviewed."),
        (),
        ("amount",),
    ),
    _say(
        "agreements_review_many",
        _("Agreements are to be reviewed"),
        _("{amount} cooperation agreements of your regions are to be reviewed."),
        ("amount",),
    ),
    _subject("keys", _("Keys that expire: subject"), pgettext_lazy("subject", "keys of contacts expire")),
    _say(
        "keys_one",
        _("One key expires"),
        _("The key to which e-mails of {amount} contact of your regions are encrypted expires within {days} days."),
        ("days",),
        ("amount",),
    ),
    _say(
        "keys_many",
        _("Keys expire"),
        _("The keys to which e-mails of {amount} contacts of your regions are encrypted expire within {days} days."),
        ("amount", "days"),
    ),
    _say(
        "keys_after",
        _("What follows when a key has expired"),
        _(
            "After that their e-mails go out readable: a code, a link and a time. Ask them for their renewed key, and "
            "enter it as another way."
        ),
    ),
    _say(
        "ahead_page",
        _("Where agreements and keys are shown"),
        _("Which, and until when, stands here after you sign in. For safety this message doesn't say it:\n{page}"),
        ("page",),
    ),
)

_ALARMS = (
    _subject(
        "alarm_one",
        _("Alarm about one case: subject"),
        pgettext_lazy("subject", "no contact found for {amount} case"),
        (),
        ("amount",),
    ),
    _subject(
        "alarm_many",
        _("Alarm: subject"),
        pgettext_lazy("subject", "no contact found for {amount} cases"),
        ("amount",),
    ),
    _say(
        "alarm_one",
        _("Alarm about one case"),
        _("{amount} case is waiting, and there is no contact in the directory: no office, and no coordinator on duty."),
        (),
        ("amount",),
    ),
    _say(
        "alarm_many",
        _("Alarm"),
        _(
            "{amount} cases are waiting, and there is no contact in the directory: no office, and no coordinator on "
            "duty."
        ),
        ("amount",),
    ),
    _say(
        "alarm_page",
        _("Alarm: what to do"),
        _(
            "Put somebody on the duty roster now. The directory is checked again every half minute, and the notice is "
            "then sent automatically. Until then the unit sees numbers to call.\n{page}"
        ),
        ("page",),
    ),
    _subject(
        "wrong_pins",
        _("Wrong PINs: subject"),
        pgettext_lazy("subject", "wrong PINs for the coordinator on duty"),
    ),
    _say(
        "wrong_pins",
        _("Wrong PINs"),
        _(
            "Many wrong PINs were tried within 24 hours for the coordinator on duty, and no other coordinator was found"
            " who could phone them. Phone the coordinator yourself, at a number that you know. If it wasn't them,"
            " somebody else may read their mail: they need a new password for it, and a new PIN."
        ),
    ),
    _subject("bad_drill", _("A drill: subject"), pgettext_lazy("subject", "look at a drill"), mark=Mark.DRILL),
    _say(
        "drill_missed",
        _("A drill was missed"),
        _("A month passed in one of your regions without its drill."),
        mark=Mark.DRILL,
    ),
    _say(
        "drill_unanswered",
        _("A drill was not opened by everybody"),
        _("A drill went out in one of your regions, and not everybody opened it in time."),
        mark=Mark.DRILL,
    ),
    _say(
        "drill_failed",
        _("A drill failed"),
        _("A drill failed in one of your regions: somebody would not have been reached."),
        mark=Mark.DRILL,
    ),
    _say(
        "drill_page",
        _("Where a drill is shown"),
        _("Where, and what became of it by each way, is shown after signing in:\n{page}"),
        ("page",),
    ),
    _subject("text_waits", _("Texts wait: subject"), pgettext_lazy("subject", "texts of messages wait for you")),
    _say(
        "text_waits_one",
        _("One text waits for a second coordinator"),
        _("{amount} text of messages waits for a second coordinator. Nothing changes until somebody decides."),
        (),
        ("amount",),
    ),
    _say(
        "text_waits_many",
        _("Texts wait for a second coordinator"),
        _("{amount} texts of messages wait for a second coordinator. Nothing changes until somebody decides."),
        ("amount",),
    ),
    _say(
        "text_waits_page",
        _("Where texts are decided"),
        _("Read them here after you sign in, and agree or refuse:\n{page}"),
        ("page",),
    ),
)

_PHONES = (
    _subject(
        "phone_alarm_urgent",
        _("Urgent alarm of a phone: subject"),
        pgettext_lazy("subject", "somebody will call you now"),
    ),
    _subject("phone_alarm", _("Alarm of a phone: subject"), pgettext_lazy("subject", "somebody will call you")),
    _say(
        "phone_alarm_urgent",
        _("Urgent alarm of a phone"),
        _(
            "A worker without a network will call you now, and it is urgent. Keep your telephone free, and have the "
            "number of the police on duty at hand."
        ),
    ),
    _say(
        "phone_alarm",
        _("Alarm of a phone"),
        _("A worker without a network will call you. Keep your telephone free."),
    ),
    _say(
        "phone_alarm_page",
        _("Alarm of a phone: what to do"),
        _("Sign in and say on this page that you see to it; it also says who will call:\n{page}"),
        ("page",),
    ),
    _subject(
        "form_returned",
        _("An urgent form came back: subject"),
        pgettext_lazy("subject", "an urgent form waits, and nobody was notified of it"),
    ),
    _say(
        "form_returned",
        _("An urgent form came back"),
        _(
            "An urgent form that was filled on a phone couldn't be received as it came. It waits as a draft of the "
            "worker, and nobody has been notified of it."
        ),
    ),
    _say(
        "form_returned_page",
        _("An urgent form came back: what to do"),
        _("Whose it is stands on this page. Call the worker, or send it yourself if it is yours:\n{page}"),
        ("page",),
    ),
    _subject(
        "record_waits",
        _("A session’s record from a phone waits: subject"),
        pgettext_lazy("subject", "a session’s record from a phone waits for a decision"),
    ),
    _say(
        "record_waits",
        _("A session’s record from a phone waits"),
        _(
            "A session was written down on a phone of {unit}, and it couldn't be recorded as it came. It waits until "
            "somebody of the unit records it or deletes it."
        ),
        (),
        ("unit",),
    ),
    _say(
        "record_ends",
        _("A session’s record from a phone is about to be deleted"),
        _("Nobody has decided for a long time: within days it is deleted for good. Call the unit if it isn't yours."),
    ),
    _say(
        "record_waits_page",
        _("A session’s record from a phone waits: what to do"),
        _("The unit finds it at the top of this page:\n{page}"),
        ("page",),
    ),
)

SERVICE_TEXTS = (*_ROSTER, *_DIRECTORY, *_AHEAD, *_ALARMS, *_PHONES)
