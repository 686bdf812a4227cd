"""What stands in the database before and after somebody looks around: a GET changes nothing."""

import hashlib
import re
from urllib.parse import urljoin, urlsplit

from django.db import connection
from django.test import Client

MADE_WHEN_FIRST_SEEN = {"wagtailimages_rendition"}
# That somebody looked is itself written down: who opened a case, that a session lives, and Wagtail's own notes of who
# has a page open in the editor and how its rooms look for them.
RECORDS_OF_READING = {
    "audit_auditentry",
    "audit_chainhead",
    "django_session",
    "wagtailadmin_editingsession",
    "wagtailcore_pagesubscription",
    "wagtailusers_userprofile",
}
LINK = re.compile(r'<a\b[^>]*\bhref="([^"#]+)')
LEAVING = ("/accounts/", "/dil/", "/static/", "/media/")


def rows() -> dict[str, str]:
    """{table: what its rows come to}."""
    found = {}
    with connection.cursor() as cursor:
        for table in sorted(set(connection.introspection.table_names(cursor)) - MADE_WHEN_FIRST_SEEN):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")  # noqa: S608
            found[table] = hashlib.sha256(repr(sorted(map(repr, cursor.fetchall()))).encode()).hexdigest()
    return found


def changed_since(before: dict[str, str]) -> set[str]:
    now = rows()
    return {table for table in before.keys() | now.keys() if before.get(table) != now.get(table)}


def walk(client: Client, start: str, *, most: int = 40) -> dict[str, int]:
    """{path: status} of what can be reached from a page of staff, one of each kind of address first."""
    waiting, looked_at, kinds = [start], {}, set()
    while waiting and len(looked_at) < most:
        path = waiting.pop(0)
        answer = client.get(path)
        looked_at[path] = answer.status_code
        if answer.streaming or not answer.headers.get("Content-Type", "").startswith("text/html"):
            continue
        for written in LINK.findall(answer.content.decode()):
            parts = urlsplit(urljoin(path, written.replace("&amp;", "&")))
            found = parts.path + (f"?{parts.query}" if parts.query else "")
            kind = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}|[0-9]+|[A-Z0-9]{5,}(?=/)", "…", parts.path)
            if parts.netloc or parts.scheme or parts.path.startswith(LEAVING) or kind in kinds:
                continue
            kinds.add(kind)
            waiting.append(found)
    return looked_at
