"""Template tags for every room: state badges, times, icons. A built-in library: no {% load %} needed."""

from datetime import datetime, timedelta

from django import template
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _

from access.languages import LocalizedText, get_current_language
from access.models import User
from access.policy import row_for
from notifications.outbox.states import NoticeState

register = template.Library()

# One stroke set on a 24 by 24 grid; colour and width come from `.icon` in components.css.
ICONS: dict[str, str] = {
    "owed": '<circle cx="12" cy="12" r="9"/>',
    "sending": '<circle cx="12" cy="12" r="9" stroke-dasharray="3 4"/>',
    "sent": '<path d="M4 12 20 4l-4 16-4-7z"/><path d="m12 13 8-9"/>',
    "repeated": '<path d="M4 12a8 8 0 1 1 3 6"/><path d="M4 20v-5h5"/>',
    "delivered": '<path d="m5 13 4 4L19 7"/>',
    "opened": '<circle cx="12" cy="12" r="9"/><circle cx="12" cy="12" r="3"/>',
    "accepted": '<path d="m2 13 4 4L16 7"/><path d="m11 16 1 1L22 7"/>',
    "declined": '<path d="M6 6l12 12M18 6 6 18"/>',
    "closed": '<circle cx="12" cy="12" r="9"/><path d="m8 12 3 3 5-6"/>',
    "failed": '<path d="M12 4v10"/><path d="M12 19h.01"/>',
    "escalated": '<path d="M12 20V8"/><path d="m6 12 6-6 6 6"/><path d="M6 3h12"/>',
    "cancelled": '<circle cx="12" cy="12" r="9"/><path d="M8 12h8"/>',
    "late": '<circle cx="12" cy="12" r="9"/><path d="M12 7v5l3 3"/>',
    "warning": '<path d="M12 3 2 20h20z"/><path d="M12 10v4"/><path d="M12 17h.01"/>',
    "info": '<circle cx="12" cy="12" r="9"/><path d="M12 11v5"/><path d="M12 8h.01"/>',
    "phone": '<path d="M5 4h4l2 5-3 2a12 12 0 0 0 5 5l2-3 5 2v4a2 2 0 0 1-2 2A16 16 0 0 1 3 6a2 2 0 0 1 2-2z"/>',
    "plus": '<path d="M12 5v14M5 12h14"/>',
    "minus": '<path d="M5 12h14"/>',
    "back": '<path d="m15 5-7 7 7 7"/>',
    "forward": '<path d="M5 12h14"/><path d="m13 6 6 6-6 6"/>',
    "edit": '<path d="M4 20h4L19 9l-4-4L4 16z"/>',
    "bin": '<path d="M4 7h16"/><path d="M9 7V4h6v3"/><path d="m6 7 1 13h10l1-13"/>',
    "save": '<path d="M5 4h11l3 3v13H5z"/><path d="M8 4v5h7V4"/><path d="M8 20v-6h8v6"/>',
    "document": '<path d="M6 3h8l4 4v14H6z"/><path d="M14 3v4h4"/><path d="M9 13h6M9 17h6"/>',
    "child": '<circle cx="12" cy="6" r="3"/><path d="M12 9v7"/><path d="M8 12h8"/><path d="m12 16-3 5M12 16l3 5"/>',
    "person": '<circle cx="12" cy="8" r="4"/><path d="M4 21a8 8 0 0 1 16 0"/>',
    "menu": '<path d="M4 7h16M4 12h16M4 17h16"/>',
    "out": '<path d="M10 4H5v16h5"/><path d="M10 12h10"/><path d="m16 8 4 4-4 4"/>',
    "language": (
        '<circle cx="12" cy="12" r="9"/><path d="M3 12h18"/><path d="M12 3a14 14 0 0 1 0 18 14 14 0 0 1 0-18z"/>'
    ),
    "lock": '<path d="M6 11h12v9H6z"/><path d="M9 11V8a3 3 0 0 1 6 0v3"/>',
    "key": '<circle cx="8" cy="15" r="4"/><path d="m11 12 9-9"/><path d="m17 6 3 3"/>',
    "talk": '<path d="M4 5h16v11H9l-5 4z"/>',
    "drill": '<path d="M5 21V4"/><path d="M5 4h13l-3 4 3 4H5"/>',
    "calendar": '<path d="M4 6h16v14H4z"/><path d="M4 10h16M8 3v5M16 3v5"/>',
    "search": '<circle cx="11" cy="11" r="6"/><path d="m16 16 5 5"/>',
    "place": '<path d="M12 21c5-6 7-9 7-12a7 7 0 0 0-14 0c0 3 2 6 7 12z"/><circle cx="12" cy="9" r="2.5"/>',
    "offline": (
        '<path d="M3 3l18 18"/><path d="M5 12a10 10 0 0 1 4-2.5M19 12a10 10 0 0 0-6-2.9"/><path d="M12 18h.01"/>'
    ),
}

