"""What a text is: by which way it leaves, what it may leave open, how long it may be, and what it says of itself."""

from dataclasses import dataclass

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Medium(models.TextChoices):
    MAIL = "mail", _("e-mail")
    SERVICE = "service", _("e-mail about duty and the directory")
    SMS = "sms", _("SMS")
    PUSH = "push", _("on a phone’s screen")
    VOICE = "voice", _("call")
    DOCUMENT = "document", _("document")


class Mark(models.TextChoices):
    """What a text says of itself: drills and tests must be marked as such, and nothing else may be."""

    NONE = "", _("ordinary")
    DRILL = "drill", _("drill")
    TEST = "test", _("test of an address")


@dataclass(frozen=True)
class Text:
    """`shipped`: in the catalogues. `required` must be there, `allowed` may be; both name placeholders.

    `neutral`: shipped in its place where the sender is neutral (`senders`); None: what is shipped tells nothing;
    "": nothing is said, whatever is stored.
    `max_length`: of the text with the longest values; of an SMS in letters of GSM 03.38. `has_lines`: may have several.
    """

    key: str
    medium: Medium
    title: Promise
    shipped: Promise
    max_length: int
    required: tuple[str, ...] = ()
    allowed: tuple[str, ...] = ()
    has_lines: bool = False
    mark: Mark = Mark.NONE
    neutral: Promise | str | None = None

    @property
    def placeholders(self) -> tuple[str, ...]:
        return (*self.required, *self.allowed, "sender")


MAX_SUBJECT, MAX_SUBJECT_ADDITION = 90, 140
MAX_PARAGRAPH = 500
# One SMS holds 160 letters, two of them 306: a mark, a space, what it says, a space, how to answer.
MAX_SMS, MAX_SMS_REPLY, MAX_SMS_MARK = 200, 84, 20
MAX_PUSH, MAX_VOICE, MAX_TITLE = 120, 300, 80
MAX_PUSH_MARK, MAX_VOICE_MARK = 20, 80
