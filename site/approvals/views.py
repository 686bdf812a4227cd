"""The screen on which a second person decides about a change."""

from typing import Any, ClassVar, Generic
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views import View

from audit.chain import get_actor
from audit.denials import record_denial

from .changes import C, ChangeHandler
from .requests import Decision


class ChangeView(View, Generic[C]):
    """Show one change with both sides of every field. POST `decision` = agree, refuse or withdraw."""

    handler: ClassVar[ChangeHandler[Any]]
    template_name: ClassVar[str]

    def may_see(self, change: C, user: Any) -> bool:
        """Tell whether this person sees the change: whoever asked for it, and whoever may decide."""
        raise NotImplementedError

    def get_context(self, change: C, user: Any) -> dict[str, Any]:
        """Return what the template reads: `rows`, `may_decide`, `others` (who could), and what is special to it."""
        raise NotImplementedError

    def get_success_url(self, change: C) -> str:
        raise NotImplementedError

    def get(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        return self._show(request, self._find(request, pk))

    def post(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        found = self._find(request, pk)
        try:
            self._decide(found, request.POST.get("decision", ""), request.user)
        except ValidationError as refused:
            # Somebody else may just have decided: the page shows the state that stopped this decision.
            return self._show(request, self._find(request, pk), " ".join(refused.messages))
        messages.success(request, _("Done."))
        return redirect(self.get_success_url(found))

    def _find(self, request: HttpRequest, pk: UUID) -> Any:
        found = get_object_or_404(self._all(), pk=pk)
        if not self.may_see(found, request.user):
            actor = get_actor(request.user)
            record_denial(actor=actor, target_kind=self.handler.target_kind, target_id=found.pk)
            raise Http404
        return found

    def _all(self) -> QuerySet[Any]:
        return self.handler.model._default_manager.select_related("asked_by", "decided_by")

    def _decide(self, found: C, decision: str, user: Any) -> None:
        if decision == "withdraw":
            self.handler.withdraw(change=found, by=user)
        elif decision in ("agree", "refuse"):
            self.handler.decide(change=found, agree=decision == "agree", by=user)
        else:
            raise ValidationError(_("Choose one of the buttons."))

    def _show(self, request: HttpRequest, found: C, error: str = "") -> HttpResponse:
        context = {
            "change": found,
            "error": error,
            "is_waiting": found.decision == Decision.WAITING,
            "may_withdraw": self.handler.may_withdraw(found, request.user),
            "is_unreadable": found.sides() is None,
            **self.get_context(found, request.user),
        }
        return render(request, self.template_name, context, status=409 if error else 200)
