"""The check of a procedure before it is published.

Every problem has a path (`/rules/0/then/1/ladder`), a code and a sentence.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from django.utils.translation import gettext as _

from access.languages import LANGUAGES
from case_forms import expressions
from case_forms.form_builder.definition.problems import Problem
from notifications.directory.links import COORDINATOR_LINKS, LINKS, MUNICIPALITY, OPERATOR

from .chains import FOR_EVERY_ROLE
from .decide import CASE_CONSENT, EXPRESSIONS
from .organisation_settings import get_name, kinds_of_settings

KEY = re.compile(r"^[a-z][a-z0-9_]{0,63}$")
RESERVED = frozenset({"_today", "_occurred_on", "_case_status", "_case_child", CASE_CONSENT})
# What a rule can listen to, and what may be done then. A tip from the public has no case to open or update.
ON_SUBMISSION = "submission_received"
ON_TIP = frozenset({"signal_received", "signal_added"})
KINDS = frozenset({ON_SUBMISSION}) | ON_TIP
FOR_TIPS = frozenset({"notify"})
ROLES = frozenset(
    {"police", "responsible_authority", "cpu", "protection_service", "coordinator", "mobile_unit"}
    | {"social_service", "school", "psychologist", "health", "legal_aid", "embassy_desk"}
)
STEPS = frozenset({"remind", "deputy", "call"})
CONFIDENCES = frozenset({"source", "background", "proposal"})
MARKS = ("amber_minutes", "red_minutes", "breach_minutes")
LONGEST_MINUTES = 5 * 366 * 24 * 60

TOP = frozenset({"format", "key", "title", "basis", "settings", "facts", "deadlines", "ladders", "chains", "rules"})
SETTING = frozenset({"label", "choices", "default", "value", "basis", "confidence", "for_lawyer"})
SETTING_CHOICE = frozenset({"value", "label"})
FACT = frozenset({"key", "value", "label"})
DEADLINE = frozenset({"label", *MARKS, "basis", "confidence"})
STEP = frozenset({"after_minutes", "do", "repeat_minutes"})
RULE = frozenset({"key", "title", "on", "forms", "when", "words", "then"})
# Of each action: what it must say, and what it may.
NEEDED: Mapping[str, frozenset[str]] = {
    "open_case": frozenset({"status", "municipality"}),
    "attach_case": frozenset({"case"}),
    "update_case": frozenset(),
    "notify": frozenset({"role", "ladder"}),
    "deadline": frozenset({"key"}),
    "meet_deadline": frozenset({"key"}),
    "refer": frozenset({"partner", "ladder"}),
}
ALLOWED: Mapping[str, frozenset[str]] = {
    "open_case": frozenset({"child_track"}),
    "attach_case": frozenset(),
    "update_case": frozenset({"status", "child_track", "formal_identification"}),
    "notify": frozenset({"answer_minutes", "deadline", "document", "urgent", "partner"}),
    "deadline": frozenset({"once"}),
    "meet_deadline": frozenset(),
    "refer": frozenset({"services", "answer_minutes", "deadline"}),
}


def check_procedure(definition: Any, *, questions: Mapping[str, Collection[str]] | None = None) -> list[Problem]:
    """List all problems of a procedure definition, in document order; empty when it may be published.

    `questions` maps each published form to its questions' keys; with it, forms and names are checked too.
    """
    if not isinstance(definition, dict):
        return [Problem("", "not_an_object", _("A procedure is an object."))]
    return list(_Check(definition, questions).problems())


def _is_texts(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(value.get(lang), str) and value[lang] for lang in LANGUAGES)


def _is_minutes(value: Any) -> bool:
    # A bool is an int in Python: `true` must not pass for one minute.
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value <= LONGEST_MINUTES


def _keyed(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _rows(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


class _Check:
    def __init__(self, definition: dict[str, Any], questions: Mapping[str, Collection[str]] | None) -> None:
        self.definition = definition
        self.questions = questions
        self.deadlines = _keyed(definition.get("deadlines", {}))
        self.ladders = _keyed(definition.get("ladders", {}))
        self.facts: set[str] = set()
        self.settings = _keyed(definition.get("settings", {}))
        self.setting_kinds: Mapping[str, expressions.KindInfo] = {}

    def problems(self) -> Iterator[Problem]:
        yield from self._unknown("", self.definition, TOP)
        if self.definition.get("format") != 1:
            yield Problem("/format", "unknown_format", _("The format is 1."))
        yield from self._key("/key", self.definition.get("key"))
        for name in ("title", "basis"):
            yield from self._texts(f"/{name}", self.definition.get(name))
        shapes = {"settings": dict, "facts": list, "deadlines": dict, "ladders": dict, "chains": dict, "rules": list}
        for name, kind in shapes.items():
            if not isinstance(self.definition.get(name, kind()), kind):
                yield Problem(f"/{name}", "wrong_type", _("This part has the wrong structure."))
        wrong = [problem for key in self.settings for problem in self._setting(f"/settings/{key}", key)]
        # Sound settings only: `kinds_of_settings` reads them without asking for their structure.
        yield from wrong
        if not wrong:
            self.setting_kinds = kinds_of_settings({"settings": self.settings})
        yield from self._facts()
        for key, deadline in self.deadlines.items():
            yield from self._deadline(f"/deadlines/{key}", key, deadline)
        for key, ladder in self.ladders.items():
            yield from self._ladder(f"/ladders/{key}", key, ladder)
        for key, chain in _keyed(self.definition.get("chains", {})).items():
            yield from self._chain(f"/chains/{key}", key, chain)
        yield from self._rules()

    # parts

    def _facts(self) -> Iterator[Problem]:
        # Facts are worked out for every form, so they may read the answers of any.
        known = self._questions_of(None)
        for index, fact in enumerate(_rows(self.definition.get("facts"))):
            path = f"/facts/{index}"
            if not isinstance(fact, dict):
                yield Problem(path, "wrong_type", _("A fact is an object."))
                continue
            yield from self._unknown(path, fact, FACT)
            key = fact.get("key")
            yield from self._key(f"{path}/key", key)
            if "label" in fact:
                yield from self._texts(f"{path}/label", fact["label"])
            yield from self._expression(f"{path}/value", fact.get("value"), known)
            if isinstance(key, str):
                if key in self.facts:
                    yield Problem(f"{path}/key", "doubled_key", _("This key is used twice."))
                # Added only now: a fact may read the facts before it, and no later one.
                self.facts.add(key)

    def _setting(self, path: str, key: str) -> Iterator[Problem]:
        """Check typed choices, a proposal among them, and what it rests on: nobody takes a proposal for the law."""
        setting = self.settings[key]
        yield from self._key(path, key)
        if not isinstance(setting, dict):
            yield Problem(path, "wrong_type", _("A setting is an object."))
            return
        yield from self._unknown(path, setting, SETTING)
        yield from self._texts(f"{path}/label", setting.get("label"))
        values: list[str] = []
        for index, choice in enumerate(_rows(setting.get("choices"))):
            here = f"{path}/choices/{index}"
            if not isinstance(choice, dict):
                yield Problem(here, "wrong_type", _("A choice is an object."))
                continue
            yield from self._unknown(here, choice, SETTING_CHOICE)
            yield from self._key(f"{here}/value", choice.get("value"))
            yield from self._texts(f"{here}/label", choice.get("label"))
            if choice.get("value") in values:
                yield Problem(f"{here}/value", "doubled_key", _("This key is used twice."))
            values.append(str(choice.get("value")))
        if len(values) < 2:
            yield Problem(f"{path}/choices", "no_choices", _("A setting has at least two choices."))
        for name in ("default", "value"):
            if (name == "default" or name in setting) and setting.get(name) not in values:
                yield Problem(f"{path}/{name}", "not_a_choice", _("Choose one of this setting's choices."))
        if not isinstance(setting.get("basis"), str) or not setting["basis"]:
            yield Problem(f"{path}/basis", "missing", _("Say what this setting rests on."))
        if not isinstance(setting.get("confidence"), str) or setting["confidence"] not in CONFIDENCES:
            yield Problem(f"{path}/confidence", "not_a_choice", _("Choose source, background or proposal."))
        if not isinstance(setting.get("for_lawyer", False), bool):
            yield Problem(f"{path}/for_lawyer", "wrong_type", _("This is true or false."))

    def _deadline(self, path: str, key: str, deadline: Any) -> Iterator[Problem]:
        yield from self._key(path, key)
        if not isinstance(deadline, dict):
            yield Problem(path, "wrong_type", _("A deadline is an object."))
            return
        yield from self._unknown(path, deadline, DEADLINE)
        yield from self._texts(f"{path}/label", deadline.get("label"))
        if not isinstance(deadline.get("basis"), str) or not deadline["basis"]:
            yield Problem(f"{path}/basis", "missing", _("Say what this deadline is based on."))
        if not isinstance(deadline.get("confidence"), str) or deadline["confidence"] not in CONFIDENCES:
            yield Problem(f"{path}/confidence", "not_a_choice", _("Choose source, background or proposal."))
        last = 0
        for name in MARKS:
            if name not in deadline:
                continue
            if not _is_minutes(deadline[name]):
                yield Problem(f"{path}/{name}", "not_minutes", _("A whole number of minutes, at least 1."))
            elif deadline[name] <= last:
                yield Problem(f"{path}/{name}", "not_increasing", _("Each mark comes later than the one before it."))
            else:
                last = deadline[name]

    def _ladder(self, path: str, key: str, ladder: Any) -> Iterator[Problem]:
        """Check an escalation: steps in order of time, the last one a call that repeats until somebody answers."""
        yield from self._key(path, key)
        if not isinstance(ladder, list) or not ladder:
            yield Problem(path, "empty_ladder", _("An escalation has at least one step."))
            return
        last = 0
        for index, step in enumerate(ladder):
            here = f"{path}/{index}"
            if not isinstance(step, dict):
                yield Problem(here, "wrong_type", _("A step is an object."))
                continue
            yield from self._unknown(here, step, STEP)
            if not isinstance(step.get("do"), str) or step["do"] not in STEPS:
                yield Problem(f"{here}/do", "unknown_step", _("A step is one of remind, deputy or call."))
            if not _is_minutes(step.get("after_minutes")):
                yield Problem(f"{here}/after_minutes", "not_minutes", _("A whole number of minutes, at least 1."))
            elif step["after_minutes"] <= last:
                yield Problem(f"{here}/after_minutes", "not_increasing", _("Each step comes after the one before it."))
            else:
                last = step["after_minutes"]
            # A ladder must not run out: its last step asks a coordinator to call, again and again, until somebody
            # answers.
            is_last = index == len(ladder) - 1
            if is_last and step.get("do") != "call":
                yield Problem(f"{here}/do", "does_not_call", _("The last step is a call."))
            if is_last and not _is_minutes(step.get("repeat_minutes")):
                yield Problem(f"{here}/repeat_minutes", "does_not_repeat", _("The last step repeats until answered."))
            if not is_last and "repeat_minutes" in step:
                yield Problem(f"{here}/repeat_minutes", "repeats_too_early", _("Only the last step repeats."))

    def _chain(self, path: str, key: str, chain: Any) -> Iterator[Problem]:
        """Check a chain: it begins at the office for the place, widens with each link, and ends at the operator.

        Coordinators are asked before the end.
        """
        if key != FOR_EVERY_ROLE and key not in ROLES:
            yield Problem(path, "unknown_role", _("A chain is for a recipient's role, or “default” for all others."))
        if not isinstance(chain, list) or not chain:
            yield Problem(path, "empty_chain", _("A chain has at least one link."))
            return
        last = -1
        for index, link in enumerate(chain):
            if not isinstance(link, str) or link not in LINKS:
                links = ", ".join(LINKS)
                yield Problem(f"{path}/{index}", "unknown_link", _("A link is one of: %(links)s.") % {"links": links})
            elif LINKS.index(link) <= last:
                yield Problem(f"{path}/{index}", "not_widening", _("Each link reaches further than the one before it."))
            else:
                last = LINKS.index(link)
        # The nearest office is always asked first, and whoever is left at the end must be able to act (ADR 32).
        if chain[0] != MUNICIPALITY:
            yield Problem(f"{path}/0", "starts_elsewhere", _("A chain starts at the office for the municipality."))
        if not any(link in COORDINATOR_LINKS for link in chain if isinstance(link, str)):
            yield Problem(path, "no_coordinator", _("Coordinators are asked before the operator."))
        if chain[-1] != OPERATOR:
            yield Problem(path, "ends_in_silence", _("The last link is the operator."))

    def _rules(self) -> Iterator[Problem]:
        seen: set[str] = set()
        rules = _rows(self.definition.get("rules"))
        if not rules:
            yield Problem("/rules", "no_rules", _("A procedure has at least one rule."))
        for index, rule in enumerate(rules):
            path = f"/rules/{index}"
            if not isinstance(rule, dict):
                yield Problem(path, "wrong_type", _("A rule is an object."))
                continue
            yield from self._rule(path, rule)
            key = rule.get("key")
            if isinstance(key, str):
                if key in seen:
                    yield Problem(f"{path}/key", "doubled_key", _("This key is used twice."))
                seen.add(key)

    def _rule(self, path: str, rule: dict[str, Any]) -> Iterator[Problem]:
        yield from self._unknown(path, rule, RULE)
        yield from self._key(f"{path}/key", rule.get("key"))
        for name in ("title", "words"):
            yield from self._texts(f"{path}/{name}", rule.get(name))
        if not isinstance(rule.get("on"), str) or rule["on"] not in KINDS:
            yield Problem(
                f"{path}/on", "unknown_kind", _("A rule responds to %(kinds)s.") % {"kinds": ", ".join(sorted(KINDS))}
            )
        forms = rule.get("forms", [])
        if not isinstance(forms, list) or not all(isinstance(form, str) for form in forms):
            yield Problem(f"{path}/forms", "wrong_type", _("Forms are a list of keys."))
            forms = []
        for index, form in enumerate(forms):
            if self.questions is not None and form not in self.questions:
                yield Problem(f"{path}/forms/{index}", "unknown_form", _("No form with this key is published."))
        known = self._questions_of(forms)
        if "when" in rule:
            yield from self._expression(f"{path}/when", rule["when"], known)
        then = _rows(rule.get("then"))
        if not isinstance(rule.get("then"), list):  # an empty list is a rule that only says why nothing is done
            yield Problem(f"{path}/then", "wrong_type", _("Say what is done, or give an empty list."))
        for index, action in enumerate(then):
            here = f"{path}/then/{index}"
            yield from self._action(here, action, known)
            yield from self._fits_kind(here, action, rule.get("on"))

    def _fits_kind(self, path: str, action: Any, kind: Any) -> Iterator[Problem]:
        """Check that a rule about a tip only creates notices.

        A tip opens no case by itself: a worker begins an identification from it.
        """
        do = action.get("do") if isinstance(action, dict) else None
        is_about_a_tip = isinstance(kind, str) and kind in ON_TIP
        if is_about_a_tip and isinstance(do, str) and do in EXPRESSIONS and do not in FOR_TIPS:
            yield Problem(f"{path}/do", "needs_a_case", _("A tip has no case. Only a notice can be created here."))

    def _action(self, path: str, action: Any, known: set[str] | None) -> Iterator[Problem]:
        do = action.get("do") if isinstance(action, dict) else None
        if not isinstance(do, str) or do not in EXPRESSIONS:
            yield Problem(f"{path}/do", "unknown_action", _("There is no such action."))
            return
        yield from self._unknown(path, action, NEEDED[do] | ALLOWED[do] | {"do"})
        for name in sorted(NEEDED[do] - set(action)):
            yield Problem(f"{path}/{name}", "missing", _("This is needed here."))
        for name in EXPRESSIONS[do]:
            if name in action:
                yield from self._expression(f"{path}/{name}", action[name], known)
        if "role" in action and not (isinstance(action["role"], str) and action["role"] in ROLES):
            yield Problem(f"{path}/role", "unknown_role", _("No recipient has this role."))
        # A consent names one service, so none may be found by its area.
        elif action.get("role") == "protection_service":
            yield Problem(
                f"{path}/role", "needs_refer", _("A protection service is notified by a referral that names it.")
            )
        yield from self._named(f"{path}/ladder", action.get("ladder"), self.ladders, "unknown_ladder")
        deadline = "key" if do in ("deadline", "meet_deadline") else "deadline"
        yield from self._named(f"{path}/{deadline}", action.get(deadline), self.deadlines, "unknown_deadline")
        if "answer_minutes" in action and not _is_minutes(action["answer_minutes"]):
            yield Problem(f"{path}/answer_minutes", "not_minutes", _("A whole number of minutes, at least 1."))
        for name in ("document", "once"):
            if not isinstance(action.get(name, False), bool):
                yield Problem(f"{path}/{name}", "wrong_type", _("This is true or false."))

    # small checks

    def _named(self, path: str, name: Any, among: Mapping[str, Any], code: str) -> Iterator[Problem]:
        if name is not None and (not isinstance(name, str) or name not in among):
            yield Problem(path, code, _("This procedure has nothing with this name."))

    def _questions_of(self, forms: list[str] | None) -> set[str] | None:
        """Return the answers an expression may read: of these forms, or (None or empty) of any.

        None: not to be checked.
        """
        if self.questions is None:
            return None
        wanted = forms or list(self.questions)
        return {key for form in wanted for key in self.questions.get(form, ())}

    def _expression(self, path: str, expression: Any, known: set[str] | None) -> Iterator[Problem]:
        """Check an expression.

        It must be in the language, read known names only, and compare settings with the choices that they offer.
        """
        names = RESERVED | self.facts | {get_name(key) for key in self.settings}
        found = expressions.problems(expression, known=names if known is None else names | known)
        for problem in found:
            # Without `questions` any other name may be an answer; a setting is the procedure's own and always checked.
            is_a_setting = problem.startswith(f"unknown_reference: {expressions.SETTING_PREFIX}")
            if known is None and problem.startswith("unknown_reference") and not is_a_setting:
                continue
            code = "unknown_setting" if is_a_setting else "bad_expression"
            yield Problem(path, code, _("This procedure has no such setting.") if is_a_setting else problem)
        if not found:
            for _code, words, name in expressions.kind_problems(expression, self.setting_kinds):
                if name in self.setting_kinds:
                    yield Problem(path, "bad_expression", words)

    def _key(self, path: str, key: Any) -> Iterator[Problem]:
        if not isinstance(key, str) or not KEY.match(key):
            yield Problem(path, "bad_key", _("A key has lower-case letters, digits and underscores."))

    def _texts(self, path: str, texts: Any) -> Iterator[Problem]:
        if not _is_texts(texts):
            yield Problem(path, "missing_text", _("Write this in Albanian and in English."))

    def _unknown(self, path: str, given: Mapping[str, Any], allowed: Collection[str]) -> Iterator[Problem]:
        for name in given:
            if name not in allowed:
                yield Problem(f"{path}/{name}", "unknown_name", _("There is no such part."))
