"""Run by the test with this code: bring the data of a landed schema to the newest, and look at what must hold.

`python -m tests.upgrade.check FACTS`, with the environment of the stored data. The last line of the output is JSON:
{name: words}, words are "" for what holds.
"""

import hashlib
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import django

PAGES = ("/", "/en/", "/pyet/", "/healthz")
STAFF_PAGES = ("/field/", "/field/drafts/{draft}/")


def main() -> int:
    django.setup()
    from django.core.management import call_command

    facts = json.loads(Path(sys.argv[1]).read_text())
    call_command("migrate", verbosity=0, interactive=False)
    # As a start does after it (`supervisor.preparation`): what an earlier release left counts once it is sealed.
    from vault.canary import establish_keys

    establish_keys()
    from audit.sealed_rows import seal_first

    seal_first()
    found: dict[str, str] = {}
    for name, look in CHECKS.items():
        try:
            found[name] = "; ".join(look(facts))
        except Exception as error:  # noqa: BLE001 - the others are looked at all the same
            found[name] = f"{type(error).__name__}: {error}"[:300]
    sys.stdout.write(f"\n{json.dumps(found)}\n")
    return 0


def check_models(_facts: dict[str, Any]) -> Iterator[str]:
    from django.core.management import call_command

    try:
        call_command("makemigrations", check_changes=True, dry_run=True, verbosity=0)
    except SystemExit:
        yield "models and migrations differ"


def check_submissions(facts: dict[str, Any]) -> Iterator[str]:
    from case_forms.submissions.models import Submission

    there = {str(each.pk): each.answers for each in Submission.objects.all()}
    for key, answers in facts["submissions"].items():
        if key not in there:
            yield f"{key} is lost"
        elif not answers.items() <= there[key].items():
            yield f"{key} has other answers"


def check_draft(facts: dict[str, Any]) -> Iterator[str]:
    """Go on with the draft, and send it: it opens a case."""
    from access.models import User
    from case_forms.submissions.actions import submit_draft
    from case_forms.submissions.models import Draft

    draft = Draft.objects.get(pk=facts["draft"]["id"])
    if not facts["draft"]["answers"].items() <= draft.answers.items():
        yield "it has other answers"
    received = submit_draft(draft=draft, user=User.objects.get(username=facts["user"]))
    if not received.receipt["case"]:
        yield "it opened no case"


def check_attachments(facts: dict[str, Any]) -> Iterator[str]:
    from case_forms.submissions.attachments.storage import get_content
    from case_forms.submissions.models import Attachment

    for key, digest in facts["attachments"].items():
        content = get_content(Attachment.objects.get(pk=key))
        if hashlib.sha256(content).hexdigest() != digest:
            yield f"{key} has another content"


def check_documents(facts: dict[str, Any]) -> Iterator[str]:
    from io import BytesIO

    from pypdf import PdfReader

    from notifications.outbox.models import BriefDocument

    for key, digest in facts["documents"].items():
        content = bytes(BriefDocument.objects.get(pk=key).pdf)
        if hashlib.sha256(content).hexdigest() != digest or not PdfReader(BytesIO(content)).pages:
            yield f"{key} doesn't open as it was"


def check_record(facts: dict[str, Any]) -> Iterator[str]:
    from audit.models import AuditEntry
    from audit.verification import verify_chain

    report = verify_chain(noted=facts["head"])
    if not report.ok:
        yield f"broken at {report.broken}: {report.reason}"
    number, _colon, digest = facts["head"].partition(":")
    if not AuditEntry.objects.filter(number=number, hash=digest).exists():
        yield "the head that was noted is gone"


def check_pages(facts: dict[str, Any]) -> Iterator[str]:
    """What anybody opens, and what its worker does."""
    from django.conf import settings
    from django.test import Client
    from django.test.utils import override_settings

    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}  # nothing was collected here
    with override_settings(STORAGES={**settings.STORAGES, "staticfiles": plain}):
        yield from _open_pages(Client(raise_request_exception=False, HTTP_HOST="127.0.0.1"), facts)


def _open_pages(client: Any, facts: dict[str, Any]) -> Iterator[str]:
    from access.models import User

    for path in PAGES:
        if (status := client.get(path, follow=True).status_code) != 200:
            yield f"{path} answers {status}"
    client.force_login(User.objects.get(username=facts["user"]), backend="django.contrib.auth.backends.ModelBackend")
    for path in (each.format(draft=facts["draft"]["id"]) for each in STAFF_PAGES):
        if (status := client.get(path, follow=True).status_code) != 200:
            yield f"{path} answers {status}"


# In this order: the draft is sent last, for it adds to what the others count.
CHECKS: dict[str, Callable[[dict[str, Any]], Iterator[str]]] = {
    "submissions": check_submissions,
    "attachments": check_attachments,
    "documents": check_documents,
    "pages": check_pages,
    "draft": check_draft,
    "record": check_record,
    "models": check_models,
}

if __name__ == "__main__":
    sys.exit(main())
