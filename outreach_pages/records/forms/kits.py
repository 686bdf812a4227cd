"""Fields that name the kit of a session, and which of its materials were really used."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from django import forms
from django.db.models import Q
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ...kits.models import KitVersion
from ..labels import Audience
from ..models import InformativeSession


class KitVersionField(forms.ModelChoiceField):
    """The newest version of each published kit, and the one that the session names already.

    `named`: also this one (its key), which was the newest on the phone that wrote the form.
    """

    def __init__(self, **options: Any) -> None:
        options.setdefault("label", gettext_lazy("Kit of session materials"))
        super().__init__(KitVersion.objects.none(), required=False, empty_label=gettext_lazy("no kit"), **options)

    def offer(self, session: InformativeSession, audience: str, named: int | None = None) -> None:
        """Offer what can be named, grouped by audience, with `audience` on top."""
        newest = KitVersion.objects.newest_of_live_kits().values("pk")
        offered = KitVersion.objects.filter(Q(pk__in=newest) | Q(pk__in=[session.kit_version_id, named]))
        self.queryset = offered.without_content().order_by("title", "language", "kit_id", "number")
        groups: dict[str, list[tuple[int, str]]] = defaultdict(list)
        for version in self.queryset:
            groups[version.audience].append((version.pk, describe_version(version)))
        order = sorted(groups, key=lambda key: (key != audience, list(Audience.values).index(key)))
        self.choices = [
            ("", self.empty_label),
            *((capfirst(Audience(key).label), groups[key]) for key in order),
        ]


def describe_version(version: KitVersion) -> str:
    """Return how a version is named in lists: title, number, language, minutes."""
    return _("%(title)s · version %(number)s · %(language)s · %(minutes)s min") % {
        "title": version.title,
        "number": version.number,
        "language": version.language,
        "minutes": version.minutes,
    }


class UsedMaterialsField(forms.MultipleChoiceField):
    """Check boxes of a version's materials, by their pages. A tick of another version's box counts for nothing."""

    widget = forms.CheckboxSelectMultiple

    def __init__(self, **options: Any) -> None:
        options.setdefault("label", gettext_lazy("Materials of the kit that were really used"))
        super().__init__(required=False, **options)
        self.offered: list[tuple[str, str]] = []

    def offer(self, version: KitVersion | None) -> None:
        materials = version.content["materials"] if version is not None else []
        self.offered = [(str(each["page"]), each["title"]) for each in materials]
        self.choices = self.offered

    def clean(self, value: Any) -> list[int]:
        offered = {str(key) for key, _label in self.offered}
        ticked: Iterable[Any] = value if isinstance(value, Sequence) and not isinstance(value, str) else ()
        return [int(key) for key in ticked if str(key) in offered]