# state: (icon, word, suffix of the badge's class). Notice states first; then those of cases and deadlines.
STATES: dict[str, tuple[str, str | Promise, str]] = {
    **{state.value: (state.value, state.label, state.value) for state in NoticeState},
    "no_contact": ("failed", gettext_lazy("no contact found"), "danger"),
    "late": ("late", gettext_lazy("no answer yet"), "late"),
    "call": ("phone", gettext_lazy("call now"), "danger"),
    "amber": ("late", gettext_lazy("due soon"), "amber"),
    "red": ("late", gettext_lazy("late"), "danger"),
    "breach": ("warning", gettext_lazy("deadline missed"), "breach"),
    "met": ("delivered", gettext_lazy("done on time"), "ok"),
    "met_late": ("delivered", gettext_lazy("done, late"), "amber"),
    "running": ("late", gettext_lazy("on time"), "neutral"),
    "ended": ("closed", gettext_lazy("ended with the case"), "neutral"),
    "not_awaited": ("closed", gettext_lazy("no longer awaited"), "neutral"),
    "void": ("closed", gettext_lazy("void"), "neutral"),
    "repeated": ("repeated", gettext_lazy("sent again"), "sent"),
    "waiting": ("owed", gettext_lazy("waiting for answers"), "neutral"),
    "quiet": ("accepted", gettext_lazy("all answered"), "ok"),
    "pending": ("owed", gettext_lazy("waiting for an answer"), "neutral"),
    "not_arrived": ("late", gettext_lazy("not arrived"), "danger"),
    "referral_pending": ("owed", gettext_lazy("waiting for an answer"), "neutral"),
    "referral_accepted": ("accepted", gettext_lazy("accepted"), "ok"),
    "referral_declined": ("declined", gettext_lazy("declined"), "declined"),
    "referral_no_answer": ("failed", gettext_lazy("nobody answered"), "amber"),
    "referral_agreed": ("calendar", gettext_lazy("accompaniment agreed"), "ok"),
    "referral_arrived": ("place", gettext_lazy("arrived"), "ok"),
    "referral_finished": ("closed", gettext_lazy("ended with an outcome"), "neutral"),
    "referral_withdrawn": ("cancelled", gettext_lazy("withdrawn"), "neutral"),
    "referral_ended": ("closed", gettext_lazy("ended without an answer"), "neutral"),
    "child": ("child", gettext_lazy("child, or may be a child"), "amber"),
    "received": ("delivered", gettext_lazy("received"), "ok"),
    "corrected": ("edit", gettext_lazy("corrected since"), "neutral"),
    "drill": ("drill", gettext_lazy("drill"), "neutral"),
    "risk_immediate": ("warning", gettext_lazy("immediate risk"), "danger"),
    "risk_high": ("warning", gettext_lazy("high risk"), "danger"),
    "risk_medium": ("info", gettext_lazy("medium risk"), "amber"),
    "risk_low": ("info", gettext_lazy("low risk"), "neutral"),
}


@register.simple_tag
def risk_badge(level: str | None) -> SafeString:
    """Render the badge of a level of risk; nothing where it isn't known."""
    return state_badge(f"risk_{level}") if level else SafeString()


@register.filter
def may_open(user: User, view_name: str) -> bool:
    """Whether the policy table lets this person in there, so that no link leads to a page they can't open.

    `view_name` may also be the beginning of a tool's addresses, such as "cms/".
    """
    row = row_for(view_name, view_name)
    return row is not None and row.allows(user)


@register.simple_tag
def icon(name: str) -> SafeString:
    """Render an inline icon, hidden from screen readers: the word beside it says the same. Raises KeyError."""
    return format_html(
        '<svg class="icon icon-{}" viewBox="0 0 24 24" aria-hidden="true" focusable="false">{}</svg>',
        name,
        mark_safe(ICONS[name]),  # noqa: S308 (our own constants above)
    )


@register.simple_tag
def title_error(*problems: object) -> SafeString:
    """Return "Error: " for the start of a page's title when any of `problems` (errors of a form, a message) is true.

    A reader with a screen reader hears the title first (GOV.UK Design System, "Error summary").
    """
    return format_html("{} ", _("Error:")) if any(problems) else SafeString()


@register.simple_block_tag
def error_summary(content: SafeString) -> SafeString:
    """Render the error summary at the top of a form, which takes the focus. Each line of it links to its field."""
    return format_html(
        '<div class="error-summary" role="alert" tabindex="-1" autofocus id="errors"><h2>{}</h2>{}</div>',
        _("There is a problem"),
        content,
    )


@register.simple_tag
def state_badge(state: str, word: str = "") -> SafeString:
    """Render icon, word and colour of a state, the same everywhere. `word` replaces the usual word."""
    name, usual, suffix = STATES.get(state, ("info", state, "neutral"))
    return format_html('<span class="badge badge-{}">{} {}</span>', suffix, icon(name), word or usual)


