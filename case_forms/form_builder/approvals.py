"""Changes of what cases remember about a person, for another coordinator."""

from collections.abc import Iterator

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from access.models import User
from approvals.kinds import Kind, Waiting, register

from .fact_changes import may_decide
from .models import CaseFactType


def _find(user: User) -> Iterator[Waiting]:
    for entry in CaseFactType.objects.filter(pending__isnull=False).select_related("pending_by"):
        if may_decide(entry, user):
            url = reverse("wagtailsnippets_builder_casefacttype:edit", args=[entry.pk])
            yield Waiting(str(entry), url, None, entry.pending_by)


register(Kind("facts", _("Details about a person"), ("builder.CaseFactType",), _find))
