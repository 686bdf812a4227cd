"""The keys that have sealed something here, and the keys that must outlive them."""

from django.db import models
from django.utils import timezone

from .fields import SealedBytesField


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


class DataKey(models.Model):
    """That an owner (a case) has, or had, a key of its own (`vault.data_keys`). The key is never in the database.

    `owner`: its id; this room knows nothing of it.
    """

    owner = models.UUIDField(primary_key=True)
    created_at = models.DateTimeField(default=timezone.now, db_index=True)
    destroyed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "data keys"

    def __str__(self) -> str:
        return str(self.owner)


class LastingKey(models.Model):
    """A random key for one purpose, sealed by the ring (see `vault.lasting`). `name`: "<purpose>/<key id>".

    `taken_over`: what made this purpose's hashes when they were still made with the ring's key of this id.
    """

    name = models.CharField(primary_key=True, max_length=80)
    purpose = models.CharField(max_length=32)
    key_id = models.CharField(max_length=24)
    secret = SealedBytesField()
    taken_over = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name_plural = "lasting keys"

    def __str__(self) -> str:
        return self.name
