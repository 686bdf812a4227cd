"""The forms of a case as a person may be given them: each answer one piece, with what it is (`cases.rights.held`).

What an answer is follows from its question: asked about other people (`keep_basis` "others") it is never given out;
typed in free words, drawn or attached it waits for somebody to read it; else it is offered. A version from before
questions said why they are stored is read by the form's newest version.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import structlog
from django.utils import timezone
from django.utils.translation import gettext, override

from access.models import localize
from case_forms.cases.facts.reading import get_known
from case_forms.cases.models import Case
from case_forms.cases.rights.held import OTHERS, OWN, WORDS, HeldForm, Piece, register_source
from case_forms.form_builder.definition import AnyItem, Question, Repeat
from case_forms.form_builder.models import FormVersion
from case_forms.form_builder.retention_bases import get_basis_label
from case_forms.form_builder.sources import Lists
from vault.keyring import KeyRingError
from vault.seal import SealBroken

from .attachments.named_files import files_of_submission
from .languages import language_among
from .models import Submission
from .readable_answers import build_line
from .validation.result import CheckContext

log = structlog.get_logger(__name__)

ABOUT_OTHERS = "others"
IDENTITY = "identity"
# What can hold anything, or names a colleague. A name under `identity` is the person's own.
FREE = frozenset(
    {"text", "long_text", "other_specify", "file", "signature", "hidden", "calculated", "colleague"}
    | {"indicators", "indicator_assessment"}
)
SHORT = frozenset({"text"})


def register() -> None:
    register_source("submissions", iter_forms)
    register_source("facts", iter_noted)


def iter_forms(case: Case, language: str) -> Iterator[HeldForm]:
    """Yield each form of the case with its answers."""
    rows = case.submissions.select_related("form_version__form", "unit").order_by("received_at")
    corrected = set(Submission.objects.filter(corrects__case=case).values_list("corrects_id", flat=True))
    sources = Lists()
    bases: dict[int, Mapping[str, str]] = {}
    with override(language):
        for submission in rows:
            version = submission.form_version
            if version.form_id not in bases:
                bases[version.form_id] = _read_bases(version)
            yield HeldForm(
                title=str(localize(version.parsed_form.title, language)),
                received_on=timezone.localdate(submission.received_at),
                unit=submission.unit.name,
                pieces=_read_pieces(submission, language, sources, bases[version.form_id]),
                was_corrected=submission.pk in corrected,
            )


def iter_noted(case: Case, language: str) -> Iterator[HeldForm]:
    """Yield what a worker noted on the case's page, without a form."""
    sources = Lists()
    with override(language):
        for known in get_known(case).values():
            row = known.row
            if row.submission_id is None:
                yield HeldForm(
                    title=gettext("Noted on the case's page"),
                    received_on=timezone.localdate(row.received_at),
                    unit=case.unit.name,
                    pieces=(
                        Piece(
                            f"fact:{row.pk}",
                            "",
                            str(localize(known.fact.label, language)),
                            known.in_words(language, sources),
                        ),
                    ),
                )


def _read_bases(version: FormVersion) -> Mapping[str, str]:
    """Return {question: why it is stored} by the form's newest version."""
    newest = version.form.newest_version() or version
    return {each.question.key: each.question.keep_basis for each in newest.parsed_form.iter_questions()}


def _read_pieces(submission: Submission, language: str, sources: Lists, bases: Mapping[str, str]) -> tuple[Piece, ...]:
    """Return the pieces of a form; of one that can't be opened, one that says so and can't pass for an answer."""
    try:
        return tuple(_iter_pieces(submission, language, sources, bases))
    except (SealBroken, KeyRingError) as error:
        log.error("submission_unreadable", submission=str(submission.pk), code=type(error).__name__)
        said = gettext("This form can't be opened. Tell the operator.")
        return (Piece(f"{submission.pk}/unreadable", "", said, "", is_unreadable=True),)


def _iter_pieces(submission: Submission, language: str, sources: Lists, bases: Mapping[str, str]) -> Iterator[Piece]:
    form = submission.form_version.parsed_form
    context = CheckContext(
        sources=sources,
        today=timezone.localdate(submission.received_at),
        occurred_on=timezone.localdate(submission.occurred_at),
        language=language_among(form.languages, language),
        attachments=files_of_submission(submission),
    )
    answers: Any = submission.answers
    for section in form.sections:
        title = str(localize(section.title, context.language))
        yield from _of(section.items, answers or {}, context, f"{submission.pk}", title, bases)


def _of(
    items: Iterable[AnyItem],
    answers: Mapping[str, Any],
    context: CheckContext,
    at: str,
    section: str,
    bases: Mapping[str, str],
) -> Iterator[Piece]:
    for item in items:
        if item.key not in answers:
            continue
        if isinstance(item, Repeat):
            label = str(localize(item.label, context.language))
            for number, row in enumerate(answers[item.key] or (), start=1):
                place = f"{section} · {label} {number}"
                yield from _of(item.items, row, context, f"{at}/{item.key}/{number}", place, bases)
        elif isinstance(item, Question):
            basis = item.keep_basis or bases.get(item.key, "")
            line = build_line(item, answers[item.key], context)
            value = line.value or "; ".join(f"{what}: {said}" for what, said in line.pairs)
            yield Piece(
                key=f"{at}/{item.key}",
                section=section,
                label=str(line.label),
                value=str(value),
                kind=_classify(item, basis),
                months=item.keep_for or 0,
                why=str(get_basis_label(basis, context.language)),
            )


def _classify(question: Question, basis: str) -> str:
    if basis == ABOUT_OTHERS:
        return OTHERS
    if question.type in SHORT and basis == IDENTITY:
        return OWN
    if question.type == "calculated" and question.result != "text" and basis:
        return OWN
    # Without a basis nobody has said what it is about: a staff form's "age of the suspect" is a number, too.
    return WORDS if question.type in FREE or not basis else OWN
