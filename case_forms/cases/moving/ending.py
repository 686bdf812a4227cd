"""What is proposed about the forms of a case ends with it."""

from datetime import datetime

from django.db.models import Q

from access.models import User

from ..models import FORM_MOVE, Case, FormMove
from .models import MoveDecision

ASKED = FORM_MOVE  # of the task by which a second person is asked to decide; and the kind of its event


def end_moves(case: Case, by: User, at: datetime) -> int:
    """End what is proposed about forms of a case that is being closed, or to it. Return how many.

    The tasks that asked a second person: those of this case end with its others, another case's is answered by hand.
    """
    found = FormMove.objects.waiting().filter(Q(source=case) | Q(target=case))
    return found.update(decision=MoveDecision.ENDED, decided_by=by, decided_at=at)
