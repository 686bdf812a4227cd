"""How much one phone may send. A day's work of a unit arrives in minutes; what is above that waits, and comes later."""

from dataclasses import dataclass
from datetime import timedelta

from access.rate_limits import Limit

AN_HOUR = timedelta(hours=1)


class TooMany(Exception):
    """The phone has sent as much as it may in this hour. `seconds`: until it may again, at most."""

    seconds = 300


@dataclass(frozen=True)
class Bound:
    """A limit of each phone by itself."""

    limit: Limit

    def check(self, device: str) -> None:
        """Count one more. Raises TooMany."""
        if self.limit.is_used_up(device):
            raise TooMany
        self.limit.hit(device)

    def take(self, device: str) -> bool:
        """Count one more, and say whether it is still within the limit."""
        if self.limit.is_used_up(device):
            return False
        self.limit.hit(device)
        return True


CONTACTS = Bound(Limit("device.contact", 240, AN_HOUR))
FORMS = Bound(Limit("device.form", 400, AN_HOUR))
PARTS = Bound(Limit("device.part", 4_000, AN_HOUR))
RESCUES = Bound(Limit("device.rescue", 60, AN_HOUR))
# Of what a phone sends that doesn't open, so many are recorded in an hour; the others are only answered.
RECORDED = Bound(Limit("device.recorded", 20, AN_HOUR))
