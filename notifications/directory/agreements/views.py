"""Pages of an agreement besides its form: the signed document's versions, and for which roles one is required."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from access.models import User, localize
from approvals.requests import Decision
from audit.chain import get_actor, log_event
from audit.denials import record_denial

from ..changes.actions import ask_for_change
from ..changes.models import Act, ChangedKind, DirectoryChange
from ..changes.values import ChangeRequest
from ..editing import preview_warnings
from ..models import Agreement, AgreementDocument, AgreementRule, Role
from ..scope import get_entries, is_national_manager
from .documents import MAX_BYTES, add_document
from .rules import get_terms
from .states import describe_state


class DocumentForm(forms.Form):
    document = forms.FileField(label=gettext_lazy("The signed document, as a PDF"))


def get_own_agreement(request: HttpRequest, pk: int) -> Agreement:
    """Return an agreement that this person manages. Others get a 404, which is recorded as a denial."""
    assert isinstance(request.user, User)
    found: Any = get_entries(request.user, Agreement).filter(pk=pk).first()
    if found is None:
        if Agreement.objects.filter(pk=pk).exists():
            record_denial(actor=get_actor(request.user), target_kind="agreement", target_id=pk)
        raise Http404
    agreement: Agreement = found
    return agreement


def documents(request: HttpRequest, pk: int) -> HttpResponse:
    """List the versions of the signed document (GET); add the next one (POST)."""
    agreement = get_own_agreement(request, pk)
    form = DocumentForm(request.POST or None, request.FILES or None) if request.method == "POST" else DocumentForm()
    status = 200
    if request.method == "POST":
        if form.is_valid() and _add(request, agreement, form):
            messages.success(request, _("The document is stored. Earlier versions stay beside it."))
            return redirect("agreement:documents", agreement.pk)
        status = 422
    rows = AgreementDocument.objects.filter(agreement=agreement).defer("content").select_related("added_by")
    context = {
        "agreement": agreement,
        "state": describe_state(agreement, timezone.localdate()),
        "documents": rows,
        "form": form,
        "most": MAX_BYTES,
    }
    return render(request, "directory/agreements/documents.html", context, status=status)


def _add(request: HttpRequest, agreement: Agreement, form: DocumentForm) -> bool:
    file = form.cleaned_data["document"]
    try:
        if file.size > MAX_BYTES:
            raise ValidationError(_("This file is too large. Choose one of at most 8 MB."))
        assert isinstance(request.user, User)
        add_document(agreement=agreement, content=file.read(), by=request.user)
    except ValidationError as error:
        form.add_error("document", error)
        return False
    return True


def document(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """Return one version as a PDF to download. The reading is recorded."""
    agreement = get_own_agreement(request, pk)
    found = AgreementDocument.objects.filter(agreement=agreement, number=number).first()
    if found is None:
        raise Http404
    content: Any = found.content
    log_event(
        "directory.agreement_document_read",
        actor=get_actor(request.user),
        target_kind="agreement",
        target_id=agreement.pk,
        number=number,
    )
    response = HttpResponse(content, content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="agreement-{agreement.pk}-{number}.pdf"'
    return response


def rules(request: HttpRequest) -> HttpResponse:
    """Show for which roles an agreement is required (GET); ask to switch one on or off (POST), which takes two."""
    assert isinstance(request.user, User)
    user = request.user
    may_ask = is_national_manager(user)
    confirm, warnings = "", []
    status = 200
    if request.method == "POST":
        role = request.POST.get("role", "")
        terms = get_terms().get(role)
        if terms is None or not terms.can_be_required:
            raise Http404
        if not may_ask:
            record_denial(actor=get_actor(user), target_kind="agreementrule", target_id=role)
            raise Http404
        wanted = _build_request(role)
        warnings = preview_warnings(wanted, user)
        if not warnings or request.POST.get("understood"):
            change = ask_for_change(wanted=wanted, by=user)
            messages.success(
                request,
                _("Nothing has changed yet: another coordinator must agree first. They are notified by e-mail."),
            )
            return redirect("directory_changes:change", change.pk)
        confirm, status = role, 422
    context = {
        "rows": _build_rows(),
        "may_ask": may_ask,
        "confirm": confirm,
        "confirm_name": Role(confirm).label if confirm else "",
        "warnings": warnings,
    }
    return render(request, "directory/agreements/rules.html", context, status=status)


def _build_request(role: str) -> ChangeRequest:
    """Build the request to switch the rule of a role to its other side."""
    rule, _made = AgreementRule.objects.get_or_create(role=role)
    before, after = {"is_on": rule.is_on}, {"is_on": not rule.is_on}
    rule.is_on = not rule.is_on
    return ChangeRequest(ChangedKind.AGREEMENT_RULE.value, Act.CHANGE, rule, before, after)


def _build_rows() -> list[dict[str, Any]]:
    stored = {rule.role: rule for rule in AgreementRule.objects.all()}
    waiting = DirectoryChange.objects.waiting().filter(kind=ChangedKind.AGREEMENT_RULE, decision=Decision.WAITING)
    changes = {change.entry_id: change.pk for change in waiting}
    return [
        {
            "role": role,
            "name": Role(role).label,
            "terms": terms,
            "is_on": role in stored and stored[role].is_on,
            "source": localize(terms.source),
            "waiting": changes.get(stored[role].pk) if role in stored else None,
        }
        for role, terms in get_terms().items()
    ]
