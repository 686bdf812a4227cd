"""How the service names itself: one set of words with the organisation's name, and one without it.

The organisation is known for what it does, so its name under a message says what the message itself keeps silent.
Everything that leaves for a recipient takes its names from the one `Sender` that it is given; `directory.senders`
decides which (docs/adr/0248).
"""

import re
import unicodedata
from dataclasses import dataclass
from email.utils import formataddr, parseaddr

from django.conf import settings
from django.db import models
from django.utils.functional import Promise, lazy
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

MAX_BRAND = 24  # letters: it begins every SMS


class SenderSet(models.TextChoices):
    NAMED = "named", _("with the organisation’s name")
    NEUTRAL = "neutral", _("neutral, without the organisation’s name")


@dataclass(frozen=True)
class Sender:
    """The names of the service to one recipient, each in the active language.

    `brand`: short, as subjects, SMS and pages begin. `of_organisation`: as it stands after "of". `address`: the header
    From. `a_unit`: who sends a notice, in a sentence; `the_unit`: before a number. `paper_line`: under the name on a
    paper; `signed_for`: over its signature. `card_title`: of the PIN card. `help`: on the PIN page.
    """

    set: SenderSet
    brand: "str | Promise"
    organisation: "str | Promise"
    of_organisation: "str | Promise"
    address: "str | Promise"
    a_unit: "str | Promise"
    the_unit: "str | Promise"
    paper_line: "str | Promise"
    signed_for: "str | Promise"
    card_title: "str | Promise"
    help: "str | Promise"

    @property
    def is_neutral(self) -> bool:
        return self.set == SenderSet.NEUTRAL

    def name_unit(self, name: str) -> str:
        """Return how a unit is called before this recipient: neutrally, it isn't told apart from the service."""
        return str(self.brand) if self.is_neutral else name


def _get_neutral_brand() -> str:
    return settings.NEUTRAL_SENDER_NAME or gettext("Notice service")


def _get_neutral_address() -> str:
    """Return the neutral name before its own address, else before the one that everything is sent from."""
    address = settings.NEUTRAL_SENDER_EMAIL or parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
    return formataddr((_get_neutral_brand(), address))


ORGANISATION = _("Psycho-Social Centre “Vatra”")
# In the grammatical case that "of" needs in Albanian.
OF_ORGANISATION = pgettext_lazy("of the organisation", "Psycho-Social Centre “Vatra”")
NAMED = Sender(
    set=SenderSet.NAMED,
    brand="Vatra",
    organisation=ORGANISATION,
    of_organisation=OF_ORGANISATION,
    address=lazy(lambda: settings.DEFAULT_FROM_EMAIL, str)(),
    a_unit=pgettext_lazy("the sender of a notice", "a mobile unit"),
    the_unit=pgettext_lazy("before its number", "The mobile unit"),
    paper_line=_("Mobile units for identification and referral"),
    signed_for=_("For the mobile unit"),
    card_title=_("Notices from our mobile units"),
    help=_(
        "Centre Vatra's mobile units send notices like this one to the people on duty. It says nothing before the PIN, "
        "so that nobody else can read it."
    ),
)
_BRAND = lazy(_get_neutral_brand, str)()
NEUTRAL = Sender(
    set=SenderSet.NEUTRAL,
    brand=_BRAND,
    organisation=_BRAND,
    of_organisation=_BRAND,
    address=lazy(_get_neutral_address, str)(),
    a_unit=_BRAND,
    the_unit=_BRAND,
    paper_line="",
    signed_for=_("For the sender"),
    card_title=_("Notices to you"),
    help=_(
        "Notices like this one go to the person on duty. It says nothing before the PIN, so that nobody else can read "
        "it."
    ),
)
SENDERS = {each.set: each for each in (NAMED, NEUTRAL)}

# What gives away who writes or what it is about, in plain letters, in both languages: the organisation, its units, the
# field. "Protection" alone doesn't: it is in the name of offices.
_TELLING = re.compile(
    r"\b(?:vatra|vatre[ns]?|vatres|psiko-?social\w*|psycho-?social\w*|trafik\w*|traffick\w*|trafficked|viktim\w*|victim\w*"
    r"|shfrytez\w*|exploit\w*|prostitu\w*|skllav\w*|slave\w*|kallezim\w*|criminal|nen mbrojtje|under protection"
    r"|njesi\w* levizes\w*|njesi\w* te levizshme|mobile units?)\b"
)


def find_telling(text: str) -> list[str]:
    """Return the words of a text that a recipient of the neutral set may not read, in plain small letters."""
    letters = unicodedata.normalize("NFKD", text.lower())
    plain = "".join(letter for letter in letters if not unicodedata.combining(letter))
    name = settings.ORGANISATION_NAME.lower()
    own = [name] if len(name) > 3 and name in text.lower() else []
    return list(dict.fromkeys([*own, *_TELLING.findall(plain)]))
