"""What a text may leave open: a closed list. No placeholder holds anything of a case, so no text can say any of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext

from .senders import MAX_BRAND, NAMED, OF_ORGANISATION
from .values import KEY_TO_ACCEPT, build_link, get_link_start, get_reply_words, word_minutes

MAX_NAME = 80  # letters of a unit's or the organisation's name in a message; the rest is cut
MAX_PHONE = 32
MAX_PAGE = 160
MAX_MOMENT = 32  # with the offset, in the night in which clocks change
MAX_LABEL = 80
SAMPLE_LINK = build_link("x" * 43)  # as long as a true one, whose token is `secrets.token_urlsafe(32)`
SAMPLE_PAGE = build_link("d." + "x" * 43)


@dataclass(frozen=True)
class Placeholder:
    """`sample`: a made-up value in the active language, for previews. `length`: of the longest value.

    `is_written`: somebody typed the value into another screen, so it is cleaned before it stands in a message.
    """

    name: str
    meaning: Promise
    sample: Callable[[], str]
    length: Callable[[], int]
    is_written: bool = False

    def get_longest(self) -> str:
        return "W" * self.length()


def _placeholder(
    name: str, meaning: Promise, sample: Callable[[], str] | str, length: int | None = None, *, is_written: bool = False
) -> Placeholder:
    """`length`: None where the sample is as long as any value."""
    get_sample = sample if callable(sample) else lambda: sample
    return Placeholder(
        name, meaning, get_sample, (lambda: len(get_sample())) if length is None else (lambda: length), is_written
    )


_ALL = (
    _placeholder("code", _("the code of the notice"), "7K2M9-QXZ"),
    _placeholder("first_code", _("the code of the notice that is asked about again"), "4HT6W-B2N"),
    _placeholder("codes", _("the codes of several notices"), "7K2M9-QXZ, 4HT6W-B2N", 64),
    _placeholder("link", _("the link of the notice, behind which the PIN is asked for"), lambda: SAMPLE_LINK),
    _placeholder("link_start", _("how every true link begins"), get_link_start),
    _placeholder("hour", _("the hour until which an answer is expected"), "14:30"),
    _placeholder("until", _("the hour until which an answer is expected, with the date of another day"), "14:30", 24),
    _placeholder("within", _("the time that is left, with the word for minutes"), lambda: word_minutes(30), 16),
    _placeholder("minutes", _("the minutes that are left, as a number"), "30", 3),
    _placeholder("number", _("how often it was sent"), "2", 4),
    _placeholder("count", _("how many notices wait"), "3", 6),
    _placeholder(
        "unit",
        _("the unit that sends it"),
        lambda: pgettext("in a preview", "Mobile unit North"),
        MAX_NAME,
        is_written=True,
    ),
    _placeholder(
        "phone",
        _("the number to call, which stands on the PIN card too"),
        "+355 00 000 000",
        MAX_PHONE,
        is_written=True,
    ),
    _placeholder(
        "of_organisation",
        _("the organisation’s name, as it stands after “of”"),
        lambda: str(OF_ORGANISATION),
        MAX_NAME,
    ),
    _placeholder(
        "sender",
        _("the short name of who sends it; neutral, where the recipient reads it so"),
        lambda: str(NAMED.brand),
        MAX_BRAND,
    ),
    _placeholder("subject", _("the subject without this addition"), "Vatra: 7K2M9-QXZ", 90),
    _placeholder("yes", _("the word that accepts by SMS"), lambda: get_reply_words()["yes"], 8),
    _placeholder("no", _("the word that declines by SMS"), lambda: get_reply_words()["no"], 8),
    _placeholder("on_the_way", _("the word for “on the way” by SMS"), lambda: get_reply_words()["on_the_way"], 8),
    _placeholder("key", _("the key that accepts during a call"), KEY_TO_ACCEPT),
    _placeholder("page", _("the address of the page to which the message leads"), lambda: SAMPLE_PAGE, MAX_PAGE),
    _placeholder("amount", _("how many there are"), "3", 6),
    _placeholder("days", _("the days that are left"), "60", 4),
    _placeholder("start_hour", _("the hour at which the duty begins"), "20:00", 5),
    _placeholder("begins", _("when the duty begins"), "1.12.2026 20:00", MAX_MOMENT),
    _placeholder("ends", _("when the shift ends"), "2.12.2026 08:00", MAX_MOMENT),
    _placeholder("result", _("how it has ended"), lambda: pgettext("in a preview", "agreed"), MAX_LABEL),
    _placeholder(
        "what",
        _("what kind of entry changes, and how"),
        lambda: pgettext("in a preview", "contact, changed"),
        MAX_LABEL,
    ),
    _placeholder(
        "office",
        _("the office’s name"),
        lambda: pgettext("in a preview", "Police station of the North"),
        MAX_NAME,
        is_written=True,
    ),
    _placeholder("person", _("the name of a colleague"), "Agron Hoxha", MAX_NAME, is_written=True),
    _placeholder(
        "phone_name",
        _("what the contact called the phone"),
        lambda: pgettext("in a preview", "my phone"),
        MAX_NAME,
        is_written=True,
    ),
)
PLACEHOLDERS: Mapping[str, Placeholder] = {each.name: each for each in _ALL}
