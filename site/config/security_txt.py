"""`/.well-known/security.txt`: whom to tell about a vulnerability, as the installation sets it (RFC 9116).

`SECURITY_CONTACTS` (`mailto:`, `tel:` or `https:` addresses, the preferred one first) and `SECURITY_TXT_EXPIRES` (a
day) are both needed. Without them, with one that can't be used, or after that day there is no such page: a contact that
nobody reads is worse than none. `manage.py check` says which it is.
"""

from datetime import UTC, date, datetime, time
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Warning, register
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from access.languages import LANGUAGES

SCHEMES = ("mailto", "tel", "https")
LONGEST = 366  # days: RFC 9116 recommends less than a year


def problem_with(contacts: list[str], expires: str, *, today: date) -> str:
    """Return why the page can't be shown, for the operator; "" when it can, or when nothing is set."""
    if not contacts and not expires:
        return ""
    if not contacts or not expires:
        return "SECURITY_CONTACTS and SECURITY_TXT_EXPIRES are needed both."
    unusable = [each for each in contacts if not _is_contact(each)]
    if unusable:
        return f"SECURITY_CONTACTS: {', '.join(unusable)} begins with none of mailto:, tel: and https://."
    day = _day(expires)
    if day is None:
        return "SECURITY_TXT_EXPIRES is no day as in 2027-06-30."
    if day < today:
        return "SECURITY_TXT_EXPIRES is over: look whether the contacts are still right, and set a new day."
    if (day - today).days > LONGEST:
        return "SECURITY_TXT_EXPIRES is more than a year away."
    return ""


def _is_contact(text: str) -> bool:
    found = urlsplit(text)
    is_plain = text.isascii() and text.isprintable() and " " not in text
    return is_plain and found.scheme in SCHEMES and bool(found.netloc if found.scheme == "https" else found.path)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


@require_safe
def security_txt(request: HttpRequest) -> HttpResponse:
    """Answer with the file, or 404 while it isn't set completely."""
    contacts, expires = list(settings.SECURITY_CONTACTS), settings.SECURITY_TXT_EXPIRES
    day = _day(expires)
    if not contacts or day is None or problem_with(contacts, expires, today=timezone.localdate()):
        raise Http404
    until = datetime.combine(day, time(23, 59, 59), tzinfo=UTC)
    lines = [
        *(f"Contact: {each}" for each in contacts),
        f"Expires: {until:%Y-%m-%dT%H:%M:%SZ}",
        f"Preferred-Languages: {', '.join(code for code in LANGUAGES)}",
        f"Canonical: {settings.PUBLIC_URL}{reverse('security_txt')}",
        "",
    ]
    return HttpResponse("\n".join(lines), content_type="text/plain; charset=utf-8")


@register()
def check_security_txt(app_configs: Any, **_kwargs: Any) -> list[CheckMessage]:
    """Warn at `manage.py check` when the settings are incomplete or expired."""
    found = problem_with(list(settings.SECURITY_CONTACTS), settings.SECURITY_TXT_EXPIRES, today=timezone.localdate())
    return [Warning(f"{found} /.well-known/security.txt is not shown.", id="config.W001")] if found else []
