"""A procedure's versions: who submitted and approved which, when each is in force, what changed; restore, withdraw."""

import itertools
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin import messages
from wagtail.models import Revision

from access.languages import get_current_language
from case_forms.form_builder import canonical
from case_forms.form_builder.versions import DRAFT, as_file, count_changes, moment, version_words
from case_forms.procedures.actions import (
    CannotWithdraw,
    ProcedureIsLocked,
    note_export,
    replace_draft,
    withdraw_version,
)
from case_forms.procedures.definition import Procedure as ParsedProcedure
from case_forms.procedures.definition import parse_procedure
from case_forms.procedures.models import ProcedureVersion

from .diff import Comparison
from .pages import PageOfProcedure
from .reading import published_forms

# states of a version
IN_FORCE, SCHEDULED, ENDED, WITHDRAWN, OVERTAKEN = "in_force", "scheduled", "ended", "withdrawn", "overtaken"


@dataclass(frozen=True)
class VersionRow:
    """A version, its state, and how many open cases stand on it. `before`: the number of the version before it."""

    version: ProcedureVersion
    state: str
    open_cases: int
    before: int | None


@dataclass(frozen=True)
class Side:
    """One side of a comparison. `name`: a version's number, "draft", or "revision:<id>"."""

    name: str
    words: str
    procedure: ParsedProcedure


class VersionsView(PageOfProcedure):
    """The list of a procedure's versions."""

    page_title = gettext_lazy("Versions")
    header_icon = "history"
    template_name = "procedure_editor/versions.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.shown()

    def shown(self, refused: str = "", number: int = 0) -> HttpResponse:
        """Show the list. `refused`: why version `number` was not withdrawn, beside its field."""
        rows = self.rows()
        newest = rows[0].version if rows else None
        lock = self.procedure.get_lock()
        draft = canonical.compute_sha256(canonical.dump(self.draft.definition))
        context = self.get_context_data(
            rows=rows,
            newest=newest,
            draft_differs=newest is None or newest.sha256 != draft,
            can_restore=lock is None or not lock.for_user(self.request.user),
            refused=refused,
            refused_number=number,
        )
        return self.render_to_response(context, status=422 if refused else 200)

    def rows(self) -> list[VersionRow]:
        is_open = Q(cases__closed_at__isnull=True, cases__is_drill=False, cases__isnull=False)
        versions = list(
            self.procedure.versions.select_related("published_by", "submitted_by", "withdrawal__withdrawn_by")
            .annotate(open_cases=Count("cases", filter=is_open))
            .order_by("-number")
        )
        before = {later.pk: version.number for later, version in itertools.pairwise(versions)}
        return [
            VersionRow(version, get_state(version), version.open_cases, before.get(version.pk)) for version in versions
        ]


class CompareView(PageOfProcedure):
    """The comparison of two states of a procedure: ?from=3&to=draft.

    Each is a version's number, "draft" or "revision:<id>". Without `from` it is the newest version, without `to` the
    draft.
    """

    page_title = gettext_lazy("What changed")
    header_icon = "history"
    template_name = "procedure_editor/compare.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        numbers = list(self.procedure.versions.order_by("-number").values_list("number", flat=True))
        old = self.side(request.GET.get("from") or (str(numbers[0]) if numbers else DRAFT))
        new = self.side(request.GET.get("to") or DRAFT)
        found = Comparison(old.procedure, new.procedure, published_forms(), get_current_language()).find()
        return self.render_to_response(
            self.get_context_data(
                old=old,
                new=new,
                found=found,
                counts=count_changes(found),
                sides=[(DRAFT, _("Draft")), *((str(number), version_words(number)) for number in numbers)],
                side_names=[DRAFT, *map(str, numbers)],
            )
        )

    def between(self) -> list[dict[str, Any]]:
        return [*super().between(), {"url": self.address("versions"), "label": _("Versions")}]

    def side(self, name: str) -> Side:
        """Return one side by its name in the URL. Raises Http404 for a name that isn't one."""
        if name == DRAFT:
            return Side(name, _("Draft"), parse_procedure(self.draft.definition))
        if name.startswith("revision:"):
            given = _number(name.removeprefix("revision:"))
            revision: Revision = get_object_or_404(self.procedure.revisions, pk=given)
            words = _("Saved at %(when)s") % {"when": moment(revision)}
            return Side(name, words, parse_procedure(revision.as_object().definition))
        version = get_object_or_404(self.procedure.versions, number=_number(name))
        return Side(name, version_words(version.number), version.parsed)


class CompareRevisionsView(CompareView):
    """Wagtail's address for comparing two revisions, from the history, shown on our page."""

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        given = request.GET.copy()
        given["from"], given["to"] = self._name(kwargs["revision_id_a"]), self._name(kwargs["revision_id_b"])
        # The parent reads its two sides from the query; Wagtail's address carries them in the path.
        request.GET = given  # type: ignore[assignment]

    def _name(self, given: str) -> str:
        if given == "latest":
            return DRAFT
        if given == "live":
            newest = self.procedure.versions.order_by("-number").first()
            return str(newest.number) if newest else DRAFT
        if given == "earliest":
            first = self.procedure.revisions.order_by("created_at", "pk").first()
            return f"revision:{first.pk}" if first else DRAFT
        return f"revision:{given}"


class RestoreView(PageOfProcedure):
    """POST: make a version the draft again."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        version = get_object_or_404(self.procedure.versions, number=kwargs["number"])
        words = {"number": version.number}
        try:
            replace_draft(
                procedure=self.procedure,
                definition=version.definition,
                by=self.me,
                origin=f"version:{version.number}",
            )
        except ProcedureIsLocked:
            messages.error(request, _("Nothing was restored: the procedure is locked or awaiting approval."))
            return redirect(self.address("versions"))
        messages.success(
            request, _("Version %(number)s is now the draft. The previous draft is in the history.") % words
        )
        return redirect(self.address("edit"))


class WithdrawView(VersionsView):
    """POST: take back a scheduled version before it begins, with a reason."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        version = get_object_or_404(self.procedure.versions, number=kwargs["number"])
        reason = request.POST.get("reason", "").strip()[:2_000]
        if not reason:
            return self.shown(_("Say why it is withdrawn."), version.number)
        try:
            withdraw_version(version=version, by=self.me, reason=reason)
        except CannotWithdraw:
            words = _("Version %(number)s was not withdrawn: it has begun, or it will not begin any more.")
            messages.error(request, words % {"number": version.number})
        else:
            messages.success(request, _("Version %(number)s is withdrawn.") % {"number": version.number})
        return redirect(self.address("versions"))


class DownloadView(PageOfProcedure):
    """A version's canonical JSON, byte for byte what its sha256 is over."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        version = get_object_or_404(self.procedure.versions, number=kwargs["number"])
        # A procedure taken out as a file leaves an audit entry, as forms do (docs/adr/0078).
        note_export(procedure=self.procedure, by=self.me, number=version.number)
        return as_file(version.canonical, f"{self.procedure.key}-v{version.number}.json")


def get_state(version: ProcedureVersion) -> str:
    """Return the state of a version today."""
    if version.is_void:
        return WITHDRAWN if hasattr(version, "withdrawal") else OVERTAKEN
    now = timezone.now()
    if version.in_force_from > now:
        return SCHEDULED
    return IN_FORCE if version.in_force_until is None or version.in_force_until > now else ENDED


def _number(text: str) -> int:
    # `isdecimal` alone accepts digits of other scripts; more than nine digits could overflow the database's integer.
    if not (text.isascii() and text.isdecimal() and len(text) <= 9):
        raise Http404
    return int(text)
