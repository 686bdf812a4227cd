"""The documents of a case: the list with what can be made (GET), making one (POST), and reading one."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from access.models import User
from access.scoping import visible_or_404

from ..models import Case
from ..talk.writing import may_write
from .actions import produce, read
from .content import CannotMake, check_may_leave
from .labels import WAITS, get_problem
from .models import CaseDocument, DocumentKind


@dataclass(frozen=True)
class DocumentLine:
    """One document of the list. `is_earlier`: a newer one was made since, or a form of the case was corrected."""

    document: CaseDocument
    is_earlier: bool
    problem: str


def documents(request: HttpRequest, reference: str) -> HttpResponse:
    """Show the documents of a case; on POST make one. Its unit and its coordinators only."""
    found, user = _get_case(request, reference)
    problem = ""
    if request.method == "POST":
        try:
            produce(case=found, kind=request.POST.get("kind", ""), by=user)
            return redirect("cases:documents", found.reference)
        except CannotMake as refused:
            problem = get_problem(refused.code)
    return _list_page(request, found, problem=problem, status=422 if problem else 200)


def _list_page(request: HttpRequest, found: Case, *, problem: str, status: int) -> HttpResponse:
    context = {
        "place_name": found.unit.name,
        "case": found,
        "lines": list_documents(found),
        "kinds": DocumentKind.choices,
        "chosen": request.POST.get("kind", ""),
        "problem": problem,
    }
    return render(request, "cases/documents/list.html", context, status=status)


def document(request: HttpRequest, reference: str, document: UUID) -> HttpResponse:
    """Return the PDF of a document. Reading it is recorded."""
    found, user = _get_case(request, reference)
    row = CaseDocument.objects.filter(case=found, pk=document).first()
    if row is not None and row.pdf is not None:
        try:
            check_may_leave(found, row.kind)
        except CannotMake as refused:
            # Made while it could go; by now the person has said otherwise, or the service's notice has ended.
            code = "not_covered" if refused.code == "no_notice" else refused.code
            return _list_page(request, found, problem=get_problem(code), status=409)
    pdf = read(row, user) if row is not None else None
    if row is None or pdf is None:
        raise Http404
    response = HttpResponse(pdf, content_type="application/pdf")
    # A card that is found on a phone must not be named after what it is.
    name = "card" if row.kind == DocumentKind.CARD else f"{found.reference}-{row.kind}-{row.version}"
    response["Content-Disposition"] = f'attachment; filename="{name}.pdf"'
    return response


def list_documents(case: Case) -> list[DocumentLine]:
    """List the documents of a case, the newest first."""
    rows = list(case.documents.select_related("ordered_by").defer("pdf"))
    newest: dict[str, int] = {}
    for row in rows:
        if row.made_at is not None:
            newest[row.kind] = max(newest.get(row.kind, 0), row.version)
    corrected_at = case.corrected_forms.order_by("-at").values_list("at", flat=True).first()
    return [_build_line(row, newest.get(row.kind, 0), corrected_at) for row in rows]


def _build_line(row: CaseDocument, newest: int, corrected_at: datetime | None) -> DocumentLine:
    was_corrected = corrected_at is not None and row.made_at is not None and row.made_at < corrected_at
    if row.made_at is not None or row.erased_at is not None:
        problem = ""
    else:
        problem = str(WAITS) if row.next_try_at is not None else get_problem(row.failed_code)
    return DocumentLine(row, row.made_at is not None and (row.version < newest or was_corrected), problem)


def _get_case(request: HttpRequest, reference: str) -> tuple[Case, User]:
    assert isinstance(request.user, User)
    found = visible_or_404(Case, request.user, reference=reference)
    if not may_write(found, request.user):
        raise Http404
    return found, request.user
