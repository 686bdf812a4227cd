"""The page of a procedure that is read from top to bottom: its parts as HTML, in groups.

The editor shows the same parts. After each save it is sent those whose HTML has changed (`Part.sha`), so that sentences
are made in one place only, here.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.template.loader import render_to_string
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from case_forms.form_builder.definition import Form
from case_forms.form_builder.definition.problems import pointer
from case_forms.form_builder.models import FormVersion
from case_forms.procedures.definition import Calendar, Deadline, Fact, Ladder, Procedure, Rule, Setting
from case_forms.procedures.definition.nodes import FOR_EVERY_ROLE, WEEKDAYS, Flag
from notifications.directory.models import Role

from .drawings import draw_deadline, draw_ladder
from .labels import CONFIDENCES, DEADLINE_WORDS, LINKS, WEEKDAY_NAMES
from .sentences import ProcedureWords
from .usage import Usage

# group -> (its heading, what to say when it is empty, the template of a part)
GROUPS: "dict[str, tuple[str | Promise, str | Promise, str]]" = {
    "rules": (gettext_lazy("Rules"), gettext_lazy("There is no rule yet."), "rule"),
    "deadlines": (gettext_lazy("Deadlines"), gettext_lazy("There is no deadline yet."), "deadline"),
    "ladders": (
        gettext_lazy("What happens while nobody answers"),
        gettext_lazy("There is no line of steps yet."),
        "ladder",
    ),
    "facts": (gettext_lazy("Facts that rules read"), gettext_lazy("There is no fact yet."), "fact"),
    "settings": (
        gettext_lazy("What the organisation chooses"),
        gettext_lazy("There is nothing to choose yet."),
        "setting",
    ),
    "chains": (
        gettext_lazy("Where somebody is looked for"),
        gettext_lazy("The usual order holds: the office for the municipality first, the operator last."),
        "chain",
    ),
    "calendars": (
        gettext_lazy("Calendars of working time"),
        gettext_lazy("There is no calendar: the minutes of all deadlines pass day and night."),
        "calendar",
    ),
    "flags": (
        gettext_lazy("Flags that a case can have"),
        gettext_lazy("There is no flag yet."),
        "flag",
    ),
}


@dataclass(frozen=True)
class Part:
    """One part of the page. `path`: its JSON pointer; `anchor`: the id by which it is linked to."""

    path: str
    anchor: str
    name: str
    html: SafeString

    @property
    def sha(self) -> str:
        return hashlib.sha256(self.html.encode(errors="replace")).hexdigest()[:12]


@dataclass(frozen=True)
class Group:
    """Parts of one kind, under a heading."""

    key: str
    heading: "str | Promise"
    empty: "str | Promise"
    parts: tuple[Part, ...]


def published_forms() -> dict[str, Form]:
    """Map each form's key to its newest published version, without archived forms."""
    return {version.form.key: version.parsed_form for version in FormVersion.objects.newest()}


