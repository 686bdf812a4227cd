"""Actions that make documents of a case, kept sealed with it."""

from typing import Annotated

from pydantic import StrictStr

from ..decided_action import Action
from ..messages import gettext_noop
from .base import RuleAction, World
from .parameters import CHOICE, Parameter

# The kinds that a rule can ask for; `cases.documents` has the same codes, and a test holds the two together.
KINDS = (
    ("identification", gettext_noop("the initial identification record")),
    ("police", gettext_noop("the report to the police")),
    ("authority", gettext_noop("the notice to the Responsible Authority")),
    ("cpu", gettext_noop("the notice to the Child Protection Unit")),
    ("referral", gettext_noop("the referral with accompanying file")),
    ("summary", gettext_noop("the case summary")),
    ("card", gettext_noop("the pocket card of the safety plan")),
)


class ProduceDocument(RuleAction):
    code = "produce_document"
    words = gettext_noop(
        "Make a document of the case, sealed with it, after everybody has been notified: no notice waits for a sheet."
    )
    summary = gettext_noop("Makes a document: %(document)s")

    document: Annotated[StrictStr, Parameter(CHOICE, gettext_noop("which document"), is_needed=True, choices=KINDS)] = (
        ""
    )

    @classmethod
    def carry_out(cls, action: Action, world: World) -> None:
        world.produce_document(action)
