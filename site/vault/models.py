"""Which keys have sealed something here, so that a start without one of them is refused."""

from django.db import models
from django.utils import timezone


class KeyInUse(models.Model):
    """One row for each key id under which values of this database may be sealed.

    `canary` is a value of ours, sealed by that key: where it doesn't open, the ring holds another key under this id.
    It is a plain column, so that `vault_rotate` doesn't seal it anew under the first key.
    """

    key_id = models.CharField(primary_key=True, max_length=24)
    canary = models.TextField()
    first_used_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name_plural = "keys in use"

    def __str__(self) -> str:
        return self.key_id
