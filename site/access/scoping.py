"""The signed-in person, and look-ups of one row for them: theirs, or 404. An attempt to reach another's is logged."""

from typing import Any, TypeVar

from django.db import models
from django.http import Http404, HttpRequest

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


def get_signed_in_user(request: HttpRequest) -> User:
    """Return the signed-in member of staff, in a view that the policy table opens to staff only."""
    assert isinstance(request.user, User)
    return request.user
