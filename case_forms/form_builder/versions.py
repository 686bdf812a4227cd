"""A form's versions: who published which, how many answers each has, what changed, and restoring one as the draft."""

import itertools
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin import messages
from wagtail.models import Revision

from access.languages import get_current_language

from . import canonical
from .actions import FormIsLocked, as_published, note_export, restore_version
from .definition import parse_form, shape_problems
from .diff import differences
from .models import FormVersion, get_fact_catalogue
from .pages import PageOfForm

DRAFT = "draft"


@dataclass(frozen=True)
class VersionRow:
    """A version and how much has been filled on it. `before` is the number of the version that it replaced."""

    version: FormVersion
    submissions: int
    open_drafts: int
    before: int | None


@dataclass(frozen=True)
class Side:
    """One side of a comparison. `name`: a version's number, "draft", or "revision:<id>"."""

    name: str
    words: str
    definition: dict[str, Any]


class VersionsView(PageOfForm):
    """The list of a form's versions, with what is filled on each."""

    page_title = gettext_lazy("Versions")
    header_icon = "history"
    template_name = "form_builder/versions.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        rows = self.rows()
        newest = rows[0].version if rows else None
        text = canonical.dump(as_comparable(self.draft.definition))
        return self.render_to_response(
            self.get_context_data(
                rows=rows,
                newest=newest,
                draft_differs=newest is None or newest.sha256 != canonical.compute_sha256(text),
                can_restore=not self.is_locked(),
                compare_url=self.address("compare", self.form.pk),
            )
        )

    def rows(self) -> list[VersionRow]:
        versions = list(self.form.versions.select_related("published_by", "submitted_by").order_by("-number"))
        # Two queries instead of two counts in one: joining submissions and drafts in one query would multiply the
        # counts.
        sent = dict(self.form.versions.annotate(count=Count("submissions")).values_list("pk", "count"))
        drafts = Count("drafts", filter=Q(drafts__submitted_at__isnull=True))
        started = dict(self.form.versions.annotate(count=drafts).values_list("pk", "count"))
        before = {later.pk: version.number for later, version in itertools.pairwise(versions)}
        return [
            VersionRow(version, sent[version.pk], started[version.pk], before.get(version.pk)) for version in versions
        ]

    def is_locked(self) -> bool:
        lock = self.form.get_lock()
        return lock is not None and lock.for_user(self.request.user)


class CompareView(PageOfForm):
    """The comparison of two states of a form: ?from=3&to=draft.

    Each is a version's number, "draft" or "revision:<id>". Without `from` it is the newest version, without `to` the
    draft.
    """

    page_title = gettext_lazy("What changed")
    header_icon = "history"
    template_name = "form_builder/compare.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        numbers = list(self.form.versions.order_by("-number").values_list("number", flat=True))
        newest = str(numbers[0]) if numbers else DRAFT
        old = self.side(request.GET.get("from") or newest)
        new = self.side(request.GET.get("to") or DRAFT)
        found = differences(
            parse_form(old.definition),
            parse_form(new.definition),
            language=get_current_language(),
            facts=get_fact_catalogue(),
        )
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
        return [*super().between(), {"url": self.address("versions", self.form.pk), "label": _("Versions")}]

    def side(self, name: str) -> Side:
        """Return one side by its name in the URL. Raises Http404 for a name that isn't one."""
        if name == DRAFT:
            return Side(name, _("Draft"), as_comparable(self.draft.definition))
        if name.startswith("revision:"):
            return self._revision(name.removeprefix("revision:"))
        if not _is_number(name):
            raise Http404
        version = get_object_or_404(self.form.versions, number=int(name))
        return Side(name, version_words(version.number), version.definition)

    def _revision(self, name: str) -> Side:
        if not _is_number(name):
            raise Http404
        revision: Revision = get_object_or_404(self.form.revisions, pk=int(name))
        definition = as_comparable(revision.as_object().definition)
        return Side(f"revision:{revision.pk}", _("Saved at %(when)s") % {"when": moment(revision)}, definition)


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
            newest = self.form.newest_version()
            return str(newest.number) if newest else DRAFT
        if given == "earliest":
            first = self.form.revisions.order_by("created_at", "pk").first()
            return f"revision:{first.pk}" if first else DRAFT
        return f"revision:{given}"


class RestoreView(PageOfForm):
    """POST: make a version the draft again."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        version = get_object_or_404(self.form.versions, number=kwargs["number"])
        words = {"number": version.number}
        try:
            restore_version(version=version, by=self.me)
        except FormIsLocked:
            messages.error(request, _("Nothing was restored: the form is locked or awaiting approval."))
            return redirect(self.address("versions", self.form.pk))
        messages.success(
            request, _("Version %(number)s is now the draft. The previous draft is in the history.") % words
        )
        return redirect(self.address("edit", self.form.pk))


class DownloadView(PageOfForm):
    """A version's canonical JSON, byte for byte what its sha256 is over."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        version = get_object_or_404(self.form.versions, number=kwargs["number"])
        # A form taken out as a file leaves an audit entry (docs/adr/0078).
        note_export(form=self.form, by=self.me, format="json", number=version.number)
        return as_file(version.canonical, f"{self.form.key}-v{version.number}.json")


def as_file(text: str, name: str) -> HttpResponse:
    response = HttpResponse(text.encode(), content_type="application/json")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def as_comparable(definition: dict[str, Any]) -> dict[str, Any]:
    """Return the definition with its lists written into the questions, as in a version.

    A half-done definition is returned unchanged.
    """
    return definition if shape_problems(definition) else as_published(definition)


def count_changes(found: list[Any]) -> list[tuple[str, int]]:
    """Return (label, how many) of each kind of change that occurs."""
    names = {"added": _("added"), "removed": _("removed"), "moved": _("moved"), "changed": _("changed")}
    counts = [(words, sum(each.change == change for each in found)) for change, words in names.items()]
    return [(words, count) for words, count in counts if count]


def version_words(number: int) -> str:
    return _("Version %(number)s") % {"number": number}


def _is_number(text: str) -> bool:
    # `isdecimal` alone accepts digits of other scripts; more than nine digits could overflow the database's integer.
    return text.isascii() and text.isdecimal() and len(text) <= 9


def moment(revision: Revision) -> str:
    return date_format(localtime(revision.created_at), "SHORT_DATETIME_FORMAT")
