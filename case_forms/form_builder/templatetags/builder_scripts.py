"""The editor's scripts, listed at the top of its page so that a browser fetches them all at once."""

from functools import cache

from django import template
from django.conf import settings
from django.templatetags.static import static
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

register = template.Library()


@cache
def script_names() -> list[str]:
    """Return every module of static/js/builder/.

    Without preloading, each would be found only when the one that imports it has been read.
    """
    folder = settings.ROOT / "static" / "js" / "builder"
    return sorted(f"js/builder/{path.name}" for path in folder.glob("*.js"))


@register.simple_tag
def preloaded_scripts() -> SafeString:
    links = ((static(name),) for name in script_names())
    return format_html_join("\n", '<link rel="modulepreload" href="{}">', links)
