"""Who fills a form: staff, or anybody from the public pages. What a stranger on a cheap phone can't or mustn't answer.

A public form is answered without an account, kept nowhere before it is sent, and shown to whoever opens the page. So it
takes no files, names no case, and offers no list that tells where protection services are.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from .shapes import AUDIENCES, Problem

STAFF, PUBLIC = AUDIENCES
MAX_PUBLIC = 40  # questions of a public form
MANY_PUBLIC = 12  # more than these, and the editor warns: people give up

# Types that need an account, a file store, a training or a register that isn't public.
NOT_PUBLIC_TYPES = frozenset(
    {"file", "signature", "geopoint", "case_reference", "partner", "session", "outreach_visit", "colleague", "hidden"}
    | {"zone", "indicators", "indicator_assessment"}
)
NOT_PUBLIC_LISTS = frozenset(
    {"partners", "social_services", "schools", "sessions", "outreach_visits", "colleagues", "zones"}
)


def get_audience(definition: Mapping[str, Any]) -> str:
    """staff or public; a form that doesn't say is for staff."""
    return PUBLIC if definition.get("audience") == PUBLIC else STAFF


def is_public(definition: Mapping[str, Any]) -> bool:
    return get_audience(definition) == PUBLIC


def audience_problems(definition: dict[str, Any]) -> Iterator[Problem]:
    """What keeps a well-shaped definition from being a public form; nothing for one that is for staff."""
    if not is_public(definition):
        return
    if definition.get("warnings"):
        words = _("A form for the public has no questions that are asked again before sending.")
        yield Problem("/warnings", "not_public", words)
    count = 0
    for number, section in enumerate(definition["sections"]):
        for position, item in enumerate(section["items"]):
            path = f"/sections/{number}/items/{position}"
            count += item["item"] == "question"
            if item["item"] == "repeat":
                words = _(
                    "A form for the public has no repeat groups: it is filled in page by page and nothing is saved in "
                    "between."
                )
                yield Problem(f"{path}/item", "not_public", words)
            elif item.get("type") in NOT_PUBLIC_TYPES:
                words = _("This type of question can't be used in a form for the public.")
                yield Problem(f"{path}/type", "not_public", words)
            elif item.get("choices_from", item.get("list")) in NOT_PUBLIC_LISTS:
                words = _("This list isn't for the public: it shows where services or sessions are.")
                yield Problem(f"{path}/choices_from", "not_public", words)
    if count > MAX_PUBLIC:
        too_many = _("A form for the public has at most %(count)s questions.") % {"count": MAX_PUBLIC}
        yield Problem("/audience", "too_many", too_many)
