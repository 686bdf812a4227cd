"""The messages about what a rule misses in a form, for whoever edits, approves or archives the form."""

from collections.abc import Collection, Iterator, Mapping

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from access.languages import get_current_language
from access.models import localize
from case_forms import expressions
from case_forms.form_builder.definition.problems import Problem

from .definition import Procedure
from .form_guard import Changing, Found, SettingMissed, Standing, settings_missed, unfit_rules
from .labels import get_labels
from .rule_needs import DEEP, Break, FormSide

MAX_TOLD = 3  # of what one rule misses, in one sentence; the rest follows from it
OUTER_STEPS = 5  # of the pointer of an item outside groups: "", sections, 0, items, 3


def iter_problems(found: Found, change: Changing) -> Iterator[Problem]:
    """Yield one problem for each question that a rule misses, with the rule named.

    Each points at the question where it still stands.
    """
    rule = localize(found.needs.rule.title, _reader())
    for each in in_order(found.breaks):
        words = {"rule": rule, "source": source_words(found.standing), "why": break_words(each, change)}
        if found.was_so:
            told = _("The rule “%(rule)s” of %(source)s does not work with this form: %(why)s") % words
        else:
            told = _("The rule “%(rule)s” of %(source)s would no longer work: %(why)s") % words
        yield Problem(get_path(each.name, change.after), f"rule_{each.code}", told)


def in_order(breaks: Collection[Break]) -> list[Break]:
    """Sort by question. Where something is missing, that the rule can't apply then needs no saying."""
    plain = [each for each in breaks if each.code not in DEEP]
    return sorted(plain or breaks, key=lambda each: (each.name, each.code, each.value))


def unfit_problems(procedure: Procedure, forms: Mapping[str, FormSide], *, deep: bool = True) -> Iterator[Problem]:
    """Yield problems of a procedure whose rules miss something in every form that they are about."""
    for position, breaks in unfit_rules(procedure, forms, deep=deep):
        rule = procedure.rules[position]
        # Of several forms the words of the first are shown: the rule works with none of them.
        heard = rule.forms or sorted(forms)
        change = Changing("", None, forms.get(heard[0]) if heard else None, {})
        for each in in_order(breaks):
            words = {"rule": localize(rule.title, _reader()), "why": break_words(each, change)}
            told = _("The rule “%(rule)s” does not work with the forms there are: %(why)s") % words
            yield Problem(f"/rules/{position}", f"rule_{each.code}", told)
    for side in forms.values():
        for problem in setting_problems(side, procedure, localize(procedure.title, _reader())):
            yield Problem("/settings", problem.code, problem.message)


def setting_problems(side: FormSide, procedure: Procedure, source: str) -> Iterator[Problem]:
    """Yield a problem at each question that is shared on a setting which this procedure doesn't have.

    `source`: the procedure's name in words.
    """
    for missed in settings_missed(side, procedure):
        words = {
            "question": get_labels(side.form, _reader()).questions.get(missed.question, missed.question),
            "setting": missed.setting.removeprefix(expressions.SETTING_PREFIX),
            "value": missed.value,
            "source": source,
        }
        yield Problem(get_path(missed.question, side), _get_code(missed), _get_told(missed) % words)


def _get_code(missed: SettingMissed) -> str:
    return "setting_value" if missed.value else "no_setting"


def _get_told(missed: SettingMissed) -> str:
    if missed.value:
        return _(
            "“%(question)s” is shared on the choice “%(value)s” of the setting “%(setting)s”, which %(source)s does not"
            " offer."
        )
    return _("“%(question)s” is shared on the setting “%(setting)s”, which %(source)s does not have.")


def source_words(standing: Standing) -> str:
    """Name the procedure version, and since or for when it decides."""
    words = {"title": localize(standing.version.parsed.title, _reader()), "number": standing.version.number}
    if standing.begins:
        day = date_format(localtime(standing.begins), "SHORT_DATETIME_FORMAT")
        return _("“%(title)s” (version %(number)s, in force from %(day)s)") % {**words, "day": day}
    if standing.is_over:
        return ngettext(
            "“%(title)s” (version %(number)s, which %(count)s open case follows)",
            "“%(title)s” (version %(number)s, which %(count)s open cases follow)",
            standing.cases,
        ) % {**words, "count": standing.cases}
    return _("“%(title)s” (version %(number)s)") % words


def break_words(each: Break, change: Changing) -> str:
    """Explain why, as a sentence."""
    words = {"question": _label(each.name, change), "value": _choice(each, change)}
    # The question stands in the form for everybody to see, so "the form does not ask it" would explain nothing.
    if each.code == "not_asked" and change.after is not None and _is_in_group(each.name, change.after):
        return _("“%(question)s” is in a repeat group, where no rule can read it.") % words
    if each.code == "kind" and not each.name:
        return _("something that the rule compares is of a different type.")
    told: Mapping[str, str] = {
        "not_asked": _("the form does not ask “%(question)s”."),
        "not_answerable": _("nobody can answer “%(question)s”."),
        "value": _("“%(question)s” does not offer a choice with the value “%(value)s”."),
        "kind": _("“%(question)s” is of a different type from what the rule compares it with."),
        "source": _("“%(question)s” is not the type of question that the rule expects."),
        "never": _("no answers to this form can make it apply."),
        "never_with": _("it would not apply when “%(question)s” is answered “%(value)s”."),
        "unanswered": _("“%(question)s” may be left out, and the rule can't be carried out without it."),
        "audience": _("the form is filled in by people other than those the rule is about."),
        "archived": _("nobody could begin the form."),
    }
    return told[each.code] % words


def get_path(key: str, side: FormSide | None) -> str:
    """Return the JSON pointer of a question in its form, or of the group around it; "" when it isn't there."""
    located = side.form.by_key.get(key) if side and key else None
    return "/".join(located.path.split("/")[:OUTER_STEPS]) if located else ""


def _label(key: str, change: Changing) -> str:
    # A question that was removed has its words only in the form as it was.
    for side in (change.after, change.before):
        if side is not None and (label := get_labels(side.form, _reader()).questions.get(key)):
            return label
    return key


def _choice(each: Break, change: Changing) -> str:
    """Return what people call the choice.

    Its value when it has no words any more, or when the value is what is missing.
    """
    if each.code == "value" or change.after is None:
        return each.value
    return get_labels(change.after.form, _reader()).choices.get(each.name, {}).get(each.value, each.value)


def _is_in_group(key: str, side: FormSide) -> bool:
    located = side.form.questions_by_key.get(key)
    return located is not None and bool(located.repeats)


def _reader() -> str:
    return get_current_language()
