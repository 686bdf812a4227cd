"""Views of kits for those who hold sessions: the list, a version, its materials, its slides, its papers, its zip.

Everything comes from the frozen version. Nothing on these pages is about a person, so each unit reads each kit.
"""

from itertools import groupby
from typing import Any

from django import forms
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.text import capfirst, slugify
from django.utils.translation import get_language_info
from django.utils.translation import gettext_lazy as _

from access.languages import LANGUAGES
from content.models import Hotline

from ..records.labels import Audience
from ..records.views.sessions import build_context
from .bundle import build_bundle, get_bundle_name
from .contents import Material, get_standing, read_kit_body, read_materials
from .models import KitVersion
from .papers import render_material
from .slides import read_slides


class KitFilterForm(forms.Form):
    """For whom, and in which language. What can't be read filters nothing."""

    audience = forms.ChoiceField(label=_("For whom"), required=False, choices=[("", _("all")), *Audience.choices])
    language = forms.ChoiceField(label=_("Language"), required=False)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        names = [(code, capfirst(get_language_info(code)["name_local"])) for code in LANGUAGES]
        self.fields["language"].choices = [("", _("all")), *names]  # type: ignore[attr-defined]

    def get_chosen(self) -> dict[str, str]:
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value}


def kit_list(request: HttpRequest) -> HttpResponse:
    """List the newest version of each published kit, by audience."""
    form = KitFilterForm(request.GET)
    chosen = form.get_chosen()
    found = KitVersion.objects.newest_of_live_kits().without_content().filter(**chosen)
    order = list(Audience.values)
    versions = sorted(found, key=lambda each: (order.index(each.audience), each.language, each.title, each.pk))
    groups = [
        {"label": Audience(audience).label, "versions": list(members)}
        for audience, members in groupby(versions, key=lambda each: each.audience)
    ]
    context = build_context(request, form=form, groups=groups, is_filtered=bool(chosen))
    return render(request, "outreach_pages/kits/list.html", context)


def kit(request: HttpRequest, version_id: int) -> HttpResponse:
    """Show a version: its materials in their order, the ways to take it along, and how it stands to the newest."""
    version = _get_version_or_404(version_id)
    context = build_context(
        request,
        version=version,
        standing=get_standing(version),
        materials=read_materials(version),
        kit_body=read_kit_body(version),
        lines=list(Hotline.objects.published()),
    )
    return render(request, "outreach_pages/kits/kit.html", context)


def material(request: HttpRequest, version_id: int, page_id: int) -> HttpResponse:
    """Show one material as a page."""
    version, found = _get_material_or_404(version_id, page_id)
    context = build_context(request, version=version, standing=get_standing(version), material=found)
    context["lines"] = list(Hotline.objects.published())
    return render(request, "outreach_pages/kits/material.html", context)


def slides(request: HttpRequest, version_id: int, page_id: int) -> HttpResponse:
    """Show slides on the whole screen, one below the other, each with the links to its neighbours."""
    version, found = _get_material_or_404(version_id, page_id)
    if not found.is_slides:
        raise Http404
    context = {
        "version": version,
        "standing": get_standing(version),
        "material": found,
        "slides": read_slides(found),
        "language": version.language,
    }
    return render(request, "outreach_pages/kits/slides.html", context)


def material_pdf(request: HttpRequest, version_id: int, page_id: int) -> HttpResponse:
    """Return one material as PDF, with the helplines of today."""
    version, found = _get_material_or_404(version_id, page_id)
    answer = HttpResponse(render_material(version, found, get_standing(version)), content_type="application/pdf")
    name = f"{found.number:02d}-{slugify(found.title)[:60] or found.kind}-v{version.number}-{version.language}.pdf"
    answer["Content-Disposition"] = f'inline; filename="{name}"'
    return answer


def kit_zip(request: HttpRequest, version_id: int) -> FileResponse | HttpResponse:
    """Send everything of a version as one zip, once all of it is made."""
    version = _get_version_or_404(version_id)
    if request.method == "HEAD":
        return HttpResponse(content_type="application/zip")  # nobody waits for a zip that isn't sent
    return FileResponse(
        build_bundle(version),
        as_attachment=True,
        filename=f"{get_bundle_name(version)}.zip",
        content_type="application/zip",
    )


def _get_version_or_404(version_id: int) -> KitVersion:
    # SQLite and PostgreSQL refuse larger numbers with an error of their own.
    if version_id >= 2**63:
        raise Http404
    return get_object_or_404(KitVersion, pk=version_id)


def _get_material_or_404(version_id: int, page_id: int) -> tuple[KitVersion, Material]:
    version = _get_version_or_404(version_id)
    found = next((each for each in read_materials(version) if each.page == page_id), None)
    if found is None:
        raise Http404
    return version, found
