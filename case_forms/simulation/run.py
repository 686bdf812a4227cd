"""One story, lived through in a simulated house.

1. The unit's form, or the message from the public, comes in as it would: `receive_submission`, `receive_tip`.
2. The clock goes from one due moment to the next. At each, people do what the story says, and the house passes
   (`passes`): steps of ladders, the directory, sending, lists.
3. It ends when nothing is due any more, when all that is left is the same call again and again, or after the story's
   months.

Time is counted in whole minutes from the beginning: what is due within a minute is done at its end. The house itself
passes each second.
"""

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from access.languages import DEFAULT_LANGUAGE, Texts, format_in_each_language, in_each_language
from access.models import Assignment, MobileUnit, Municipality, StaffRole, User
from audit import clock
from case_forms.cases.models import Case
from case_forms.form_builder.audience import is_public
from case_forms.form_builder.definition import Form
from case_forms.form_builder.models import FormVersion
from case_forms.form_builder.sources import Lists
from case_forms.submissions.actions import (
    AnswersRefused,
    ConfirmationNeeded,
    NotAllowed,
    NotDecided,
    receive_submission,
)
from case_forms.submissions.drill import DrillImpossible, drill_answers
from case_forms.submissions.validation.validate import check_answers
from case_forms.tips.models import Tip
from case_forms.tips.public_actions import Origin, TipClosed, TooManyMessages, add_message, receive_tip
from notifications.directory.models import Role
from notifications.outbox.models import Notice

from .acts import ActImpossible, do_act
from .contents import build_table, insert
from .house import IMAGINED, House
from .outside import OpenNotice, Outside
from .passes import MINUTE, get_next_moment, run_passes
from .story import FurtherForm, MailAway, NoOffice, NoShift, OnLeave, Story
from .witness import Decided, witness_decisions

MAX_MOMENTS = 2000  # of one story: a house that is busier than that isn't simulated to its end
TEXT = "Shembull / Example"
CHANGES_THE_WORLD = (MailAway, OnLeave, NoShift, NoOffice)

# How a story ends.
SETTLED, REPEATS, HORIZON, TOO_BUSY = "settled", "repeats", "horizon", "too_busy"


class StoryImpossible(Exception):
    """A story that can't begin. `code` and `words` say why; `problems` are the answers' own, as a sender sees them."""

    def __init__(self, code: str, words: Promise | Texts, problems: tuple[tuple[str, str], ...] = ()) -> None:
        super().__init__(code)
        self.code = code
        self.words = words if isinstance(words, dict) else in_each_language(words)
        self.problems = problems


@dataclass
class Lived:
    """What a story left behind, to be read while its house still stands."""

    story: Story
    ended: str = SETTLED
    ended_at: datetime | None = None
    case: Case | None = None
    tip: Tip | None = None
    decisions: list[Decided] = field(default_factory=list, repr=False)
    # (when, which act, why it couldn't be done)
    missed_acts: list[tuple[datetime, Any, Texts]] = field(default_factory=list, repr=False)
    mail_changes: list[tuple[datetime, bool]] = field(default_factory=list)
    # By the notice that carries the clock: since when its calls only repeat, and are left out.
    repeating_since: dict[uuid.UUID, datetime] = field(default_factory=dict)


@contextmanager
def live(
    story: Story, house: House, *, until: datetime | None = None, leaves_out_repetitions: bool = True, every: int = 1
) -> Iterator[Lived]:
    """Live the story through; what it left can be read inside the block, and is gone after it.

    `until`: where it ends at the latest, else after the story's months. Without `leaves_out_repetitions` every repeated
    call is made. `every`: at which minutes the house looks at what is due. Raises StoryImpossible.
    """
    with house.database.in_place(), clock.imagine_time(story.begins_at) as hand, witness_decisions() as decisions:
        lived = Lived(story, decisions=decisions)
        _Run(story, house, hand, lived, until, leaves_out_repetitions, every).run()
        yield lived


