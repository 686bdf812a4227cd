"""The pages of the register of breaches and of the record of processing, in the admin, and both as files."""

from typing import Any

from django.core.paginator import Paginator
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.generic import View
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin

from access.languages import get_current_language
from access.models import User, localize
from audit.chain import get_actor, log_event
from case_forms.form_builder.labels import SENSITIVITIES
from case_forms.form_builder.retention_bases import get_basis_label
from notifications.directory.models import Role
from notifications.outbox.labels import channel_label, language_label

from .breaches import add_entry, open_breach
from .choices import label_all
from .differences import list_differences
from .forms import BreachForm, EntryForm
from .models import Breach, BreachEntry, ProcessingSnapshot
from .paper import render_paper
from .record import build_record, compute_sha, count_risks

WORDS_SENT = ("what", "consequences", "measures", "reason", "protocol")
ON_PAPER = 500  # breaches in one file
PAGE = 20


@method_decorator([never_cache, sensitive_post_parameters(*WORDS_SENT)], name="dispatch")
class Page(WagtailAdminTemplateMixin, View):
    """A page of these records. The policy table says who comes here."""

    header_icon = "clipboard-list"

    @property
    def me(self) -> User:
        assert isinstance(self.request.user, User)
        return self.request.user


class BreachesView(Page):
    """The register, newest first, and the form for a new breach."""

    page_title = _("Breaches of personal data")
    template_name = "accountability/breaches.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self._show(BreachForm(), 200)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = BreachForm(request.POST)
        if not form.is_valid():
            return self._show(form, 422)
        made = open_breach(known_at=form.cleaned_data["known_at"], written=form.get_written(), by=self.me)
        return redirect("accountability:breach", made.pk)

    def _show(self, form: BreachForm, status: int) -> HttpResponse:
        page = Paginator(Breach.objects.prefetch_related("entries"), PAGE).get_page(self.request.GET.get("p"))
        rows = [(each, each.entries.all()[0] if each.entries.all() else None) for each in page]
        parts = range(1, (page.paginator.count - 1) // ON_PAPER + 2)
        context = self.get_context_data(form=form, page=page, rows=rows, parts=parts, now=timezone.now())
        return self.render_to_response(context, status=status)


class BreachView(Page):
    """One breach: what holds, the form for what became known since, and every earlier entry."""

    page_title = _("Breach of personal data")
    template_name = "accountability/breach.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        breach = get_object_or_404(Breach, pk=kwargs["pk"])
        newest = breach.entries.first()
        return self._show(breach, EntryForm(initial=_begin_with(newest)), 200)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        breach = get_object_or_404(Breach, pk=kwargs["pk"])
        form = EntryForm(request.POST)
        if not form.is_valid():
            return self._show(breach, form, 422)
        add_entry(breach=breach, written=form.get_written(), by=self.me)
        return redirect("accountability:breach", breach.pk)

    def _show(self, breach: Breach, form: EntryForm, status: int) -> HttpResponse:
        entries = [_word_entry(each) for each in breach.entries.select_related("written_by")]
        context = self.get_context_data(breach=breach, form=form, entries=entries, now=timezone.now())
        return self.render_to_response(context, status=status)


class BreachesFileView(Page):
    """The register as PDF, as the Commissioner may ask for it. Each time is recorded."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        # In parts, the newest first: one paper of all would take longer than a request may, once there are thousands.
        part = Paginator(Breach.objects.prefetch_related("entries__written_by"), ON_PAPER).get_page(
            request.GET.get("part")
        )
        found = [(breach, [_word_entry(entry) for entry in breach.entries.all()]) for breach in part]
        with transaction.atomic():
            log_event(
                "breach.exported", actor=get_actor(self.me), target_kind="breach", target_id="all", count=len(found)
            )
        pdf = render_paper("accountability/breaches_paper.html", {"found": found, "part": part}, identifier="breaches")
        name = f"breaches-{part.number}.pdf" if part.has_other_pages() else "breaches.pdf"
        return _give_out(HttpResponse(pdf, content_type="application/pdf"), name)


class RecordView(Page):
    """The record of processing with the assessment of impact, and what changed when."""

    page_title = _("Record of processing")
    template_name = "accountability/record.html"
    header_icon = "doc-full"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        record = build_record()
        page = Paginator(ProcessingSnapshot.objects.all(), PAGE).get_page(request.GET.get("p"))
        context = self.get_context_data(**_word_record(record), page=page, history=_list_history(list(page)))
        return self.render_to_response(context)


class RecordFileView(Page):
    """The record as PDF or JSON."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        record, ending = build_record(), kwargs["ending"]
        if ending == "json":
            body = {"sha256": compute_sha(record), **record}
            answer: HttpResponse = JsonResponse(body, json_dumps_params={"ensure_ascii": False, "indent": 1})
        elif ending == "pdf":
            context = _word_record(record)
            pdf = render_paper("accountability/record_paper.html", context, identifier=context["sha"])
            answer = HttpResponse(pdf, content_type="application/pdf")
        else:
            raise Http404
        return _give_out(answer, f"processing.{ending}")


def _give_out(answer: HttpResponse, name: str) -> HttpResponse:
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _begin_with(entry: BreachEntry | None) -> dict[str, Any]:
    """Return what the form of a further entry begins with: what holds now."""
    if entry is None:
        return {}
    words: Any = entry.words
    names = ("kinds", "categories", "people", "decision", "notified_at", "told")
    return {**words, **{name: getattr(entry, name) for name in names}}


def _word_entry(entry: BreachEntry) -> dict[str, Any]:
    return {
        "entry": entry,
        "words": entry.words,
        "kinds": label_all("kinds", entry.kinds),
        "categories": label_all("categories", entry.categories),
    }


def _word_record(record: dict[str, Any]) -> dict[str, Any]:
    """Return the record as its page and its paper show it, in the active language."""
    language = get_current_language()

    def name(texts: dict[str, str]) -> str:
        return str(localize(texts, language))

    def name_role(role: str) -> str:
        return str(Role(role).label) if role in Role.values else role

    forms = [
        {
            "title": name(form["title"]),
            "key": key,
            "number": form["number"],
            "is_public": form["audience"] == "public",
            "questions": [
                {
                    "label": name(question["label"]),
                    "sensitivity": SENSITIVITIES.get(question["sensitivity"], ""),
                    "is_special": question["sensitivity"] == "special",
                    "months": question["months"],
                    "why": get_basis_label(question["basis"], language),
                    "is_proposal": question["confidence"] == "proposal",
                    "receivers": ", ".join(
                        name_role(role) + ("" if how == "always" else "*")
                        for role, how in question["receivers"].items()
                    ),
                }
                for question in form["questions"].values()
            ],
        }
        for key, form in record["forms"].items()
    ]
    rules = record["procedure"]["rules"].values() if record["procedure"] else ()
    return {
        "record": record,
        "sha": compute_sha(record),
        "forms": forms,
        "rules": [
            {
                "title": name(rule["title"]),
                "told": ", ".join(name_role(act.split(" ", 1)[1]) for act in rule["does"] if act.startswith("notify ")),
            }
            for rule in rules
        ],
        "sharing": [
            {**rule, "who": name_role(role), "source": name(rule["source"]) if rule["source"] else ""}
            for role, rule in record["sharing"].items()
        ],
        "bases": [
            {**basis, **{part: name(basis[part]) for part in ("label", "why", "source")}}
            for basis in record["bases"].values()
        ],
        "channels": [channel_label(code) for code in record["channels"]],
        "languages": [language_label(code) for code in record["languages"]],
        "risks": count_risks(record),
    }


def _list_history(shown: list[ProcessingSnapshot]) -> list[dict[str, Any]]:
    """Return each snapshot with what had changed since the one before it, in words."""
    history = []
    for number, snapshot in enumerate(shown):
        before = shown[number + 1] if number + 1 < len(shown) else _get_before(snapshot)
        changes = list_differences(before.content, snapshot.content) if before else []
        history.append({"snapshot": snapshot, "is_first": before is None, "changes": changes})
    return history


def _get_before(snapshot: ProcessingSnapshot) -> ProcessingSnapshot | None:
    return ProcessingSnapshot.objects.filter(pk__lt=snapshot.pk).order_by("-pk").first()
