"""What comes in when a story begins, and in its course: forms of a unit, messages from the public.

By the same entry points as ever (`receive_submission`, `receive_tip`, `receive_request`, `add_message`), from a worker
who is imagined.
"""

import os
import uuid
from datetime import datetime, time, timedelta
from typing import Any

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from access.languages import DEFAULT_LANGUAGE, Texts, format_in_each_language, in_each_language
from access.models import Assignment, MobileUnit, Municipality, StaffRole, User
from audit import clock
from audit.chain import ANONYMOUS, log_event
from case_forms.alarm_rules.deciding import respond
from case_forms.cases.models import Case
from case_forms.form_builder.audience import is_public, is_session_request
from case_forms.form_builder.definition import Form
from case_forms.form_builder.models import FormVersion
from case_forms.form_builder.sources import Lists
from case_forms.session_requests.actions import receive_request
from case_forms.submissions.actions import (
    AnswersRefused,
    ConfirmationNeeded,
    NotAllowed,
    NotDecided,
    Received,
    UnknownForm,
    receive_submission,
)
from case_forms.submissions.correcting import CorrectionRefused, get_newest_version, start_correction
from case_forms.submissions.drill import DrillImpossible, drill_answers
from case_forms.submissions.models import Submission
from case_forms.submissions.validation.validate import check_answers
from case_forms.tips.models import Tip
from case_forms.tips.public_actions import Origin, TipClosed, TooManyMessages, add_message, receive_tip
from outreach_pages.records.actions import record_session
from outreach_pages.records.models import InformativeSession

from .acts import ActImpossible
from .case_acts import hire_coordinator
from .contents import build_table, insert
from .simulated_system import IMAGINED, SimulatedSystem
from .story import ALBANIA, Corrects, FurtherForm, SessionHeld, Story

TEXT = "Shembull / Example"


class StoryImpossible(Exception):
    """A story that can't begin. `code` and `words` say why; `problems` are the answers' own, as a sender sees them."""

    def __init__(self, code: str, words: Promise | Texts, problems: tuple[tuple[str, str], ...] = ()) -> None:
        super().__init__(code)
        self.code = code
        self.words = words if isinstance(words, dict) else in_each_language(words)
        self.problems = problems