class _Run:
    def __init__(
        self,
        story: Story,
        house: House,
        hand: clock.ImaginedTime,
        lived: Lived,
        until: datetime | None,
        leaves_out_repetitions: bool,
        every: int,
    ) -> None:
        self.story = story
        self.house = house
        self.hand = hand
        self.lived = lived
        self.outside = Outside(asleep=lived.repeating_since)
        self.until = until or story.begins_at + timedelta(days=30.5 * story.months)
        self.leaves_out_repetitions = leaves_out_repetitions
        self.every = every
        self.place = self._find_place()
        self.unit = self._find_unit()
        self.worker = self._hire_worker()
        # By minute; what changes the world before what people do in it.
        self.acts = _iter_acts(story)

    def run(self) -> None:
        waiting = list(self.acts)
        self._do_all(waiting, 0, worldly=True)
        self._begin()
        run_passes(clock.now(), self.outside)
        minute = 0
        for _moment in range(MAX_MOMENTS):
            self._do_all(waiting, minute, worldly=True)
            if self._do_all(waiting, minute, worldly=False) or minute:
                run_passes(clock.now(), self.outside)
            self._put_to_sleep(waiting)
            upcoming = self._next_minute(waiting, minute)
            if upcoming is None or self._waits_for_mail(waiting):
                return self._end(REPEATS if self.outside.asleep or upcoming is not None else SETTLED)
            if self.story.begins_at + upcoming * MINUTE > self.until:
                return self._end(HORIZON)
            minute = upcoming
            self.hand.set(self.story.begins_at + minute * MINUTE)
        return self._end(TOO_BUSY)

    def _end(self, how: str) -> None:
        self.lived.ended, self.lived.ended_at = how, clock.now()

    def _next_minute(self, waiting: list[tuple[int, Any]], minute: int) -> int | None:
        """Return the next whole minute after this one in which something happens, or None."""
        found = [at for at, _act in waiting[:1]]
        due = get_next_moment(clock.now(), self.outside)
        if due is not None:
            step = self.every * MINUTE
            found.append(max(-((self.story.begins_at - due) // step), minute // self.every + 1) * self.every)
        return min(found, default=None)

    def _waits_for_mail(self, waiting: list[tuple[int, Any]]) -> bool:
        """Tell whether the mail server stays away for good, and nothing else is left to happen."""
        open_ones = self.outside.notices
        return (
            self.outside.mail_is_away
            and not waiting
            and all(each.is_repeating or each.next_step_at is None for each in open_ones)
            and any(each.next_send_at is not None for each in open_ones)
        )

    def _put_to_sleep(self, waiting: list[tuple[int, Any]]) -> None:
        """Leave out the calls that only repeat from here on, where nothing that the story still holds touches them.

        Asleep is a chain whose clock has come to its last step, again and again, and whose
        notices are all sent. What it would go on to do is said in words; nothing else depends on it.
        """
        changes_more = any(_is_worldly(act) or isinstance(act, FurtherForm) for _at, act in waiting)
        if changes_more or not self.leaves_out_repetitions:
            return
        acting = {act.role for _at, act in waiting}
        if Role.COORDINATOR in acting:
            return
        chains: dict[uuid.UUID, list[OpenNotice]] = {}
        for each in self.outside.notices:
            chains.setdefault(each.chase_id, []).append(each)
        for chain in chains.values():
            clocks = [each for each in chain if each.next_step_at is not None]
            is_busy = any(each.next_send_at or each.role in acting for each in chain)
            if clocks and not is_busy and all(each.is_repeating for each in clocks):
                keys = [each.pk for each in clocks]
                Notice.objects.filter(pk__in=keys).update(next_step_at=None)
                self.outside.asleep.update(dict.fromkeys(keys, clock.now()))
                self.outside.forget()

    # ---- the beginning ----

    def _find_place(self) -> Municipality:
        found = Municipality.objects.select_related("region").filter(slug=self.story.municipality).first()
        if found is None:
            raise StoryImpossible("unknown_municipality", _("There is no such municipality."))
        return found

    def _find_unit(self) -> MobileUnit:
        units = MobileUnit.objects.filter(is_active=True).order_by("pk")
        if self.story.unit:
            units = units.filter(slug=self.story.unit)
        found = units.filter(region=self.place.region_id).first() or units.first()
        if found is None:
            raise StoryImpossible("no_unit", _("There is no mobile unit to send this."))
        return found

    def _hire_worker(self) -> User:
        worker = User(pk=IMAGINED, username="story", first_name="Shembull", is_active=True, language=DEFAULT_LANGUAGE)
        at_work = Assignment(
            pk=IMAGINED,
            user=worker,
            role=StaffRole.WORKER,
            unit=self.unit,
            starts_on=timezone.localdate(self.story.begins_at),
        )
        insert(self.house.database.connection, [build_table([worker]), build_table([at_work])])
        return worker

    def _begin(self) -> None:
        version = self._get_form(self.story.form)
        if is_public(version.parsed_form):
            self._send_tip(version)
        else:
            receipt = self._send(version, self.story.answers, fill=self.story.fill, case=None)
            self.lived.case = Case.objects.filter(reference=receipt["case"] or "").first()

    def _get_form(self, key: str) -> FormVersion:
        found = FormVersion.objects.select_related("form").filter(form__key=key).order_by("-number").first()
        if found is None:
            raise StoryImpossible("unknown_form", _("This form isn't published."))
        return found

    def _send(self, version: FormVersion, answers: Any, *, fill: bool, case: Case | None) -> dict[str, Any]:
        form = version.parsed_form
        given = {**answers, **(_naming(form, case) if case else {})}
        occurred_at = clock.now() - timedelta(minutes=self.story.minutes_before)
        try:
            # A story says who does what; what a sender would be asked to look at again is taken as confirmed.
            received = receive_submission(
                uuid=uuid.uuid4(),
                form_key=version.form.key,
                version=version.number,
                occurred_at=occurred_at,
                answers=self._fill(form, given, occurred_at) if fill else given,
                user=self.worker,
                unit=self.unit,
                strict=fill,
                confirmed=[warning.key for warning in form.warnings],
            )
        except AnswersRefused as refused:
            told = tuple((error.path, str(error.message)) for error in refused.errors)
            raise StoryImpossible("answers_refused", _("The form doesn't take these answers."), told) from None
        except NotDecided as failure:
            words = format_in_each_language(_("The procedure stops at {where}."), where=failure.where)
            raise StoryImpossible("not_decided", words) from None
        except (ConfirmationNeeded, NotAllowed) as refused:
            raise StoryImpossible(type(refused).__name__, _("The form can't be sent like this.")) from None
        return received.receipt

    def _fill(self, form: Form, answers: dict[str, Any], occurred_at: datetime) -> dict[str, Any]:
        try:
            script = {"answers": answers, "text": TEXT}
            filled = drill_answers(form, script, municipality=self.place.slug, occurred_at=occurred_at)
        except DrillImpossible:
            raise StoryImpossible(
                "not_filled", _("The form asks for something that no example answer fits. Answer it in the story.")
            ) from None
        # A place that the story names stands, also where the example would have taken the story's own.
        return {**filled, **{key: value for key, value in answers.items() if key in filled}}

    def _send_tip(self, version: FormVersion) -> None:
        form, now = version.parsed_form, clock.now()
        answers = self._fill(form, dict(self.story.answers), now) if self.story.fill else dict(self.story.answers)
        day = timezone.localdate(now)
        checked = check_answers(
            form, answers, sources=Lists(), today=day, occurred_on=day, language=DEFAULT_LANGUAGE, strict=False
        )
        if checked.errors:
            told = tuple((error.path, str(error.message)) for error in checked.errors)
            raise StoryImpossible("answers_refused", _("The form doesn't take these answers."), told)
        origin = Origin(self.place.region, self.unit, municipality=self.place)
        received = receive_tip(
            secret=os.urandom(32),
            form_version=version,
            answers=checked.answers,
            origin=origin,
            language=DEFAULT_LANGUAGE,
            at=now,
        )
        self.lived.tip = received.tip

    # ---- what people do ----

    def _do_all(self, waiting: list[tuple[int, Any]], minute: int, *, worldly: bool) -> bool:
        """Do what the story says of this minute, of one kind. Return whether there was anything."""
        now = [act for at, act in waiting if at <= minute and _is_worldly(act) == worldly]
        waiting[:] = [(at, act) for at, act in waiting if at > minute or _is_worldly(act) != worldly]
        for act in now:
            self._do(act)
        return bool(now)

    def _do(self, act: Any) -> None:
        try:
            if isinstance(act, _MailBack):
                self._set_mail(is_away=False)
            elif isinstance(act, MailAway):
                self._set_mail(is_away=True)
            elif isinstance(act, FurtherForm):
                self._send_further(act)
            else:
                do_act(act, self.story, self.place)
                if isinstance(act, CHANGES_THE_WORLD):
                    self.outside.note_change_of_roster(clock.now())
        except ActImpossible as impossible:
            self.lived.missed_acts.append((clock.now(), act, impossible.words))

    def _set_mail(self, *, is_away: bool) -> None:
        self.outside.mail_is_away = is_away
        self.lived.mail_changes.append((clock.now(), is_away))

    def _send_further(self, act: FurtherForm) -> None:
        try:
            if self.lived.tip is not None:
                add_message(
                    tip_id=self.lived.tip.pk,
                    text=str(act.answers.get("text", TEXT)),
                    secret=os.urandom(32),
                    at=clock.now(),
                )
                return
            if self.lived.case is None:
                raise ActImpossible(_("There is no case that this form could be about."))
            self.lived.case.refresh_from_db()
            self._send(self._get_form(act.form), act.answers, fill=act.fill, case=self.lived.case)
        except StoryImpossible as impossible:
            raise ActImpossible(impossible.words) from None
        except (TipClosed, TooManyMessages):
            raise ActImpossible(_("Nothing can be added to this message any more.")) from None


@dataclass(frozen=True)
class _MailBack:
    """The mail server is there again."""

    do: str = "mail_back"


def _iter_acts(story: Story) -> list[tuple[int, Any]]:
    acts: list[tuple[int, Any]] = []
    for act in story.acts:
        acts.append((act.at, act))
        if isinstance(act, MailAway) and act.until is not None:
            acts.append((max(act.until, act.at), _MailBack()))
    return sorted(acts, key=lambda each: each[0])


def _is_worldly(act: Any) -> bool:
    return isinstance(act, (*CHANGES_THE_WORLD, _MailBack))


def _naming(form: Form, case: Case) -> dict[str, str]:
    """Return the answers that make this form one about the case."""
    asked = [key for key, located in form.questions_by_key.items() if located.question.type == "case_reference"]
    return dict.fromkeys(asked, case.reference)
