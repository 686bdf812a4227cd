"""The audience of a form, staff or anybody from the public pages, and the limits of a public form.

A public form is answered without an account and on any phone, saved nowhere before it is sent, and shown to whoever
opens the page. So it takes no files, names no case, and offers no list that reveals where protection services are.
"""

from collections.abc import Iterator

from django.utils.translation import gettext_lazy as _

from .definition import Form, Problem, Question, Repeat
from .definition.limits import AUDIENCES

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


SESSION_REQUEST = "session_request"  # the kind of a public form that asks for an informative session; others are tips


def get_audience(form: Form) -> str:
    """Return staff or public; a form that doesn't say is for staff."""
    return PUBLIC if form.audience == PUBLIC else STAFF


def is_public(form: Form) -> bool:
    return get_audience(form) == PUBLIC


def is_session_request(form: Form) -> bool:
    """Return whether it is the form by which a session is asked for."""
    return form.kind == SESSION_REQUEST


def is_tip(form: Form) -> bool:
    """Return whether what the public sends by it is a tip, to which a procedure responds."""
    return is_public(form) and not is_session_request(form)


def audience_problems(form: Form) -> Iterator[Problem]:
    """Find what prevents a well-shaped form from being a public one; nothing for one that is for staff."""
    if is_session_request(form):
        yield from _session_request_problems(form)
    if not is_public(form):
        return
    if form.warnings:
        words = _("A form for the public has no questions that are asked again before sending.")
        yield Problem("/warnings", "not_public", words)
    # What is inside a repeat is reported with the repeat itself, which a public form can't have.
    outside = [located for located in form.iter_items() if not located.repeats]
    for located in outside:
        if isinstance(located.item, Question):
            yield from _question_problems(located.item, located.path)
        elif isinstance(located.item, Repeat):
            words = _(
                "A form for the public has no repeat groups: it is filled in page by page and nothing is saved in "
                "between."
            )
            yield Problem(f"{located.path}/item", "not_public", words)
    if sum(isinstance(located.item, Question) for located in outside) > MAX_PUBLIC:
        too_many = _("A form for the public has at most %(count)s questions.") % {"count": MAX_PUBLIC}
        yield Problem("/audience", "too_many", too_many)


def _session_request_problems(form: Form) -> Iterator[Problem]:
    """Find what a request for a session can't do without: the public, and where the session would be."""
    if not is_public(form):
        yield Problem("/audience", "public_only", _("A form that asks for a session is for the public."))
    places = [item for item in form.outer_items if isinstance(item, Question) and item.type == "municipality"]
    if not any(item.required is True and item.relevant is True and _is_always_shown(form, item) for item in places):
        words = _("A form that asks for a session needs a required question about the municipality, always shown.")
        yield Problem("/sections", "no_municipality", words)


def _is_always_shown(form: Form, item: Question) -> bool:
    return any(item in section.items and section.relevant is True for section in form.sections)


def _question_problems(question: Question, path: str) -> Iterator[Problem]:
    if question.type in NOT_PUBLIC_TYPES:
        words = _("This type of question can't be used in a form for the public.")
        yield Problem(f"{path}/type", "not_public", words)
    elif (question.choices_from or question.from_list) in NOT_PUBLIC_LISTS:
        words = _("This list isn't for the public: it shows where services or sessions are.")
        yield Problem(f"{path}/choices_from", "not_public", words)
