"""What is said of a key: why one is refused, what is to be looked at, and what it is."""

from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from notifications.channels.mail_keys.keys import BadKey, KeyKind, Problem, group_fingerprint
from notifications.channels.mail_keys.reading import read_key

from ..ways.models import KEY_WARN_DAYS, ContactWay

REFUSALS: dict[Problem, Promise] = {
    Problem.PRIVATE: gettext_lazy(
        "This is a private key: it was not kept. It belongs to nobody but its owner. If it was sent to you, tell them"
        " to make another one, and ask for its public part."
    ),
    Problem.TOO_LARGE: gettext_lazy(
        "This key is longer than 64 kB. Export it without pictures and others’ signatures."
    ),
    Problem.UNREADABLE: gettext_lazy(
        "This can’t be read as a public key. Paste or upload an OpenPGP public key (.asc) or an S/MIME certificate"
        " (.crt, .cer, .pem)."
    ),
    Problem.SEVERAL: gettext_lazy("There is more than one key in it. Give only the one of this person."),
    Problem.NOT_RSA: gettext_lazy(
        "This certificate has a key on an elliptic curve. S/MIME works with RSA here: ask for such a certificate, or"
        " for an OpenPGP key."
    ),
    Problem.EXPIRED: gettext_lazy("This key has expired. Ask its owner for the renewed one."),
    Problem.NOT_YET: gettext_lazy("This certificate isn’t valid yet."),
    Problem.REVOKED: gettext_lazy("This key was revoked by its owner. Ask for the one that they use now."),
    Problem.TOO_WEAK: gettext_lazy(
        "This key is too weak to protect anything (RSA needs 2048 bits). Ask for a new one."
    ),
    Problem.NO_ENCRYPTION: gettext_lazy("This key can only sign: nothing can be encrypted to it."),
}
KINDS = {KeyKind.OPENPGP: "OpenPGP", KeyKind.SMIME: "S/MIME"}


def describe_key(text: str) -> str:
    """Say what a stored key is: kind, fingerprint, whose addresses it names, until when it can be used."""
    try:
        key = read_key(text.encode())
    except BadKey:
        return _("a key that can’t be read")
    parts = [KINDS[key.kind], group_fingerprint(key.fingerprint), ", ".join(key.addresses) or _("no address")]
    if key.expires_at is not None:
        parts.append(_("until %(day)s") % {"day": _name_day(key.expires_at)})
    return " · ".join(parts)


def list_warnings(way: ContactWay, at: datetime) -> list[str]:
    """Return what whoever enters a key, or agrees to it, should look at."""
    try:
        key = read_key(way.mail_key.encode())
    except BadKey as bad:
        return [str(REFUSALS[bad.problem])]
    found = []
    email = way.contact.email.lower()
    if email not in key.addresses:
        found.append(
            _("The key names another address than this contact’s (%(address)s). Ask its owner whether it is theirs.")
            % {"address": email}
        )
    if key.expires_at is not None and key.expires_at <= at + timedelta(days=max(KEY_WARN_DAYS)):
        found.append(_("The key expires on %(day)s.") % {"day": _name_day(key.expires_at)})
    return found


def _name_day(moment: datetime) -> str:
    return date_format(timezone.localtime(moment), "SHORT_DATE_FORMAT")
