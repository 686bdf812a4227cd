"""What the database was told to change, seen at the connection: cheaper than comparing all rows after each request."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core import mail
from django.db import connection, transaction

WRITING = re.compile(
    r'\s*(INSERT|REPLACE|UPDATE|DELETE)\b(?:\s+OR\s+\w+)?(?:\s+(?:INTO|FROM))?\s+"?(\w+)', re.IGNORECASE
)
# That somebody came is itself written down: a session lives, a token was used, a denial is recorded.
OF_COMING = frozenset({"django_session", "access_staffsession", "access_fieldtoken"})
OF_DENIAL = OF_COMING | {"audit_auditentry", "audit_chainhead", "audit_repeateddenial"}

# Wagtail's own notes: who has a page open, how its rooms look for them, a picture's smaller size when first seen.
NOTES = frozenset(
    {
        "wagtailadmin_editingsession",
        "wagtailcore_pagesubscription",
        "wagtailusers_userprofile",
        "wagtailimages_rendition",
    }
)


class Written(set[str]):
    """Tables in which rows were made, changed or deleted; "mail" when a letter went out."""

    def note(self, execute: Any, sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        result = execute(sql, params, many, context)
        found = WRITING.match(sql)
        # An insertion that gives rows back hasn't counted them yet; a change or deletion may have met none.
        if found and (found[1].upper() in ("INSERT", "REPLACE") or context["cursor"].rowcount != 0):
            self.add(found[2].lower())
        return result


@contextmanager
def taken_back() -> Iterator[Written]:
    """What is written within is known afterwards and gone."""
    written, letters = Written(), len(mail.outbox)
    with transaction.atomic():
        with connection.execute_wrapper(written.note):
            yield written
        transaction.set_rollback(True)
    if len(mail.outbox) != letters:
        written.add("mail")
        del mail.outbox[letters:]