class Arrivals:
    """Where a story takes place, and who sends what in it. Raises StoryImpossible."""

    def __init__(self, story: Story, system: SimulatedSystem) -> None:
        self.story = story
        self.system = system
        self.place = self._find_place()
        self.unit = self._find_unit()
        self.worker = self._hire_worker()
        self.coordinator = hire_coordinator(
            self.system.database.connection,
            IMAGINED - 1,
            self.unit.region,
            timezone.localdate(self.story.begins_at),
        )
        self.session: InformativeSession | None = None

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
        insert(self.system.database.connection, [build_table([worker]), build_table([at_work])])
        return worker

    def begin(self) -> tuple[Case | None, Tip | None]:
        """Let the story's form or message come in. Return the case, or the message. Raises StoryImpossible.

        A request for a session is neither: its unit answers, and no procedure does. Nor is the alarm of a phone.
        """
        if self.story.alarm:
            self._send_alarm(is_urgent=self.story.alarm == "urgent")
            return None, None
        version = self._get_form(self.story.form)
        if self.story.session is not None:
            self.session = self._hold_session(self.story.session)
            return None, None
        if is_session_request(version.parsed_form):
            self._ask_for_session(version)
            return None, None
        if is_public(version.parsed_form):
            return None, self._send_tip(version)
        receipt = self._send(version, self.story.answers, fill=self.story.fill, case=None)
        return Case.objects.filter(reference=receipt["case"] or "").first(), None

    def _send_alarm(self, *, is_urgent: bool) -> None:
        """Let the SMS of a phone come in, as the room of phones takes it, which stands above this one."""
        log_event("device.alarm", actor=ANONYMOUS, target_kind="device", target_id=IMAGINED, urgent=is_urgent)
        respond(unit=self.unit, is_urgent=is_urgent, at=clock.now(), occurrence=uuid.uuid4())

    def _hold_session(self, held: SessionHeld) -> InformativeSession:
        begun = timezone.localtime(clock.now() - timedelta(hours=1), ALBANIA)
        session = InformativeSession.objects.create(
            unit=self.unit,
            municipality=self.place,
            place_type=held.place_type,
            place_name=TEXT,
            date=begun.date(),
            starts_at=time(0, 0),
            ends_at=time(23, 59),
            audience=held.audience,
            planned_by=self.worker,
        )
        people = {("unknown", "unknown"): held.participants}
        return record_session(session=session, by=self.worker, values={}, counts=people)

    def report_session(self) -> None:
        """Let the report of the story's session come in. Raises ActImpossible."""
        version = self._get_form(self.story.form)
        if self.session is None:
            raise ActImpossible(_("There is no session that could be reported."))
        form = version.parsed_form
        asked = [key for key, located in form.questions_by_key.items() if located.question.type == "session"]
        naming = dict.fromkeys(asked, str(self.session.pk))
        try:
            self._send(version, {**self.story.answers, **naming}, fill=self.story.fill, case=None)
        except StoryImpossible as impossible:
            raise ActImpossible(impossible.words) from None

    def correct(self, act: Corrects, case: Case | None) -> None:
        """Let a correction of the story's first form come in. Raises ActImpossible."""
        # By its form: another about the case may have come in the same minute.
        first = Submission.objects.filter(case=case, corrects=None, form_version__form__key=self.story.form)
        sent = first.order_by("received_at", "pk").first()
        if case is None or sent is None:
            raise ActImpossible(_("There is no form that could be corrected."))
        newest = get_newest_version(sent)
        try:
            draft = start_correction(submission=newest, reason=TEXT, by=self.worker)
            self._receive(
                uuid=uuid.uuid4(),
                form_key=newest.form_version.form.key,
                version=draft.form_version.number,
                occurred_at=newest.occurred_at,
                answers={**draft.answers, **act.answers},
                user=self.worker,
                unit=self.unit,
                strict=False,
                draft=draft,
            )
        except (CorrectionRefused, AnswersRefused, NotDecided, ConfirmationNeeded, NotAllowed):
            raise ActImpossible(_("The form can't be corrected like this.")) from None

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
            received = self._receive(
                uuid=uuid.uuid4(),
                form_key=version.form.key,
                version=version.number,
                occurred_at=occurred_at,
                answers=self._fill(form, given, occurred_at) if fill else given,
                user=self.worker,
                unit=self.unit,
                strict=fill,
            )
        except AnswersRefused as refused:
            told = tuple((error.path, str(error.message)) for error in refused.errors)
            raise StoryImpossible("answers_refused", _("The form doesn't take these answers."), told) from None
        except NotDecided as failure:
            words = format_in_each_language(_("The procedure stops at {where}."), where=failure.where)
            raise StoryImpossible("not_decided", words) from None
        except (ConfirmationNeeded, NotAllowed, UnknownForm) as refused:
            # A public form (UnknownForm) is sent by no unit.
            raise StoryImpossible(type(refused).__name__, _("The form can't be sent like this.")) from None
        return received.receipt

    def _receive(self, **given: Any) -> Received:
        """Receive a form. A story says who does what; what a sender would be asked to look at is taken as confirmed."""
        try:
            return receive_submission(**given)
        except ConfirmationNeeded as needed:
            return receive_submission(**given, confirmed=[each.key for each in needed.asked])

    def _fill(self, form: Form, answers: dict[str, Any], occurred_at: datetime) -> dict[str, Any]:
        try:
            script = {"answers": answers, "text": TEXT}
            # The session is the worker's own.
            sources = Lists(self.worker) if self.session is not None else None
            filled = drill_answers(form, script, municipality=self.place.slug, occurred_at=occurred_at, sources=sources)
        except DrillImpossible:
            raise StoryImpossible(
                "not_filled", _("The form asks for something that no example answer fits. Answer it in the story.")
            ) from None
        # A place that the story names stands, also where the example would have taken the story's own.
        return {**filled, **{key: value for key, value in answers.items() if key in filled}}

    def _ask_for_session(self, version: FormVersion) -> None:
        answers = self._answer_as_public(version)
        try:
            receive_request(
                secret=os.urandom(32),
                form_version=version,
                answers=answers,
                language=DEFAULT_LANGUAGE,
                at=clock.now(),
            )
        except Municipality.DoesNotExist:
            words = _("The form doesn't say in which municipality the session would be.")
            raise StoryImpossible("no_municipality", words) from None

    def _send_tip(self, version: FormVersion) -> Tip:
        received = receive_tip(
            secret=os.urandom(32),
            form_version=version,
            answers=self._answer_as_public(version),
            origin=Origin(self.place.region, self.unit, municipality=self.place),
            language=DEFAULT_LANGUAGE,
            at=clock.now(),
        )
        return received.tip

    def _answer_as_public(self, version: FormVersion) -> dict[str, Any]:
        """Return the story's answers as a public page would send them. Raises StoryImpossible."""
        form, now = version.parsed_form, clock.now()
        answers = self._fill(form, dict(self.story.answers), now) if self.story.fill else dict(self.story.answers)
        day = timezone.localdate(now)
        checked = check_answers(
            form, answers, sources=Lists(), today=day, occurred_on=day, language=DEFAULT_LANGUAGE, strict=False
        )
        if checked.errors:
            told = tuple((error.path, str(error.message)) for error in checked.errors)
            raise StoryImpossible("answers_refused", _("The form doesn't take these answers."), told)
        return dict(checked.answers)

    def send_further(self, act: FurtherForm, *, case: Case | None, tip: Tip | None) -> None:
        """Let a further form about the case, or an addition to the message, come in. Raises ActImpossible."""
        try:
            if tip is not None:
                add_message(
                    tip_id=tip.pk,
                    text=str(act.answers.get("text", TEXT)),
                    secret=os.urandom(32),
                    at=clock.now(),
                )
                return
            if case is None:
                raise ActImpossible(_("There is no case that this form could be about."))
            case.refresh_from_db()
            self._send(self._get_form(act.form), act.answers, fill=act.fill, case=case)
        except StoryImpossible as impossible:
            raise ActImpossible(impossible.words) from None
        except (TipClosed, TooManyMessages):
            raise ActImpossible(_("Nothing can be added to this message any more.")) from None


def _naming(form: Form, case: Case) -> dict[str, str]:
    """Return the answers that make this form one about the case."""
    asked = [key for key, located in form.questions_by_key.items() if located.question.type == "case_reference"]
    return dict.fromkeys(asked, case.reference)
