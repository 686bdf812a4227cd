"""The editor's scripts, listed at the top of its page so that a browser fetches them all at once."""

from functools import cache

from django import template
from django.conf import settings
from django.templatetags.static import static
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from case_forms.form_builder.templatetags.builder_scripts import script_names

register = template.Library()
# Modules of the form builder that only its own page uses.
OF_FORMS_ONLY = frozenset({"editor", "outline", "preview", "lines", "line_views", "panel", "panel_groups", "drag"})


@cache
def procedure_script_names() -> list[str]:
    """Return every module of static/js/procedures/, and those of the form builder that these import."""
    folder = settings.ROOT / "static" / "js" / "procedures"
    shared = (
        name for name in script_names() if name.removeprefix("js/builder/").removesuffix(".js") not in OF_FORMS_ONLY
    )
    return [*sorted(f"js/procedures/{path.name}" for path in folder.glob("*.js")), *shared]


@register.simple_tag
def preloaded_procedure_scripts() -> SafeString:
    links = ((static(name),) for name in procedure_script_names())
    return format_html_join("\n", '<link rel="modulepreload" href="{}">', links)