class Page:
    """The parts of one procedure, for readers of one language."""

    def __init__(self, procedure: Procedure, forms: Mapping[str, Form], language: str) -> None:
        self.procedure = procedure
        self.words = ProcedureWords(procedure, forms, language)
        self.usage = Usage(procedure, self.words.text)

    def build_groups(self) -> list[Group]:
        return [
            Group(key, heading, empty, tuple(self._parts(key, template)))
            for key, (heading, empty, template) in GROUPS.items()
        ]

    def build_head(self) -> Part:
        """Build the part about the procedure as a whole."""
        title, basis = self.words.text(self.procedure.title), self.words.text(self.procedure.basis)
        html = render_to_string("procedure_editor/parts/head.html", {"title": title, "basis": basis})
        return Part("", "procedure", title, html)

    def _parts(self, group: str, template: str) -> Iterator[Part]:
        describe = getattr(self, f"_{template}")
        for key, path, node in _nodes(self.procedure, group):
            context = {**describe(key, node), "key": key}
            html = render_to_string(f"procedure_editor/parts/{template}.html", context)
            yield Part(path, f"{template}-{key}", context["name"], html)

    # ---- what each template is given ----

    def _rule(self, key: str, rule: Rule) -> dict[str, Any]:
        told = self.words.tell_rule(rule)
        return {"name": told.title, "rule": told}

    def _deadline(self, key: str, deadline: Deadline) -> dict[str, Any]:
        calendar = self.procedure.calendars.get(deadline.calendar or "")
        # what the format has beyond the parts that are drawn, by name: the page never hides a part
        known = {"label", "calendar", "basis", "confidence", *deadline.minutes}
        more = {name: value for name, value in _stored(deadline).items() if name not in known}
        return {
            "name": self.words.text(deadline.label) or key,
            "drawing": draw_deadline(deadline),
            "calendar": self.words.text(calendar.label) if calendar else (deadline.calendar or ""),
            "basis": deadline.basis,
            "confidence": CONFIDENCES.get(deadline.confidence, deadline.confidence),
            "is_proposal": deadline.confidence not in ("source", "background"),
            "used_by": self.usage.of("deadlines", key),
            "more": [(DEADLINE_WORDS.get(name, name), self._tell(name, value)) for name, value in more.items()],
        }

    def _tell(self, name: str, value: Any) -> str:
        if isinstance(value, dict):
            return self.words.text(value)
        if name == "form" and isinstance(value, str):
            return self.words.get_title(value)
        return str(Role(value).label) if isinstance(value, str) and value in Role.values else str(value)

    def _ladder(self, key: str, ladder: Ladder) -> dict[str, Any]:
        drawing = draw_ladder(ladder) if ladder.steps else None
        return {"name": key, "drawing": drawing, "used_by": self.usage.of("ladders", key)}

    def _fact(self, key: str, fact: Fact) -> dict[str, Any]:
        return {
            "name": self.words.text(fact.label) or key,
            "value": self.words.tell_fact(fact.value),
            "used_by": self.usage.of("facts", key),
        }

    def _setting(self, key: str, setting: Setting) -> dict[str, Any]:
        return {
            "name": self.words.text(setting.label) or key,
            "choices": [
                (self.words.text(choice.label) or choice.value, choice.value == setting.chosen)
                for choice in setting.choices
            ],
            "is_proposed": setting.value is None,
            "basis": setting.basis,
            "confidence": CONFIDENCES.get(setting.confidence, setting.confidence),
            "is_proposal": setting.confidence not in ("source", "background"),
            "for_lawyer": setting.for_lawyer,
            "used_by": self.usage.of("settings", key),
        }

    def _chain(self, key: str, chain: Any) -> dict[str, Any]:
        role = str(Role(key).label) if key in Role.values else key
        return {
            "name": _("All other recipients") if key == FOR_EVERY_ROLE else capfirst(role),
            "links": [LINKS.get(link, link) for link in chain.links],
        }

    def _calendar(self, key: str, calendar: Calendar) -> dict[str, Any]:
        return {
            "name": self.words.text(calendar.label) or key,
            "hours": [
                (WEEKDAY_NAMES[day], ", ".join("–".join(span) for span in calendar.hours[day]))
                for day in WEEKDAYS
                if calendar.hours.get(day)
            ],
            "public_holidays": calendar.public_holidays,
            "closed": calendar.closed,
            "used_by": self.usage.of("calendars", key),
        }

    def _flag(self, key: str, flag: Flag) -> dict[str, Any]:
        return {"name": self.words.text(flag.label) or key, "used_by": self.usage.of("flags", key)}


def _nodes(procedure: Procedure, group: str) -> Iterator[tuple[str, str, Any]]:
    """Iterate over (key, pointer, node) of the parts of one kind, in their order."""
    holder = getattr(procedure, group)
    if isinstance(holder, dict):
        yield from ((key, f"/{group}/{pointer(key)}", node) for key, node in holder.items())
    else:
        yield from ((node.key, f"/{group}/{position}", node) for position, node in enumerate(holder))


def _stored(node: Any) -> dict[str, Any]:
    return node.stored if isinstance(node.stored, dict) else {}
