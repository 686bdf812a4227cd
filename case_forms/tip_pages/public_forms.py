"""What the public may send by a form, each with its own readers and receipt: a tip, or a request for a session.

The pages, the form state, the work and the budgets are the same for both (`views.ask`).
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from case_forms.form_builder.models import FormVersion
from case_forms.session_requests.actions import ReceivedRequest, get_answering_unit
from case_forms.tips.public_actions import ReceivedTip
from case_forms.tips.recipients import get_notified_recipients
from case_forms.tips.wav import Recording

from .entry_points import (
    SESSION_REQUESTS,
    EntryPoint,
    FormPlace,
    describe_regions,
    public_form,
    session_request_form,
)
from .form_state import FormState
from .sending import get_code_to_show, send_form, send_request
from .steps import list_recipients_besides_unit

Received = ReceivedTip | ReceivedRequest


class PublicForm(ABC):
    """A form at one place. `folder`: of its templates `_first.html`, `_readers.html` and `receipt.html`."""

    heading: "ClassVar[str | Promise]"
    takes_voice: ClassVar[bool] = False
    folder: ClassVar[str]

    @property
    @abstractmethod
    def place(self) -> FormPlace:
        """Where it is filled."""

    @abstractmethod
    def get_version(self) -> FormVersion | None:
        """Return the version to fill; None while none is published."""

    @abstractmethod
    def describe_first(self) -> dict[str, Any]:
        """Return what the first page says of who reads it."""

    @abstractmethod
    def describe_readers(self, version: FormVersion, answers: Mapping[str, Any]) -> dict[str, Any]:
        """Return what the last page says of who will read these answers."""

    @abstractmethod
    def send(
        self,
        sheet: FormState,
        *,
        version: FormVersion,
        answers: Mapping[str, Any],
        proof: str,
        language: str,
        voice: Recording | None,
    ) -> Received:
        """Store what was checked. Raises TooSoon and VoiceRefused."""

    @abstractmethod
    def describe_receipt(self, received: Any) -> dict[str, Any]:
        """Return what the receipt says."""


@dataclass(frozen=True)
class TipForm(PublicForm):
    """A question or a report, from a card or a region's page."""

    heading = _("Write to us")
    takes_voice = True
    folder = "tip_pages/tip"
    entry_point: EntryPoint

    @property
    def place(self) -> EntryPoint:
        return self.entry_point

    def get_version(self) -> FormVersion | None:
        return public_form()

    def describe_first(self) -> dict[str, Any]:
        return {"unit": self.place.origin.unit}

    def describe_readers(self, version: FormVersion, answers: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "unit": self.place.origin.unit,
            "recipients": list_recipients_besides_unit(dict(answers), version),
        }

    def send(
        self,
        sheet: FormState,
        *,
        version: FormVersion,
        answers: Mapping[str, Any],
        proof: str,
        language: str,
        voice: Recording | None,
    ) -> ReceivedTip:
        return send_form(
            sheet, version=version, answers=answers, place=self.place, proof=proof, language=language, voice=voice
        )

    def describe_receipt(self, received: ReceivedTip) -> dict[str, Any]:
        tip = received.tip
        return {
            "code": get_code_to_show(received),
            "whom": get_notified_recipients(tip),
            "is_in_danger": tip.is_in_danger,
        }


class SessionRequestForm(PublicForm):
    """Asking for an informative session. The answered municipality decides who answers."""

    heading = _("Ask for a session")
    folder = "tip_pages/session_request"

    @property
    def place(self) -> FormPlace:
        return SESSION_REQUESTS

    def get_version(self) -> FormVersion | None:
        return session_request_form()

    def describe_first(self) -> dict[str, Any]:
        return describe_regions()

    def describe_readers(self, version: FormVersion, answers: Mapping[str, Any]) -> dict[str, Any]:
        return {"unit": get_answering_unit(version, answers)}

    def send(
        self,
        sheet: FormState,
        *,
        version: FormVersion,
        answers: Mapping[str, Any],
        proof: str,
        language: str,
        voice: Recording | None,
    ) -> ReceivedRequest:
        return send_request(sheet, version=version, answers=answers, proof=proof, language=language)

    def describe_receipt(self, received: ReceivedRequest) -> dict[str, Any]:
        return {"code": get_code_to_show(received), "unit": received.request.unit}
