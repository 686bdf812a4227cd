"""Rate limits counted in the database: sign-in, PINs, tips from the public, receipt codes.

In the database, so that neither a full cache nor a second web server forgets. A count is named by a scope and a key;
addresses go in only as a keyed hash of their network. It lies in slots of time and is the sum of the slots of the last
`window` (docs/adr/0071).
"""

import ipaddress
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, models, transaction
from django.db.models import F, Sum
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from vault import lasting
from vault.keyring import load_key_ring
from vault.seal import fingerprint

KEEP = timedelta(days=2)  # no window is longer than one day
IPV4_NETWORK, IPV6_NETWORK = 24, 64


class RateCount(models.Model):
    """The count of one scope and key in one slot of time, which began at `slot`."""

    scope = models.CharField(max_length=24)
    key = models.CharField(max_length=100, blank=True)
    slot = models.DateTimeField()
    count = models.IntegerField(default=0)

    class Meta:
        verbose_name = _("rate count")
        verbose_name_plural = _("rate counts")
        constraints = [models.UniqueConstraint(fields=["scope", "key", "slot"], name="one_rate_count_per_slot")]
        indexes = [models.Index(fields=["slot"])]

    def __str__(self) -> str:
        return f"{self.scope} {self.slot:%Y-%m-%d %H:%M}"


@dataclass(frozen=True)
class Limit:
    """At most `most` within `window`, counted in `slots` of equal length.

    With one slot the count starts anew each full window.
    """

    scope: str
    most: int
    window: timedelta
    slots: int = 6

    def hit(self, key: str = "", *, at: datetime | None = None) -> int:
        """Count one more and return how many there are now.

        Concurrent callers never get the same number: the row stays locked until the caller's transaction ends.
        """
        moment = at or timezone.now()
        self._add(key, self._slot(moment), 1)
        return self.used(key, at=moment)

    def refund(self, key: str = "", *, at: datetime | None = None) -> None:
        """Undo one count: what was counted before it was checked turned out to be legitimate."""
        self._add(key, self._slot(at or timezone.now()), -1)

    def used(self, key: str = "", *, at: datetime | None = None) -> int:
        """Return the count of the last window."""
        found = self._within(key, at or timezone.now()).aggregate(all=Sum("count"))["all"]
        # A refund may fall into a later slot than its hit and outlive it: the sum could be negative.
        return max(found or 0, 0)

    def is_used_up(self, key: str = "", *, at: datetime | None = None) -> bool:
        """Whether one more would exceed the limit."""
        return self.used(key, at=at) >= self.most

    def ends(self, key: str = "", *, at: datetime | None = None) -> datetime | None:
        """Return when the count falls below `most`; None when it is below now."""
        moment = at or timezone.now()
        rows = list(self._within(key, moment).order_by("slot").values_list("slot", "count"))
        left = sum(count for _slot, count in rows)
        if left < self.most:
            return None
        for slot, count in rows:
            left -= count
            if left < self.most:
                return slot + self.window
        return None

    def _within(self, key: str, moment: datetime) -> "models.QuerySet[RateCount]":
        return RateCount.objects.filter(scope=self.scope, key=key, slot__gt=moment - self.window, slot__lte=moment)

    def _add(self, key: str, slot: datetime, number: int) -> None:
        """Add to the count of one slot, whose row stays locked until the transaction ends."""
        # UPDATE first: the row nearly always exists, and the update locks it.
        rows = RateCount.objects.filter(scope=self.scope, key=key, slot=slot)
        if rows.update(count=F("count") + number):
            return
        try:
            # A savepoint: the IntegrityError of a concurrent first count must not abort the caller's transaction.
            with transaction.atomic():
                RateCount.objects.create(scope=self.scope, key=key, slot=slot, count=number)
        except IntegrityError:
            rows.update(count=F("count") + number)

    def _slot(self, moment: datetime) -> datetime:
        length = self.window.total_seconds() / self.slots
        return datetime.fromtimestamp(moment.timestamp() // length * length, tz=moment.tzinfo)


def parse_address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Return the address, an IPv4 one where it is mapped into IPv6; None when it is none."""
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return None
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped:
        # ::ffff:192.0.2.1 is the IPv4 caller; as IPv6 all of them would share one /64.
        return found.ipv4_mapped
    return found


def get_network(address: str) -> str:
    """Return the network of an address as it is counted: /24, for IPv6 /64, as a keyed hash.

    Its key stays the same when the vault's key ring is rotated, so that known networks stay known. Raises KeyRingError,
    SealBroken.
    """
    return lasting.keyed_hash(lasting.NETWORKS, _network(address).encode())


def get_networks(address: str) -> list[str]:
    """Return `get_network`, and the hashes by each of the ring's keys that were used until November 2026."""
    plain = b"network\0" + _network(address).encode()
    return [get_network(address), *(fingerprint(plain, key_id=key.id) for key in load_key_ring().keys)]


def _network(address: str) -> str:
    """Return the network of an address as text; what is no address stays as it is."""
    found = parse_address(address)
    if found is None:
        return address
    bits = IPV4_NETWORK if found.version == 4 else IPV6_NETWORK
    return str(ipaddress.ip_network(f"{found}/{bits}", strict=False))


def delete_old_counts(now: datetime) -> int:
    """Delete counts that no window reaches. Returns how many rows."""
    return RateCount.objects.filter(slot__lt=now - KEEP).delete()[0]
