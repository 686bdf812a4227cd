"""Whom a hotline listens to, so that editors see for whom there is none."""

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _


class Served(models.TextChoices):
    CHILDREN = "children", _("children and young people")
    WOMEN = "women", _("women")
    MEN = "men", _("men")
    FOREIGNERS = "foreigners", _("people who speak no Albanian")
    ABROAD = "abroad", _("people who are abroad")


def check_served(value: Any) -> None:
    """Validate a list of keys, each once."""
    if not isinstance(value, list) or len(set(map(str, value))) != len(value) or not set(value) <= set(Served.values):
        raise ValidationError(_("Choose whom it listens to again."))


def get_without_line(lines: Iterable[Any]) -> list[str]:
    """Return, for editors, for whom there is no hotline to talk to; those for danger don't count."""
    served = {key for line in lines if not line.for_danger for key in line.serves}
    return [str(each.label) for each in Served if each.value not in served]