@register.simple_tag
def clock(at: datetime | None, seconds: bool = False) -> SafeString | str:
    """Render a moment as people say it ("today 14:05", "24 November 14:05"), exact in `<time>`; "" for None."""
    if at is None:
        return ""
    local = timezone.localtime(at)
    return format_html(
        '<time datetime="{}">{}</time>', local.isoformat(timespec="seconds"), moment_in_words(at, seconds=seconds)
    )


@register.simple_tag
def time_only(at: datetime | None, seconds: bool = False) -> SafeString | str:
    """Render the hour of a moment ("14:05" or "14:05:02"), with the day only when it isn't today; "" for None."""
    if at is None:
        return ""
    local = timezone.localtime(at)
    text = local.strftime("%H:%M:%S" if seconds else "%H:%M")
    if local.date() != timezone.localdate():
        text = f"{_day(local, 'j b')} {text}"
    return format_html('<time datetime="{}">{}</time>', local.isoformat(timespec="seconds"), text)


@register.simple_tag
def ago(at: datetime | None) -> SafeString | str:
    """Render how long ago a moment was ("3 minutes ago"), the exact time in `<time>`; "" for None."""
    if at is None:
        return ""
    # A moment just ahead (another machine's clock) counts as now.
    passed = max(timezone.now() - at, timedelta())
    return format_html(
        '<time datetime="{}">{}</time>',
        timezone.localtime(at).isoformat(timespec="seconds"),
        _("just now") if passed < timedelta(minutes=1) else _("%(span)s ago") % {"span": span_in_words(passed)},
    )


def moment_in_words(at: datetime, *, seconds: bool = False) -> str:
    """Format a moment: "today 14:05", "yesterday 14:05", "24 November 14:05", with the year when it is another."""
    local, today = timezone.localtime(at), timezone.localdate()
    hour = local.strftime("%H:%M:%S" if seconds else "%H:%M")
    if local.date() == today:
        return _("today %(time)s") % {"time": hour}
    if local.date() == today - timedelta(days=1):
        return _("yesterday %(time)s") % {"time": hour}
    return f"{_day(local, 'j F' if local.year == today.year else 'j F Y')} {hour}"


def _day(local: datetime, pattern: str) -> str:
    """Format a day; in Albanian its month is lower-case."""
    words = date_format(local, pattern)
    return words.lower() if (get_current_language()).startswith("sq") else words


def span_in_words(span: timedelta) -> str:
    """Format a duration in the largest fitting unit, rounded down: "26 minutes", "3 hours", "2 days"."""
    minutes = int(span.total_seconds() // 60)
    if minutes < 1:
        return _("less than a minute")
    if minutes < 90:
        return ngettext("%(count)d minute", "%(count)d minutes", minutes) % {"count": minutes}
    if minutes < 48 * 60:
        return ngettext("%(count)d hour", "%(count)d hours", minutes // 60) % {"count": minutes // 60}
    return ngettext("%(count)d day", "%(count)d days", minutes // 1440) % {"count": minutes // 1440}


@register.simple_tag
def state_word(state: str) -> str:
    """Return the word of a state alone, for lines that have their own icon."""
    return str(STATES[state][1]) if state in STATES else state


@register.filter
def minutes(count: int | None) -> str:
    """Format whole minutes as a duration; "" for None."""
    return "" if count is None else span_in_words(timedelta(minutes=abs(count)))


@register.filter
def until(at: datetime | None) -> str:
    """Format the time left until a moment; "" when it has come or there is none."""
    if at is None or (left := at - timezone.now()) <= timedelta():
        return ""
    return span_in_words(max(left, timedelta(minutes=1)))


@register.filter
def after(at: datetime | None, since: datetime | None) -> str:
    """Format the time between two moments: tenths of a second within a minute, words later; "" if one is missing."""
    if at is None or since is None:
        return ""
    passed = max(at - since, timedelta())
    if passed >= timedelta(minutes=1):
        return span_in_words(passed)
    return _("%(seconds)s s") % {"seconds": number_format(round(passed.total_seconds(), 1), 1)}


@register.filter
def said(text: str) -> SafeString | str:
    """Mark a text of a form with its language where that isn't the page's."""
    language = _foreign(text)
    return format_html('<span lang="{}">{}</span>', language, text) if language else text


@register.filter
def lang_of(text: str) -> SafeString | str:
    """Return the attribute ` lang="..."` for an element with this text alone (an option); "" in the page's language."""
    language = _foreign(text)
    return format_html(' lang="{}"', language) if language else ""


def _foreign(text: str) -> str:
    """Return the text's language if it has one and the page is in another."""
    language = text.language if isinstance(text, LocalizedText) else ""
    return "" if language.split("-")[0] == (get_language() or "").split("-")[0] else language
