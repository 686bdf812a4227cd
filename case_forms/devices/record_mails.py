"""Words of the mails about sessions' records that wait for their unit: texts of two people."""

from django.utils import timezone, translation

from notifications.texts.in_force import Wording
from notifications.texts.service_mails import word_record_waits


def write_record_waits(language: str, *, unit: str, page: str, is_last: bool) -> tuple[str, str]:
    """Return the subject and the text of the mail, as `outreach_pages.records.phones.ending.Writer` does."""
    wording = Wording(language, timezone.now())
    with translation.override(wording.language):
        return word_record_waits(unit=unit, page=page, is_last=is_last).compose(wording)
