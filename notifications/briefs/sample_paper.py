"""A made-up paper that says that it is one: what the texts look like on it, without any case."""

from django.template.loader import render_to_string
from django.utils import translation
from django.utils.safestring import mark_safe
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from audit import clock
from content.printables.pdf import Rendered
from notifications.directory.models import Role
from notifications.texts.in_force import Wording

from .documents import TEMPLATE, VERSION_TEMPLATE, to_pdf, word_paper
from .paper_rows import PaperSection
from .papers import PaperFacts
from .sections import SectionRow


def render_sample(role: str, *, is_drill: bool, is_urgent: bool, wording: Wording) -> Rendered:
    """Lay out a paper for this role in the language of `wording`. Nothing is stored. Raises DocumentRefused, Busy."""
    with translation.override(wording.language):
        words = word_paper(role, wording)
        recipient = capfirst(str(Role(role).label))
        notice = {"code": _("PREVIEW"), "is_drill": is_drill, "owed_at": clock.now()}
        made_up = SectionRow(_("Preview"), _("This sheet is made up: there is no such case and no such person."))
        context = {
            "notice": notice,
            "language": wording.language,
            "title": words["title"],
            "words": words,
            "organisation": str(wording.sender.organisation),
            "names": wording.sender,
            "partner_name": recipient,
            "sections": [PaperSection("", ((made_up,),))],
            "facts": PaperFacts((), (), True, ()),
            "is_urgent": is_urgent,
            "head": ((SectionRow(_("To"), recipient),), (SectionRow(_("Case"), _("PREVIEW")),)),
            "is_first": True,
        }
        version = {key: context[key] for key in ("language", "title", "organisation", "partner_name")}
        inside = mark_safe(render_to_string(VERSION_TEMPLATE, context))  # noqa: S308 - our own template's, escaped there
        html = render_to_string(TEMPLATE, {"notice": notice, "versions": [version | {"html": inside}]})
    return to_pdf(html, identifier="preview")
