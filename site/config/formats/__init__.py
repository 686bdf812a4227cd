"""Formats of dates and times: Django's own for Albanian and English aren't how people write them here."""

from django.utils.translation import gettext_noop

# Month names come from Django's catalogue: named here so that ours carries them. In Albanian they are lower-case.
MONTHS = (
    gettext_noop("January"),
    gettext_noop("February"),
    gettext_noop("March"),
    gettext_noop("April"),
    gettext_noop("May"),
    gettext_noop("June"),
    gettext_noop("July"),
    gettext_noop("August"),
    gettext_noop("September"),
    gettext_noop("October"),
    gettext_noop("November"),
    gettext_noop("December"),
)
