"""The check of what a form says about facts of the case: `writes_fact`, `filled_from_fact`, and reading `_known`."""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from .audience import is_public
from .definition import Form, LocatedItem, Problem, Question, iter_expressions, pointer
from .fact_types import (
    KNOWN,
    FactCatalogue,
    FactType,
    get_misfitting_values,
    has_common_value,
    is_less_sensitive,
    is_type_fitting,
)
from .references import parts_read

WRITES, FILLED = "writes_fact", "filled_from_fact"


def fact_problems(form: Form, facts: FactCatalogue) -> Iterator[Problem]:
    """Find what is wrong with the facts that a resolved form writes, begins with and reads, in document order."""
    for located in form.iter_questions():
        for name in (WRITES, FILLED):
            if located.question.has(name):
                yield from _declared(form, located, name, facts)
    yield from _read(form, facts)


def _declared(form: Form, located: LocatedItem, name: str, facts: FactCatalogue) -> Iterator[Problem]:
    question, path = located.question, f"{located.path}/{name}"
    fact = facts.get(question.value_of(name))
    if is_public(form):
        yield Problem(
            path, "not_public", _("A form for the public knows no case: it remembers nothing and reads nothing of one.")
        )
    elif located.repeats:
        yield Problem(
            path,
            "fact_in_rows",
            _("What is remembered is about the person of the case, not about each row of a group."),
        )
    elif fact is None:
        words = _("The catalogue of what is known about a person has no “%(key)s”.") % {"key": question.value_of(name)}
        yield Problem(path, "unknown_fact", words)
    elif not is_type_fitting(question, fact):
        yield Problem(path, "fact_type", _("What is remembered there is of another type than the answer."))
    else:
        yield from _writing(question, path, fact) if name == WRITES else _filling(question, located.path, path, fact)


def _writing(question: Question, path: str, fact: FactType) -> Iterator[Problem]:
    unknown = get_misfitting_values(question, fact)
    if unknown is None:
        yield Problem(
            path, "fact_choices", _("What is remembered there comes from another list than the question's choices.")
        )
    elif unknown:
        words = _("What is remembered there can't be: %(values)s.") % {"values": ", ".join(unknown)}
        yield Problem(path, "fact_choices", words)
    if is_less_sensitive(fact.sensitivity, question.sensitivity):
        words = _("The answer is more sensitive than what it would be remembered as.")
        yield Problem(path, "fact_sensitivity", words)


def _filling(question: Question, here: str, path: str, fact: FactType) -> Iterator[Problem]:
    if not fact.is_lasting:
        yield Problem(path, "fact_of_a_moment", _("This is of one moment: it is asked each time."))
    elif not question.is_typed:
        yield Problem(path, "fact_not_asked", _("Nobody can confirm it here: the question isn't asked."))
    elif not has_common_value(question, fact):
        yield Problem(
            path, "fact_choices", _("What is remembered there comes from another list than the question's choices.")
        )
    if is_less_sensitive(question.sensitivity, fact.sensitivity):
        words = _("What is known would become less sensitive here than it is.")
        yield Problem(f"{here}/sensitivity", "fact_sensitivity", words)
    for role in question.shared_with:
        if role not in fact.receivers:
            words = _("By the catalogue of what is known about a person, this recipient may not have “%(key)s”.") % {
                "key": fact.key
            }
            yield Problem(f"{here}/shared_with/{pointer(role)}", "fact_not_for_role", words)


def _read(form: Form, facts: FactCatalogue) -> Iterator[Problem]:
    """Find the facts that conditions read and the catalogue doesn't have; a misspelt one would always be null."""
    for written in iter_expressions(form):
        if KNOWN not in written.reads:
            continue
        if is_public(form):
            yield Problem(
                written.path,
                "not_public",
                _("A form for the public knows no case: it remembers nothing and reads nothing of one."),
            )
            continue
        for part in parts_read(written.expression, KNOWN):
            if part.split(".")[0] not in facts:
                words = _("The catalogue of what is known about a person has no “%(key)s”.") % {"key": part}
                yield Problem(written.path, "unknown_fact", words)


def facts_read(form: Form) -> frozenset[str]:
    """Return the keys of the facts that any expression of the form reads."""
    return frozenset(
        part.split(".")[0]
        for written in iter_expressions(form)
        if KNOWN in written.reads
        for part in parts_read(written.expression, KNOWN)
    )
