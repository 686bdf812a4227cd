"""The story on the page: read from what was posted or from a scenario, checked, and built for the template.

Everything travels in the request's body and comes back in its answer. Nothing of it is in an address, and nothing is
stored until somebody saves it as a scenario. Fields that aren't the form's own begin with an underscore, as no
question's key does.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.datastructures import MultiValueDict
from django.utils.dateparse import parse_datetime
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from access.languages import get_current_language
from access.models import Municipality, User, localize
from case_forms.form_builder.definition import Form
from case_forms.form_builder.sources import Lists
from case_forms.procedures.definition import Procedure
from case_forms.simulation.story import ALBANIA, Story, StoryRefused, read_story
from case_forms.submissions.drafts.typed_values import merged, typed_in, without_row
from case_forms.submissions.pages.entries import SectionPage
from case_forms.submissions.pages.section import NoSuchSection, section_page
from case_forms.submissions.validation.validate import Answers, CheckContext

from .moments import CHOSEN, MOMENTS, get_moment
from .rows import Choices, Row, build_acts
from .session_fields import SessionView, as_number, build_session, read_session

DRAFT, IN_FORCE = "draft", "force"
REAL, INVENTED = "real", "invented"
TYPED_AT = "%Y-%m-%dT%H:%M"
# Parts of a story without a field on the page, which are passed on as they came.
PASSED_ON = ("unit", "months")
# What is sent instead of a form, as the field for the form has it: no form's key has such a sign.
ALARM_OPTIONS: dict[str, tuple[str, Promise]] = {
    "!urgent": ("urgent", gettext_lazy("Urgent alarm of a phone, by SMS")),
    "!normal": ("normal", gettext_lazy("Alarm of a phone, by SMS")),
}


@dataclass
class StoryFields:
    """A story as it stands in the fields.

    `alarm`: of Story; then there is no form. `reference`: of the case whose stored submission gives the answers, in the
    place of those that are typed.
    """

    form: str = ""
    alarm: str = ""
    on: str = DRAFT
    answers: Answers = field(default_factory=dict, repr=False)
    fill: bool = True
    municipality: str = ""
    when: str = "now"
    at: str = ""
    minutes_before: str = ""
    directory: str = REAL
    acts: list[dict[str, Any]] = field(default_factory=list)
    # The informative session that it begins with, as its fields have it; None: with none.
    session: dict[str, Any] | None = None
    passed_on: dict[str, Any] = field(default_factory=dict)
    reference: str = ""
    errors: dict[str, str] = field(default_factory=dict)
    # (question, what is wrong) of answers that the form refused
    refused: list[tuple[str, str]] = field(default_factory=list, repr=False)

    def fix_moment(self, at: datetime) -> None:
        """Write the moment down, in the place of one that is another each day."""
        self.when, self.at = CHOSEN, timezone.localtime(at, ALBANIA).strftime(TYPED_AT)

    def build_story(self, stored: Answers | None = None) -> Story | None:
        """Return the story; None with `errors`, by field ("acts/0/role" for a row's), when it can't be read.

        `stored`: the answers of a stored submission, which the page doesn't carry.
        """
        moment = get_moment(self.when) or self._read_at()
        if moment is None:
            self.errors["at"] = _("Write the day and the time at which it is sent.")
        if not self.municipality:
            self.errors["municipality"] = _("Choose a municipality.")
        if self.errors:
            return None
        written: dict[str, Any] = {
            "form": self.form,
            "alarm": self.alarm,
            "answers": self.answers if stored is None else stored,
            "fill": self.fill,
            "municipality": self.municipality,
            "at": moment.isoformat() if moment else "",
            "directory": self.directory,
            "acts": self.acts,
            **({"minutes_before": as_number(self.minutes_before)} if self.minutes_before else {}),
            **({"session": self.session} if self.session is not None else {}),
            **self.passed_on,
        }
        try:
            return read_story(written)
        except StoryRefused as refused:
            for problem in refused.problems:
                self.errors.setdefault(_as_field(problem.path, self.acts), str(problem.message))
            return None

    def _read_at(self) -> datetime | None:
        try:
            found = parse_datetime(self.at)
        except ValueError:
            return None
        return found.replace(tzinfo=ALBANIA) if found and found.tzinfo is None else found


def read_fields(post: MultiValueDict[str, str], forms: Mapping[str, Form]) -> StoryFields:
    """Read the fields of the page, with the row that a button adds to or removes from a group of the form."""
    sent = str(post.get("_form") or "")
    key, alarm = ("", ALARM_OPTIONS[sent][0]) if sent in ALARM_OPTIONS else (sent, "")
    form = forms.get(key)
    passed: dict[str, Any] = {name: str(post[f"_{name}"]) for name in PASSED_ON if post.get(f"_{name}")}
    if "months" in passed:
        passed["months"] = as_number(passed["months"])
    return StoryFields(
        form=key,
        alarm=alarm,
        on=IN_FORCE if post.get("_on") == IN_FORCE else DRAFT,
        # Answers of one form mean nothing in another: a form that was just chosen begins empty.
        answers=_read_answers(form, post) if form is not None and post.get("_asked") == key else {},
        fill=bool(post.get("_fill")) if "_asked" in post else True,
        municipality=str(post.get("_municipality") or ""),
        when=str(post.get("_when") or "now"),
        at=str(post.get("_at") or ""),
        minutes_before=str(post.get("_minutes_before") or "").strip(),
        directory=INVENTED if post.get("_directory") == INVENTED else REAL,
        acts=build_acts([]).read(post),
        session=read_session(post),
        passed_on=passed,
        reference=str(post.get("_reference") or "").strip()[:40],
    )


def get_fields(story: Mapping[str, Any], on: str = DRAFT) -> StoryFields:
    """Return the fields of a story that is stored in a scenario. What can't be shown is left for its reader to mend."""
    at = parse_datetime(str(story.get("at", "")))
    local = at.astimezone(ALBANIA) if at and at.tzinfo else at
    acts = story.get("acts", ())
    return StoryFields(
        form=str(story.get("form", "")),
        alarm=str(story.get("alarm", "")),
        on=on,
        answers=dict(story.get("answers", {})),
        fill=bool(story.get("fill", True)),
        municipality=str(story.get("municipality", "")),
        when=CHOSEN,
        at=local.strftime(TYPED_AT) if local else "",
        minutes_before=str(story.get("minutes_before", "")),
        directory=str(story.get("directory", REAL)),
        acts=[dict(act) for act in acts],
        session=dict(story["session"]) if isinstance(story.get("session"), dict) else None,
        passed_on={name: story[name] for name in PASSED_ON if story.get(name) is not None},
    )


def _read_answers(form: Form, post: MultiValueDict[str, str]) -> Answers:
    answers: Answers = {}
    removed = str(post.get("remove") or "")
    for section in form.sections:
        of_this = removed.split("-")[0] in {item.key for item in section.items}
        typed = without_row(post, section, removed) if removed and of_this else typed_in(section, post)
        answers = merged(answers, section, typed)
    return answers


def _as_field(path: str, acts: list[dict[str, Any]]) -> str:
    """Return the field of a problem: /acts/0/accepts/role -> acts/0/role, /municipality -> municipality."""
    steps = path.strip("/").split("/")
    if steps[0] == "acts" and len(steps) > 2:
        # pydantic names the kind of an act between its number and its parameter
        return "/".join(("acts", steps[1], steps[-1]))
    return "/".join(steps)


# ---- for the template ----


@dataclass(frozen=True)
class StoryView:
    """What the template needs of a story. `sections` are the form's own; `said` names what doesn't apply now."""

    fields: StoryFields
    forms: Choices
    alarms: list[tuple[str, str, str]]  # (value of the field, Story.alarm, label)
    places: Choices
    moments: Choices
    sections: list[tuple[SectionPage, int]]
    acts: list[Row]
    examples: list[tuple[UUID, str]]
    session: SessionView | None
    passed_on: list[tuple[str, Any]]


def build_view(
    fields: StoryFields,
    forms: Mapping[str, Form],
    *,
    user: User,
    new_row_in: str = "",
    empty_acts: int = 0,
    show_errors: bool = False,
    examples: list[tuple[UUID, str]] | None = None,
) -> StoryView:
    """Build the page's story. `show_errors`: also what the form would ask to correct, where nothing is filled in."""
    form = forms.get(fields.form)
    rows = {path.removeprefix("acts"): words for path, words in fields.errors.items() if path.startswith("acts/")}
    named = [(key, localize(each.title)) for key, each in forms.items()]
    return StoryView(
        fields=fields,
        forms=list(named),
        alarms=[(value, alarm, str(label)) for value, (alarm, label) in ALARM_OPTIONS.items()],
        places=list(Municipality.objects.order_by("name").values_list("slug", "name")),
        moments=[(name, _with_date(name, str(label))) for name, label in MOMENTS],
        sections=list(_iter_sections(form, fields.answers, user, new_row_in, show_errors)) if form else [],
        acts=build_acts(list(named)).build(fields.acts, rows, empty_acts),
        examples=examples or [],
        session=build_session(fields.session, form, fields.errors),
        passed_on=list(fields.passed_on.items()),
    )


def get_tried_forms(procedure: Procedure, forms: Mapping[str, Form]) -> dict[str, Form]:
    """Return the published forms that rules of the procedure are about, those first that most rules name."""
    rules = [key for rule in procedure.rules for key in rule.forms]
    is_about_all = any(not rule.forms for rule in procedure.rules)
    named = [key for key in forms if key in rules or is_about_all]
    return {key: forms[key] for key in sorted(named, key=lambda key: (-rules.count(key), key))} or dict(forms)


def _iter_sections(form: Form, answers: Answers, user: User, new_row_in: str, show_errors: bool) -> Any:
    context = CheckContext(
        sources=Lists(user), today=timezone.localdate(), occurred_on=timezone.localdate(), language=_get_language(form)
    )
    for section in form.sections:
        new_row = new_row_in if new_row_in.split("-")[0] in {item.key for item in section.items} else ""
        try:
            page = section_page(
                form, section.key, answers, context, user=None, show_all=show_errors, new_row_in=new_row
            )
        except NoSuchSection:
            continue
        yield page, sum(item.key in answers for item in section.items)


def _get_language(form: Form) -> str:
    language = get_current_language()
    return language if language in form.languages or not form.languages else form.languages[0]


def _with_date(name: str, label: str) -> str:
    moment = get_moment(name)
    return f"{label} ({moment:%d.%m.%Y})" if moment and name != "now" else label
