"""What is open between units about a case ends with it."""

from datetime import datetime

from access.models import User

from ..models import Case
from .models import CaseAccess, CaseTransfer, IdentityRequest, RequestAnswer, TransferAnswer


def end_between_units(case: Case, *, by: User, at: datetime) -> int:
    """End a closed case's open transfer and the requests to open it. Return how many. In the closing transaction.

    Their duties end with the case's others. A proposal to merge stays to be dropped: nobody can approve it meanwhile.
    """
    transfers = CaseTransfer.objects.filter(case=case, answer=TransferAnswer.WAITING)
    # The unit that was asked sees the case only as long as it may still take it over.
    CaseAccess.objects.filter(transfer__in=transfers, ended_at__isnull=True).update(ended_at=at)
    ended = transfers.update(answer=TransferAnswer.WITHDRAWN, answered_by=by, answered_at=at)
    requests = IdentityRequest.objects.filter(case=case, answer=RequestAnswer.WAITING)
    return ended + requests.update(answer=RequestAnswer.EXPIRED, answered_at=at)
