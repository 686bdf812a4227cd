"""Look up one row for a person: theirs, or 404. An attempt to reach another's is logged."""

from typing import Any, TypeVar

from django.db import models
from django.http import Http404

from audit.chain import get_actor
from audit.denials import record_denial

from .models import User

M = TypeVar("M", bound=models.Model)


def visible_or_404(model: type[M], user: User, /, **lookup: Any) -> M:
    """Return the row of `model` with this lookup, if `model.objects.visible_to(user)` contains it.

    Raises Http404 for everything else; when the row exists but is another's, the denial is logged first.
    """
    manager: Any = model._default_manager
    found = manager.visible_to(user).filter(**lookup).first()
    if found is not None:
        return found
    hidden = manager.filter(**lookup).values_list("pk", flat=True).first()
    if hidden is not None:
        record_denial(actor=get_actor(user), target_kind=model._meta.model_name or "", target_id=hidden)
    raise Http404
