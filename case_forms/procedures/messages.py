"""Marking of texts that are translated where they are shown.

`decide` and what it stands on import nothing of Django, so they name texts and never look them up.
"""


def gettext_noop(message: str) -> str:
    """Return the text as it is: `makemessages` finds it by this function's name."""
    return message
