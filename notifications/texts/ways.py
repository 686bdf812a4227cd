"""What an SMS, a push and a call say, put together from their texts. Nothing about a case or a person."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils import translation
from django.utils.translation import gettext as _

from .gsm import fold
from .in_force import Wording
from .values import KEY_TO_ACCEPT, get_reply_words, word_until_briefly

MAX_CODES = 4  # in the one message that stands for many
_SMS = {
    "reminder": "sms.reminder",
    "call": "sms.call",
    "fallback": "sms.call",
    "deputy": "sms.deputy",
}


@dataclass(frozen=True)
class WayFacts:
    """What such a message says. `codes`: of each notice that it stands for, its own first."""

    purpose: str
    codes: Sequence[str]
    link: str
    is_drill: bool = False
    answer_by: datetime | None = None
    can_reply: bool = False

    @property
    def code(self) -> str:
        return self.codes[0]


def compose_sms(facts: WayFacts, wording: Wording, *, now: datetime) -> str:
    """Return the text in the letters of GSM 03.38: one message or two, whatever it stands for."""
    with translation.override(wording.language):
        parts = [wording.say("sms.drill")] if facts.is_drill else []
        parts.append(_compose_what(facts, wording, now))
        if facts.can_reply and len(facts.codes) == 1 and facts.purpose != "test":
            parts.append(wording.say("sms.reply", code=facts.code, **get_reply_words()))
    return fold(" ".join(parts))


def _compose_what(facts: WayFacts, wording: Wording, now: datetime) -> str:
    if len(facts.codes) > 1:
        return wording.say("sms.many", codes=_list_codes(facts.codes), count=str(len(facts.codes)), link=facts.link)
    if facts.purpose == "test":
        return wording.say("sms.test", code=facts.code, link=facts.link)
    key = _SMS.get(facts.purpose, "sms.notice")
    if facts.answer_by is None:
        return wording.say(key, code=facts.code, link=facts.link)
    until = word_until_briefly(facts.answer_by, now)
    return wording.say(f"{key}_by", code=facts.code, link=facts.link, until=until)


def _list_codes(codes: Sequence[str]) -> str:
    listed = ", ".join(codes[:MAX_CODES])
    more = len(codes) - MAX_CODES
    return _("{codes} and {more} more").format(codes=listed, more=more) if more > 0 else listed


def compose_answered(what: str, code: str, link: str, wording: Wording) -> str:
    """Return the SMS that goes back to whoever answered by SMS.

    `what`: accepted, on_the_way, declined or not_taken. `link`: of a notice that is still to be read, else "".
    """
    with translation.override(wording.language):
        parts = [wording.say(f"sms.{what}", code=code)]
        if link:
            parts.append(wording.say("sms.read_it", link=link))
    return fold(" ".join(parts))


def compose_push(facts: WayFacts, wording: Wording) -> str:
    """Return what a phone's screen says: only that something waits."""
    with translation.override(wording.language):
        if facts.purpose == "test" and len(facts.codes) == 1:
            return wording.say("push.test")
        parts = [wording.say("push.drill")] if facts.is_drill else []
        many = len(facts.codes) > 1
        parts.append(wording.say("push.many", count=str(len(facts.codes))) if many else wording.say("push.notice"))
    return " ".join(parts)


def compose_voice(facts: WayFacts, wording: Wording) -> str:
    """Return what a call says."""
    with translation.override(wording.language):
        parts = [wording.say("voice.drill")] if facts.is_drill else []
        parts.append(wording.say("voice.notice", code=facts.code, key=KEY_TO_ACCEPT))
    return " ".join(parts)
