"""The legal review as Markdown, to be printed, written on and sent back."""

from collections.abc import Iterator

from django.utils import timezone, translation
from django.utils.translation import gettext as _

from .claims import Claim, collect_claims


def render_review(language: str, *, whole: bool = False) -> str:
    """Return the review in this language: for each text its sentences of the law, sources and open questions."""
    with translation.override(language):
        found = collect_claims(language, whole=whole)
        return "\n".join(
            [*_iter_head(found), *(line for number, each in enumerate(found, 1) for line in _iter_claim(number, each))]
        )


def _iter_head(found: list[Claim]) -> Iterator[str]:
    yield "# " + _("What the public pages say of the law")
    yield ""
    yield _("Printed on %(day)s. For a lawyer: please mark each sentence as right or wrong, and correct it beside.") % {
        "day": f"{timezone.localdate():%d.%m.%Y}"
    }
    yield _("The texts were put together from the sources named. The full text of the laws was not always readable.")
    yield ""
    waiting = sum(each.state != "checked" for each in found)
    yield _("%(all)s texts, of which %(open)s not checked by a lawyer yet.") % {"all": len(found), "open": waiting}
    yield ""


def _iter_claim(number: int, claim: Claim) -> Iterator[str]:
    yield f"## {number}. {claim.title}"
    yield ""
    yield f"`{claim.where}` · {_describe_state(claim)}"
    if claim.checked_on:
        yield _("Held against its sources on %(day)s.") % {"day": claim.checked_on}
    if claim.missing:
        yield "**" + _("Missing: %(what)s") % {"what": ", ".join(claim.missing)} + "**"
    yield ""
    yield from (f"- [ ] {sentence}" for sentence in claim.sentences)
    yield ""
    yield _("Rests on:")
    yield ""
    yield from (f"- {source}" for source in claim.rests_on or [_("nothing that is named")])
    yield ""
    if claim.open_questions:
        yield _("Open questions:")
        yield ""
        yield from (f"{number}. {question}  ____" for number, question in enumerate(claim.open_questions, 1))
        yield ""
    yield _("Lawyer: ____________________   Day: __________")
    yield ""


def _describe_state(claim: Claim) -> str:
    if claim.state == "checked":
        return _("Checked by a lawyer on %(day)s") % {"day": claim.lawyer_on}
    return _("Not checked by a lawyer yet")
