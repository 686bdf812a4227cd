"""One story, lived through in a simulated system.

1. The unit's form, or what the public sends, comes in as it would: `receive_submission`, `receive_tip`,
   `receive_request`.
2. The clock goes from one due moment to the next. At each, people do what the story says, and the system passes
   (`passes`): steps of ladders, the directory, sending, lists.
3. It ends when nothing is due any more, when all that is left is the same call again and again, or after the story's
   months.

Time is counted in whole minutes from the beginning: what is due within a minute is done at its end. The system itself
passes each second.
"""

import uuid
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, get_args
from uuid import UUID

from django.db.models import QuerySet

from access.languages import Texts
from audit import clock
from case_forms.cases.deadlines import LOOK_AGAIN
from case_forms.cases.models import Case, Deadline
from case_forms.session_requests.models import SessionRequest
from case_forms.session_rules.models import SessionTask
from case_forms.tips.models import Tip
from notifications.directory.models import Role
from notifications.outbox.models import Notice, Purpose

from .acts import ActImpossible, do_act
from .arrivals import Arrivals
from .case_acts import Staff, do_case_act
from .outside import OpenNotice, Outside
from .passes import MINUTE, get_next_moment, run_passes
from .simulated_system import SimulatedSystem
from .skipping import skip_repetitions
from .story import AgreementOver, CaseAct, Corrects, FurtherForm, MailAway, NoOffice, NoShift, OnLeave, Story
from .witness import Decided, witness_decisions

MAX_MOMENTS = 2000  # of one story: a system that is busier than that isn't simulated to its end
CHANGES_THE_WORLD = (MailAway, OnLeave, NoShift, NoOffice, AgreementOver)

# How a story ends.
SETTLED, REPEATS, HORIZON, TOO_BUSY = "settled", "repeats", "horizon", "too_busy"


@dataclass
class Lived:
    """What a story left behind, to be read while its system still stands."""

    story: Story
    ended: str = SETTLED
    ended_at: datetime | None = None
    case: Case | None = None
    tip: Tip | None = None
    decisions: list[Decided] = field(default_factory=list, repr=False)
    # (when, which act, why it couldn't be done)
    missed_acts: list[tuple[datetime, Any, Texts]] = field(default_factory=list, repr=False)
    mail_changes: list[tuple[datetime, bool]] = field(default_factory=list)
    # By the notice that carries the clock: since when its calls only repeat, and are left out, for good or for a time.
    repeating_since: dict[uuid.UUID, datetime] = field(default_factory=dict)


@contextmanager
def live(
    story: Story,
    system: SimulatedSystem,
    *,
    until: datetime | None = None,
    leaves_out_repetitions: bool = True,
    every: int = 1,
) -> Iterator[Lived]:
    """Live the story through; what it left can be read inside the block, and is gone after it.

    `until`: where it ends at the latest, else after the story's months. Without `leaves_out_repetitions` every repeated
    call is made. `every`: at which minutes the system looks at what is due. Raises StoryImpossible.
    """
    with system.database.in_place(), clock.imagine_time(story.begins_at) as hand, witness_decisions() as decisions:
        lived = Lived(story, decisions=decisions)
        _Run(story, system, hand, lived, until, leaves_out_repetitions, every).run()
        yield lived


