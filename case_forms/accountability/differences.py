"""What differs between two records of processing, in words: sentences in the active language, in a fixed order."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.text import capfirst
from django.utils.translation import gettext as _

from access.languages import get_current_language
from access.models import localize
from case_forms.form_builder.labels import SENSITIVITIES
from case_forms.form_builder.retention_bases import get_basis_label
from notifications.directory.models import Role

Record = Mapping[str, Any]


def list_differences(old: Record, new: Record) -> list[str]:
    """Return the differences between two whole records."""
    return list(_differences(old, new))


def _differences(old: Record, new: Record) -> Iterator[str]:
    for key in sorted({*old["forms"], *new["forms"]}):
        yield from list_form_differences(old["forms"].get(key), new["forms"].get(key))
    yield from list_procedure_differences(old["procedure"], new["procedure"])
    for name, words in (
        ("sharing", _("The grounds for sharing were changed.")),
        ("bases", _("The proposed terms and reasons for storing were changed.")),
        ("channels", _("The channels by which notices go out were changed.")),
        ("keys", _("How data are sealed was changed.")),
        ("languages", _("The languages were changed.")),
        ("drafts_days", _("How long drafts are stored was changed.")),
    ):
        if old[name] != new[name]:
            yield words


def list_form_differences(old: Record | None, new: Record | None) -> list[str]:
    """Return what differs between two states of a form; None: it isn't there."""
    return list(_form(old, new))


def _form(old: Record | None, new: Record | None) -> Iterator[str]:
    if new is None:
        if old is not None:
            yield _("The form “%(form)s” is no longer used.") % {"form": _name(old["title"])}
        return
    title = _name(new["title"])
    before = old["questions"] if old else {}
    if old is None:
        yield _("New form: “%(form)s”.") % {"form": title}
    elif old["audience"] != new["audience"]:
        yield _("“%(form)s” is now filled in by others than before.") % {"form": title}
    for key in sorted({*before, *new["questions"]}):
        was, now = before.get(key), new["questions"].get(key)
        if was is None and now is not None:
            yield _("%(form)s: new question “%(question)s” (%(what)s).") % {
                "form": title,
                "question": _name(now["label"]),
                "what": _word_question(now),
            }
        elif now is None and was is not None:
            yield _("%(form)s: no longer asks “%(question)s”.") % {"form": title, "question": _name(was["label"])}
        elif was is not None and now is not None:
            yield from _question(title, was, now)


def _question(form: str, was: Record, now: Record) -> Iterator[str]:
    at = {"form": form, "question": _name(now["label"])}
    if was["sensitivity"] != now["sensitivity"]:
        yield _("%(form)s, “%(question)s”: sensitivity is now %(now)s, before: %(was)s.") % {
            **at,
            "now": _word_sensitivity(now["sensitivity"]),
            "was": _word_sensitivity(was["sensitivity"]),
        }
    if (was["months"], was["basis"]) != (now["months"], now["basis"]):
        yield _("%(form)s, “%(question)s”: stored now: %(now)s; before: %(was)s.") % {
            **at,
            "now": _word_term(now),
            "was": _word_term(was),
        }
    if was["remembered_as"] != now["remembered_as"]:
        yield _("%(form)s, “%(question)s”: what is remembered of it with the case has changed.") % at
    for role in sorted({*was["receivers"], *now["receivers"]}):
        before, after = was["receivers"].get(role), now["receivers"].get(role)
        said = {**at, "who": _name_role(role)}
        if before is None:
            yield _("%(form)s, “%(question)s”: goes now to %(who)s, too.") % said
        elif after is None:
            yield _("%(form)s, “%(question)s”: no longer goes to %(who)s.") % said
        elif before != after:
            yield _("%(form)s, “%(question)s”: the condition on which %(who)s receives it has changed.") % said


def list_procedure_differences(old: Record | None, new: Record | None) -> list[str]:
    """Return what differs between two states of the procedure; None: none is in force."""
    return list(_procedure(old, new))


def _procedure(old: Record | None, new: Record | None) -> Iterator[str]:
    if new is None or old is None:
        if old != new:
            yield _("A procedure came into force.") if new else _("No procedure is in force any more.")
        return
    if old["closed_case_months"] != new["closed_case_months"]:
        yield _("A closed case is stored %(now)s months, before: %(was)s.") % {
            "now": new["closed_case_months"] or "–",
            "was": old["closed_case_months"] or "–",
        }
    for key in sorted({*old["rules"], *new["rules"]}):
        was, now = old["rules"].get(key), new["rules"].get(key)
        if was is None:
            yield _("New rule: “%(rule)s”.") % {"rule": _name(now["title"]) or key}
        elif now is None:
            yield _("Rule deleted: “%(rule)s”.") % {"rule": _name(was["title"]) or key}
        elif {**was, "title": ""} != {**now, "title": ""}:
            yield _("The rule “%(rule)s” does something else than before.") % {"rule": _name(now["title"]) or key}


def _word_question(question: Record) -> str:
    receivers = ", ".join(_name_role(role) for role in question["receivers"]) or _("nobody receives it")
    return f"{_word_sensitivity(question['sensitivity'])}; {_word_term(question)}; {receivers}"


def _word_term(question: Record) -> str:
    if question["months"] is None:
        return _("as long as the case")
    why = get_basis_label(question["basis"], get_current_language())
    months = _("%(count)s months") % {"count": question["months"]}
    return f"{months}, {why}" if why else months


def _word_sensitivity(code: str) -> str:
    return str(SENSITIVITIES.get(code, code)).lower()


def _name_role(role: str) -> str:
    return str(Role(role).label) if role in Role.values else role


def _name(texts: Mapping[str, str]) -> str:
    return capfirst(str(localize(dict(texts), get_current_language())))
