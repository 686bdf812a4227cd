"""Template tag for a page's scripts with all that they import, so that a browser fetches everything at once."""

import posixpath
import re
from functools import cache

from django import template
from django.conf import settings
from django.templatetags.static import static
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

register = template.Library()

IMPORT = re.compile(r"""^(?:import|export)\b[^"';]*["'](\.[^"']+)["'];""", re.MULTILINE)


@cache
def imported_by(name: str) -> tuple[str, ...]:
    """Return the modules that one of ours (js/form.js) imports, and those they import, each once."""
    found: dict[str, None] = {}
    waiting = [name]
    while waiting:
        here = waiting.pop(0)
        for relative in IMPORT.findall((settings.ROOT / "static" / here).read_text()):
            there = posixpath.normpath(posixpath.join(posixpath.dirname(here), relative))
            if there not in found:
                found[there] = None
                waiting.append(there)
    return tuple(found)


@register.simple_tag
def modules(*names: str) -> SafeString:
    """Render a script element for each module, and before them preload links for what they import.

    Without the links a browser on a slow network learns of each import only when it has read the one before.
    """
    imported = dict.fromkeys(there for name in names for there in imported_by(name))
    links = format_html_join("", '<link rel="modulepreload" href="{}">', ((static(there),) for there in imported))
    scripts = format_html_join("", '<script type="module" src="{}"></script>', ((static(name),) for name in names))
    return links + scripts