class _Run:
    def __init__(
        self,
        story: Story,
        system: SimulatedSystem,
        hand: clock.ImaginedTime,
        lived: Lived,
        until: datetime | None,
        leaves_out_repetitions: bool,
        every: int,
    ) -> None:
        self.story = story
        self.system = system
        self.hand = hand
        self.lived = lived
        self.outside = Outside()
        self.until = until or story.begins_at + timedelta(days=30.5 * story.months)
        self.leaves_out_repetitions = leaves_out_repetitions
        self.every = every
        self.arrivals = Arrivals(story, system)
        # By the notice that carries a clock which is left out: its chain.
        self.chases: dict[uuid.UUID, uuid.UUID] = {}
        # By the notice that carries a clock: its step, and in which period of the roster it was come to.
        self.called_in: dict[uuid.UUID, tuple[int, int]] = {}
        # By minute; what changes the world before what people do in it.
        self.acts = _iter_acts(story)
        # At which minutes the leaves that the story tells of end.
        self.leaves_end = [act.until for act in story.acts if isinstance(act, OnLeave) and act.until is not None]

    def run(self) -> None:
        waiting = list(self.acts)
        self._do_all(waiting, 0, worldly=True)
        self.lived.case, self.lived.tip = self.arrivals.begin()
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
        return (
            self.outside.mail_is_away
            and not waiting
            and all(self._only_repeats(chain) for chain in self._get_chains())
            and any(each.next_send_at is not None for each in self.outside.notices)
        )

    def _get_chains(self) -> Collection[list[OpenNotice]]:
        """Return the open notices of each escalation chain."""
        chains: dict[uuid.UUID, list[OpenNotice]] = {}
        for each in self.outside.notices:
            chains.setdefault(each.chase_id, []).append(each)
        return chains.values()

    def _put_to_sleep(self, waiting: list[tuple[int, Any]]) -> None:
        """Leave out the calls that only repeat from here on, until something that the story still holds touches them.

        Asleep is a chain whose clock only repeats an open call, again and again, and whose notices are all sent. What
        it would go on to do is said in words; nothing else depends on it. One that is touched later sleeps until then
        (`dozing`): its clock, its number of calls and its duty's looks stand as they would.
        """
        self._note_periods()
        if not self.leaves_out_repetitions:
            return
        for chain in self._get_chains():
            clocks = [each for each in chain if each.next_step_at is not None]
            is_busy = any(each.next_send_at for each in chain)
            if clocks and not is_busy and self._only_repeats(chain):
                touched_at = self._get_next_touch(chain, waiting)
                self.chases |= {each.pk: each.chase_id for each in clocks}
                if touched_at is None:
                    self._let_sleep([each.pk for each in clocks])
                else:
                    self._let_doze(clocks, touched_at)
        self._leave_out_looks()

    def _note_periods(self) -> None:
        """Note of each clock that has moved in which period of the roster it did: now, for moments are its steps."""
        period = self.outside.get_roster_period(clock.now())
        for each in self.outside.notices:
            if each.next_step_at is not None and self.called_in.get(each.pk, (-1, 0))[0] != each.step:
                self.called_in[each.pk] = each.step, period

    def _only_repeats(self, chain: Sequence[OpenNotice]) -> bool:
        """Tell whether all clocks of this chain repeat an open call to the same people, or leave it to the daily list.

        A coordinator who took the call has closed it, and after a change of the roster it may go to somebody else, or
        to nobody: the next one is new then, and is made.
        """
        period = self.outside.get_roster_period(clock.now())
        has_call = any(each.purpose == Purpose.CALL for each in chain)
        return all(
            each.is_repeating
            and (each.is_listed_next or (has_call and self.called_in.get(each.pk) == (each.step, period)))
            for each in chain
            if each.next_step_at is not None
        )

    def _get_next_touch(self, chain: list[OpenNotice], waiting: list[tuple[int, Any]]) -> datetime | None:
        """Return when the story next changes the case or the world, or does something at a notice of this chain.

        A coordinator may take any call. Before that, when the roster next changes; where the story does nothing more,
        only a leave's end that it tells of counts: who is called in shifts to come is said in words. The daily list,
        which takes the place of the calls, asks the roster itself.
        """
        roles = {*(each.role for each in chain), Role.COORDINATOR}
        touching = (
            at
            for at, act in waiting
            if _is_worldly(act) or isinstance(act, CHANGES_THE_CASE) or getattr(act, "role", "") in roles
        )
        now = clock.now()
        calls = any(each.next_step_at is not None and not each.is_listed_next for each in chain)
        minutes = (*islice(touching, 1), *(self.leaves_end if calls else ()))
        moments = [self.story.begins_at + at * MINUTE for at in minutes]
        found = min((at for at in moments if at > now), default=None)
        change = self.outside.get_next_roster_change(now) if calls else None
        return found if found is None or change is None else min(found, change)

    def _let_sleep(self, keys: list[uuid.UUID]) -> None:
        Notice.objects.filter(pk__in=keys).update(next_step_at=None)
        self.outside.asleep.update(dict.fromkeys(keys, clock.now()))
        self._note_repeating(keys)

    def _let_doze(self, clocks: list[OpenNotice], until: datetime) -> None:
        """Move these clocks on to the last repetition before `until`, and count the calls that are left out."""
        for each in clocks:
            if self.outside.dozing.get(each.pk) == until:
                continue
            self.outside.dozing[each.pk] = until
            if skip_repetitions(each.pk, until):
                self._note_repeating([each.pk])

    def _note_repeating(self, keys: list[uuid.UUID]) -> None:
        for key in keys:
            self.lived.repeating_since.setdefault(key, clock.now())

    def _leave_out_looks(self) -> None:
        """Leave out the daily looks at duties that a chain chases which is asleep, or dozes: nothing comes of them."""
        due, now = self.outside.next_mark_at, clock.now()
        # A look that is further away than a day isn't one of those that repeat.
        if due is None or due > now + LOOK_AGAIN or not (self.outside.asleep or self.outside.dozing):
            return
        until = {key: at for key, at in self.outside.dozing.items() if at > now} | dict.fromkeys(self.outside.asleep)
        chases = {self.chases[key]: key for key in until}
        looked_at: list[Any] = [*_find_looked_at(chases=list(chases))] if chases else []
        if chases and self.outside.has_sessions:
            marked = {"next_mark_at__isnull": False, "chase_id__in": list(chases)}
            looked_at += [*SessionTask.objects.waiting().filter(**marked)]
            looked_at += [*SessionRequest.objects.waiting().filter(**marked)]
        for each in looked_at:
            if each.marks and each.marks[-1] <= now and each.next_mark_at is not None and each.chase_id is not None:
                wakes_at = until[chases[each.chase_id]]
                later = None if wakes_at is None else _get_last_look(each.next_mark_at, wakes_at)
                if later == each.next_mark_at:
                    continue
                type(each)._base_manager.filter(pk=each.pk).update(next_mark_at=later)

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
                self.arrivals.send_further(act, case=self.lived.case, tip=self.lived.tip)
            elif isinstance(act, _Report):
                self.arrivals.report_session()
            elif isinstance(act, Corrects):
                self.arrivals.correct(act, self.lived.case)
            elif isinstance(act, CaseAct):
                staff = Staff(self.arrivals.worker, self.arrivals.coordinator)
                do_case_act(act, self.lived.case, staff)
            else:
                do_act(act, self.story, self.arrivals.place)
                if isinstance(act, CHANGES_THE_WORLD):
                    self.outside.note_change_of_roster(clock.now())
        except ActImpossible as impossible:
            self.lived.missed_acts.append((clock.now(), act, impossible.words))

    def _set_mail(self, *, is_away: bool) -> None:
        self.outside.mail_is_away = is_away
        self.lived.mail_changes.append((clock.now(), is_away))


def _find_looked_at(chases: Collection[UUID]) -> QuerySet[Deadline]:
    return (
        Deadline.objects.running()
        .filter(next_mark_at__isnull=False, chase_id__in=chases)
        .only("chase_id", "next_mark_at", "amber_at", "red_at", "breach_at")
    )


@dataclass(frozen=True)
class _Report:
    """The report of the story's session comes in."""

    do: str = "report"


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
    if story.session is not None and story.session.reported_after is not None:
        acts.append((story.session.reported_after, _Report()))
    return sorted(acts, key=lambda each: each[0])


CHANGES_THE_CASE = (FurtherForm, Corrects, *get_args(CaseAct), _Report)


def _get_last_look(due: datetime, until: datetime) -> datetime:
    """Return the last of the daily looks that begin at `due` and come until then; `due` when that is later."""
    return due + max((until - due) // LOOK_AGAIN, 0) * LOOK_AGAIN


def _is_worldly(act: Any) -> bool:
    return isinstance(act, (*CHANGES_THE_WORLD, _MailBack))
