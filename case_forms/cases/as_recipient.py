"""What a recipient gets, shown before somebody sends it: the message, and what stands behind the PIN.

The message is composed as true ones are, with a made-up code and link. Of the brief only the questions are named, not
what was answered: whoever sends may read that on the case's own page, where reading is recorded. What is told again (a
decision, a correction, a mistake) holds no answers, so its own words are shown.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.functional import Promise

from access.languages import get_current_language
from audit import clock
from notifications.briefs.sections import get_sections, is_urgent
from notifications.outbox.models import Notice, Purpose
from notifications.text_pages.previews import Preview, Situation, build_preview
from notifications.texts.definitions import Medium
from vault.keyring import KeyRingError
from vault.seal import SealBroken


@dataclass(frozen=True)
class AsRecipient:
    """`labels`: what the brief tells, without the answers; None where it can't be read now.

    `says`: (label, words) of a brief that is the same for all and holds no answers; then there are no `labels`.
    `count`: how many were notified so far and are told; None where that isn't known before.
    """

    mail: Preview
    sms: Preview
    labels: tuple[str, ...] | None
    says: tuple[tuple[str, str], ...] = ()
    count: int | None = None


def describe_as_recipient(notice: Notice) -> AsRecipient:
    """Describe what a recipient of this notice's brief would get as a new notice. Touches nothing."""
    language = get_current_language()
    labels: tuple[str, ...] | None = None
    urgent = False
    try:
        sections = get_sections(notice, language)
        labels = tuple(dict.fromkeys(row.label for section in sections for row in section.rows if row.label))
        urgent = is_urgent(notice)
    except (SealBroken, KeyRingError):
        pass  # said on the page; the message goes out all the same
    now = clock.now()
    situation = Situation(Medium.MAIL, is_urgent=urgent, is_drill=notice.is_drill)
    return AsRecipient(
        build_preview(situation, language, now=now),
        build_preview(Situation(Medium.SMS, is_drill=notice.is_drill), language, now=now),
        labels,
    )


def describe_telling(
    purpose: Purpose, says: Iterable[tuple[Promise | str, Promise | str]], *, is_drill: bool, count: int | None = None
) -> AsRecipient:
    """Describe what everybody gets who is told again. `says`: (label, words) of what stands behind the PIN.

    Touches nothing and reads nothing sealed.
    """
    language, now = get_current_language(), clock.now()
    # An answer is expected within a day (`telling_again`), so the time is another day's.
    mail = Situation(Medium.MAIL, purpose.value, is_drill=is_drill, is_far=True)
    sms = Situation(Medium.SMS, purpose.value, is_drill=is_drill, is_far=True)
    shown = tuple((str(label), str(words)) for label, words in says)
    return AsRecipient(build_preview(mail, language, now=now), build_preview(sms, language, now=now), (), shown, count)
