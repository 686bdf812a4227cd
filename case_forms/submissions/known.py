"""What is known about the person of a case, as the conditions of a form read it: `_known.<fact>`.

Only for whoever fills the form, and only of the case that the answers name, if that person may see it. Only the facts
that some condition of the form reads are opened, and opening them is recorded.
"""

from collections.abc import Mapping, Set
from typing import Any

from access.models import User
from audit.chain import get_actor, log_event
from case_forms.cases.facts.reading import get_known_values
from case_forms.cases.models import Case
from case_forms.form_builder.canonical import get_or_make
from case_forms.form_builder.definition import Form, Question
from case_forms.form_builder.fact_rules import facts_read
from case_forms.form_builder.models import FormVersion


def get_known_for_form(version: FormVersion, answers: Any, user: User | None) -> dict[str, Any]:
    """Return {fact: value} of what this form's conditions read; empty without a case that this person may see.

    `answers`: as they came, of any shape. Audited when anything is opened.
    """
    keys = _find_facts_read(version) if user is not None else frozenset()
    case = _named(version.parsed_form, answers, user) if user is not None and keys else None
    if case is None:
        return {}
    known = get_known_values(case, keys=keys)
    log_event(
        "case.facts_read",
        actor=get_actor(user),
        target_kind="case",
        target_id=case.pk,
        form=version.form.key,
        facts=sorted(keys),
    )
    return known


def _find_facts_read(version: FormVersion) -> Set[str]:
    """Return the facts that a version's conditions read, found once in this process: its text never changes."""
    return get_or_make(_facts_read, version.sha256, lambda: facts_read(version.parsed_form))


_facts_read: dict[str, frozenset[str]] = {}


def case_key(form: Form) -> str:
    """Return the key of the question, outside repeats, that first asks which case a form is about; "" without one."""
    items = (item for item in form.outer_items if isinstance(item, Question) and item.type == "case_reference")
    return next((item.key for item in items), "")


def get_named_case(form: Form, answers: Any, user: User) -> Case | None:
    """Return the case that unchecked answers name, if this person may see it."""
    return _named(form, answers, user)


def _named(form: Form, answers: Any, user: User) -> Case | None:
    given = answers.get(case_key(form)) if isinstance(answers, Mapping) else None
    if not isinstance(given, str) or not given.strip() or len(given) > 32 or "\0" in given:
        return None
    return Case.objects.visible_to(user).filter(reference=given.strip().upper()).first()
