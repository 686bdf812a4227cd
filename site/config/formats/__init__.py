"""How dates and times are written: Django's own formats for Albanian and English are not how people write them here."""

from django.utils.translation import gettext_noop

# Month names come from Django's catalogue: named here so that ours carries them. Albanian writes them small.
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
