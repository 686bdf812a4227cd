"""The signed document of an agreement: examined like every uploaded file, sealed, and kept in each version.

This room stands below the one that examines files, so it is given the examination when the rooms are loaded. Without
one nothing can be uploaded.
"""

from collections.abc import Callable

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from access.models import User
from audit.chain import get_actor, log_event

from ..models import Agreement, AgreementDocument

MAX_BYTES = 8 * 1024 * 1024
MAX_VERSIONS = 50
# (content, most bytes, whose it is) -> a clean copy; raises ValidationError with words for whoever chose the file
Examination = Callable[[bytes, int, int], bytes]
_examinations: list[Examination] = []


def register_examination(examine: Examination) -> None:
    """Give the examination of uploaded PDFs. Only the newest counts."""
    _examinations[:] = [examine]


def add_document(*, agreement: Agreement, content: bytes, by: User) -> AgreementDocument:
    """Store a clean copy as the newest version; earlier ones stay. Raises ValidationError where it isn't accepted."""
    if not _examinations:
        raise ValidationError(_("Files can't be examined here, so none can be uploaded."))
    clean = _examinations[0](content, MAX_BYTES, by.pk)
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
