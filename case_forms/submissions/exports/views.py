"""Export pages: choose what to export, follow its progress, download it."""

import uuid
from collections.abc import Iterator

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from access.models import User
from access.scoping import visible_or_404
from access.table_files import MEDIA, XLSX
from audit.chain import get_actor
from audit.denials import record_denial

from ..views.page import frame, staff
from .actions import AT_ONCE, NotReady, TooMany, drop_export, export_at_once, fetch_export, request_export
from .forms import DecisionForm, ExportForm, NamesForm
from .models import MAX_ALONE, AnswerExport
from .selection import Filters, Outgoing
from .with_names import ask_for_names, decide_on_names

SHOWN = 10  # of one's own exports


def answers_out(request: HttpRequest) -> HttpResponse | StreamingHttpResponse:
    """Show the choice and one's own exports (GET); return the file at once or enqueue it (POST)."""
    user = staff(request)
    form = ExportForm(request.POST if request.method == "POST" else None, user=user)
    if request.method != "POST" or not form.is_valid():
        return _page(request, form, status=422 if form.errors else 200)
    chosen = form.cleaned_data
    outgoing = _outgoing(form, user)
    count = outgoing.submissions().count()
    if not count:
        form.add_error(None, _("Nothing was sent in that time. Choose other days, another form or all units."))
        return _page(request, form, status=422)
    if count <= AT_ONCE:
        ending, pieces = export_at_once(outgoing=outgoing, format=chosen["format"], count=count)
        return _file(f"{outgoing.form.key}.{ending}", ending, pieces)
    try:
        export = request_export(outgoing=outgoing, format=chosen["format"], count=count)
    except TooMany as refused:
        form.add_error("format", _explain(refused))
        return _page(request, form, status=422)
    return redirect("intake:export", export.pk)


def answers_with_names(request: HttpRequest) -> HttpResponse:
    """Ask for a file with names and typed texts, with a reason (POST); it is written, or waits for a second person."""
    user = staff(request)
    form = NamesForm(request.POST if request.method == "POST" else None, user=user)
    if request.method == "POST" and form.is_valid():
        chosen = form.cleaned_data
        outgoing = _outgoing(form, user, with_names=True)
        if outgoing.submissions().exists():
            try:
                export = ask_for_names(
                    outgoing=outgoing, format=chosen["format"], reason=chosen["reason"], words=chosen["words"]
                )
            except TooMany as refused:
                form.add_error("format", _explain(refused))
            else:
                return redirect("intake:export", export.pk)
        else:
            form.add_error(None, _("Nothing was sent in that time. Choose other days, another form or all units."))
    page = frame(
        request,
        form=form,
        most=MAX_ALONE,
        nothing_sent=not form.fields["form"].queryset.exists(),  # type: ignore[attr-defined]
    )
    return render(request, "submissions/answers_out/with_names.html", page, status=422 if form.errors else 200)


def decide_names(request: HttpRequest, export_id: uuid.UUID) -> HttpResponse:
    """Show another coordinator which names somebody asks for, and why (GET); agree or refuse (POST)."""
    user = staff(request)
    found = (
        AnswerExport.objects.to_decide(user, timezone.now()).select_related("form", "by").filter(pk=export_id).first()
    )
    if found is None:
        record_denial(actor=get_actor(user), target_kind="answerexport", target_id=export_id)
        raise Http404
    form = DecisionForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            chosen = form.cleaned_data
            decide_on_names(export=found, agree=chosen["decision"] == "agree", by=user, words=chosen["words"])
        except ValidationError as refused:
            form.add_error(None, refused)
        else:
            return redirect("intake:answers_out")
    page = frame(request, export=found, form=form, filters=Filters.from_json(found.filters))
    return render(request, "submissions/answers_out/decide.html", page, status=422 if form.errors else 200)


def _outgoing(form: ExportForm, user: User, *, with_names: bool = False) -> Outgoing:
    chosen = form.cleaned_data
    return Outgoing(
        chosen["form"],
        user,
        form.filters(),
        language=get_language() or settings.LANGUAGE_CODE,
        labels=chosen["how"] == "labels",
        with_names=with_names,
    )


def _explain(refused: TooMany) -> str:
    return _("This file can hold at most %(most)s submissions. Choose fewer days, or CSV.") % {"most": refused.most}


def export(request: HttpRequest, export_id: uuid.UUID) -> HttpResponse:
    """Show the progress of an export."""
    found = visible_or_404(AnswerExport, staff(request), pk=export_id)
    answer = render(request, "submissions/answers_out/export.html", frame(request, export=found))
    if found.state in ("waiting", "working"):
        # without a script: the page reloads itself until the file is ready
        answer["Refresh"] = "2"
    return answer


def fetch(request: HttpRequest, export_id: uuid.UUID) -> HttpResponse | StreamingHttpResponse:
    """Download the file, as often as wanted until it expires; each download is audited."""
    user = staff(request)
    found = visible_or_404(AnswerExport, user, pk=export_id)
    try:
        pieces = fetch_export(export=found, by=user)
    except NotReady:
        return redirect("intake:export", found.pk)
    return _file(found.filename, found.filename.rpartition(".")[2], pieces)


@require_POST
def drop(request: HttpRequest, export_id: uuid.UUID) -> HttpResponse:
    """Delete an export before it expires."""
    user = staff(request)
    drop_export(export=visible_or_404(AnswerExport, user, pk=export_id), by=user)
    return redirect("intake:answers_out")


def _page(request: HttpRequest, form: ExportForm, status: int) -> HttpResponse:
    own = Paginator(AnswerExport.objects.visible_to(staff(request)).select_related("form"), SHOWN)
    page = frame(
        request,
        form=form,
        exports=own.get_page(request.GET.get("page")),
        to_decide=AnswerExport.objects.to_decide(staff(request), timezone.now()).select_related("form", "by"),
        nothing_sent=not form.fields["form"].queryset.exists(),  # type: ignore[attr-defined]
    )
    return render(request, "submissions/answers_out/choose.html", page, status=status)


def _file(name: str, ending: str, pieces: Iterator[bytes]) -> StreamingHttpResponse:
    answer = StreamingHttpResponse(pieces, content_type=MEDIA.get(ending, XLSX))
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    # answers must not stay in a browser's cache on a shared machine
    answer["Cache-Control"] = "no-store"
    answer["X-Content-Type-Options"] = "nosniff"
    return answer
