"""A StreamField whose block definition stays out of migrations."""

from typing import Any

from django.db import models
from wagtail.fields import StreamField


class BodyField(StreamField):
    """A StreamField that migrations see as plain JSON.

    Blocks change often and never change the column, so a new word in a block's label asks for no migration. A data
    migration reads the raw list of blocks and can't lose one that its frozen definition didn't know.
    """

    def deconstruct(self) -> tuple[str, str, list[Any], dict[str, Any]]:
        name, _path, _args, kwargs = models.Field.deconstruct(self)
        return name, "django.db.models.JSONField", [], dict(kwargs)

    def clone(self) -> "BodyField":
        _name, _path, _args, kwargs = self.deconstruct()
        # Django clones fields by `deconstruct`, which leaves the blocks out; here they must go along.
        return self.__class__(self.block_types_arg, **kwargs)
