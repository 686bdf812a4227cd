"""The signed document of an agreement: examined like every uploaded file, sealed, and kept in each version."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from access.models import User
from audit.chain import get_actor, log_event
from sanitizer.file_types import FileRefused
from sanitizer.messages import describe_refusal
from sanitizer.process import sanitize_file

from ..models import Agreement, AgreementDocument

MAX_BYTES = 8 * 1024 * 1024
MAX_VERSIONS = 50
ONLY_PDF = frozenset({"pdf"})


def add_document(*, agreement: Agreement, content: bytes, by: User) -> AgreementDocument:
    """Store a clean copy as the newest version; earlier ones stay. Raises ValidationError where it isn't accepted."""
    clean = _examine(content, by)
    with transaction.atomic():
        # Locked, so that two who upload at once get two numbers.
        list(Agreement.objects.select_for_update(no_key=True).filter(pk=agreement.pk).values_list("pk"))
        newest = AgreementDocument.objects.filter(agreement=agreement).order_by("-number").first()
        number = newest.number + 1 if newest else 1
        if number > MAX_VERSIONS:
            raise ValidationError(_("This agreement has as many versions as it can have."))
        document = AgreementDocument.objects.create(
            agreement=agreement, number=number, content=clean, size=len(clean), added_by=by
        )
        log_event(
            "directory.agreement_document_added",
            actor=get_actor(by),
            target_kind="agreement",
            target_id=agreement.pk,
            number=number,
        )
    return document


def _examine(content: bytes, by: User) -> bytes:
    try:
        return sanitize_file(content, accept=ONLY_PDF, most_bytes=MAX_BYTES, by=by.pk).content
    except FileRefused as refused:
        words = _("Choose a PDF.") if refused.code == "wrong_kind" else describe_refusal(refused.code, MAX_BYTES)
        raise ValidationError(words, code=refused.code) from None
