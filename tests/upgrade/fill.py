"""Run by `make` with a landed commit's code: cases, a draft, an attached file, a PDF; prints what must be found again.

Only what every landed commit has is called. Public pages are thinned out, so that what is stored stays small.
"""

import hashlib
import json
import sys
from contextlib import suppress
from uuid import uuid4

import django

django.setup()

from django.apps import apps  # noqa: E402
from django.db import connection  # noqa: E402
from django.utils import timezone  # noqa: E402
from wagtail.models import Revision  # noqa: E402

from access.models import User  # noqa: E402
from audit.models import ChainHead  # noqa: E402
from case_forms.form_builder.models import FormVersion  # noqa: E402
from case_forms.submissions.attachments.storage import write_content  # noqa: E402
from case_forms.submissions.drafts.actions import start_draft  # noqa: E402
from case_forms.submissions.drill import SCRIPT, drill_answers  # noqa: E402
from case_forms.submissions.models import Attachment, Submission  # noqa: E402
from notifications.briefs.documents import render_document  # noqa: E402
from notifications.outbox.models import Notice  # noqa: E402

CONTENT = b"An invented file of a landed schema."
PDFS = 1
REVISIONS = 5


def main() -> None:
    worker = User.objects.get(username="vlore1")
    unit = worker.units()[0]
    script, now = json.loads(SCRIPT.read_text()), timezone.localtime()
    version = FormVersion.objects.newest().get(form__key=script["form"])
    answers = drill_answers(version.parsed_form, script, municipality="vlore", occurred_at=now)
    draft = start_draft(form_version=version, unit=unit, owner=worker, answers=answers, occurred_at=now)
    submission, identity = Submission.objects.filter(case__isnull=False).order_by("received_at")[0], uuid4()
    Attachment.objects.create(
        id=identity,
        submission=submission,
        owner=worker,
        unit=unit,
        media_type="application/pdf",
        size=len(CONTENT),
        fingerprint="invented",
        name="invented.pdf",
        content_key=write_content(identity, CONTENT),
    )
    notices = Notice.objects.exclude(case_reference="").order_by("owed_at", "pk")
    documents = [render_document(notice) for notice in notices[:PDFS]]
    thin_out()
    head = ChainHead.objects.get()
    found = {
        "submissions": {str(each.pk): each.answers for each in Submission.objects.all()},
        "draft": {"id": str(draft.pk), "answers": draft.answers},
        "attachments": {str(identity): hashlib.sha256(CONTENT).hexdigest()},
        "documents": {str(each.pk): hashlib.sha256(bytes(each.pdf)).hexdigest() for each in documents},
        "head": f"{head.number}:{head.hash}",
        "user": worker.username,
        "made": "invented people, places and cases; nobody's data",
    }
    sys.stdout.write(f"FOUND {json.dumps(found)}\n")


def thin_out() -> None:
    """Take away what is large and made anew by the service, and most of the public's reading matter."""
    with connection.cursor() as cursor:
        for table in ("outreach_pages_materialpage", "content_articlepage"):
            cursor.execute(f"SELECT page_ptr_id FROM {table} ORDER BY page_ptr_id LIMIT 1 OFFSET 6")  # noqa: S608
            (first,) = cursor.fetchone()
            cursor.execute(f"UPDATE {table} SET body = '[]' WHERE page_ptr_id >= %s", [first])  # noqa: S608
    kept = Revision.objects.order_by("pk").values_list("pk", flat=True)[:REVISIONS]
    Revision.objects.exclude(pk__in=list(kept)).delete()
    for name in ("wagtailcore.ReferenceIndex", "wagtailsearch.IndexEntry"):
        with suppress(LookupError):
            apps.get_model(name).objects.all().delete()


main()
