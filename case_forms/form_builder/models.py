"""Form definitions that coordinators change, and the immutable versions that answers point to."""

from collections.abc import Collection
from functools import cache
from typing import Any, NoReturn

from django.conf import settings
from django.db import models
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from wagtail.models import RevisionMixin

from access.models import localize

from . import canonical
from .definition import Choice, Form, parse_canonical
from .fact_types import FACT_TYPES, FactCatalogue, FactType
from .lists import SHARED, Choices, Shared, resolved, usable
from .workflow import FormApprovalTask, ReviewedDefinition, SubmittedForm

__all__ = [
    "CaseFactType",
    "ChoiceList",
    "FormApprovalTask",
    "FormDefinition",
    "FormVersion",
    "SubmittedForm",
    "VersionIsImmutable",
    "get_fact_catalogue",
    "shared_lists",
]


# How the canonical text of a public form begins: "audience" is the first of a form's properties by the alphabet.
PUBLIC_FORM = '{"audience":"public",'


class VersionIsImmutable(Exception):
    """Raised on an attempt to change or delete a published form version."""


class FormDefinition(ReviewedDefinition):
    """A form as its designers see it, with the shape that docs/form-definition.md describes.

    What they work on is in the newest revision (`working_copy`); `definition` is what was published last, or the
    working copy while nothing has been. Nothing is ever filled on either: publishing makes a FormVersion.
    """

    key = models.SlugField(_("key"), max_length=64, unique=True)
    definition = models.JSONField(_("definition"), default=dict)
    is_archived = models.BooleanField(_("archived"), default=False)

    class Meta:
        verbose_name = _("form")
        verbose_name_plural = _("forms")
        ordering = ["key"]

    def __str__(self) -> str:
        return localize(self.definition.get("title", {})) or self.key

    def newest_version(self) -> "FormVersion | None":
        return self.versions.order_by("-number").first()

    def with_content_json(self, content: dict[str, Any]) -> "FormDefinition":
        """Return the form as a revision holds it. Whether it is archived is not part of its revisions."""
        revised: FormDefinition = super().with_content_json(content)
        # Restoring or approving an old revision must not take a form back into use, or out of it.
        revised.is_archived = self.is_archived
        return revised

    def sha256_today(self) -> str:
        """Return the sha256 of the version that publishing the working copy would make now."""
        return canonical.compute_sha256(canonical.dump(resolved(self.working_copy(), shared_lists())))


class FormVersionQuerySet(models.QuerySet["FormVersion"]):
    """Versions, which a query can read and never change."""

    def newest(self) -> "FormVersionQuerySet":
        """Return the newest version of each form that isn't archived."""
        newest = FormVersion.objects.filter(form=models.OuterRef("form")).order_by("-number").values("number")[:1]
        return self.filter(form__is_archived=False, number=models.Subquery(newest)).with_form()

    def with_form(self) -> "FormVersionQuerySet":
        """Read the form of each version, too, without what its designers are working on: a version never needs that.

        It is as long as the version itself; read and parsed for each row it is most of what a list costs.
        """
        return self.select_related("form").defer("form__definition")

    def for_staff(self) -> "FormVersionQuerySet":
        """Return the versions that staff fill."""
        # The canonical text isn't a JSON column, and its keys are sorted: a prefix is enough, on SQLite and PostgreSQL
        # alike.
        return self.exclude(canonical__startswith=PUBLIC_FORM)

    def for_public(self) -> "FormVersionQuerySet":
        """Return the versions that anybody fills from the public pages."""
        return self.filter(canonical__startswith=PUBLIC_FORM)

    # The database refuses both as well (triggers.py); these say so before the statement is sent.
    def update(self, **kwargs: Any) -> NoReturn:
        raise VersionIsImmutable("a published version is never changed")

    def delete(self) -> NoReturn:
        raise VersionIsImmutable("a published version is never deleted")


class FormVersion(models.Model):
    """One published version.

    `sha256` is over `canonical`, the exact JSON text (sorted keys, no spaces, UTF-8).
    """

    form = models.ForeignKey(FormDefinition, models.PROTECT, related_name="versions", verbose_name=_("form"))
    number = models.PositiveIntegerField(_("number"))
    canonical = models.TextField(_("canonical JSON"))
    sha256 = models.CharField(_("sha256"), max_length=64)
    published_at = models.DateTimeField(_("published at"), default=timezone.now)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, verbose_name=_("published by")
    )
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="submitted_form_versions",
        verbose_name=_("submitted by"),
    )

    objects = FormVersionQuerySet.as_manager()

    class Meta:
        verbose_name = _("form version")
        verbose_name_plural = _("form versions")
        ordering = ["form", "-number"]
        constraints = [models.UniqueConstraint(fields=["form", "number"], name="one_form_version_per_number")]

    def __str__(self) -> str:
        return f"{self.form.key} v{self.number}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise VersionIsImmutable("a published version is never changed")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise VersionIsImmutable("a published version is never deleted")

    @property
    def definition(self) -> dict[str, Any]:
        """The definition as a dict, parsed once per instance. Treat it as read-only."""
        if not hasattr(self, "_definition"):
            self._definition = canonical.parse(self.canonical)
        return self._definition

    @property
    def parsed_form(self) -> Form:
        """The definition as typed nodes, parsed once per process, whichever instance asks."""
        return canonical.parse_version(self, parse_canonical, _PARSED)

    @property
    def title(self) -> str:
        return localize(self.parsed_form.title)


_PARSED: dict[str, Form] = {}


class ChoiceList(RevisionMixin, models.Model):
    """Choices that several forms share, with the shape of a question's: [{"value", "label", "with"?}].

    Publishing a form writes them into its version (`lists.resolved`), so that a change here reaches a form only when it
    is published again, and no answer ever changes its meaning afterwards.
    """

    key = models.SlugField(_("key"), max_length=64, unique=True)
    title = models.JSONField(_("title"), default=dict)
    choices = models.JSONField(_("choices"), default=list)

    class Meta:
        verbose_name = _("list of choices")
        verbose_name_plural = _("lists of choices")
        ordering = ["key"]

    def __str__(self) -> str:
        return localize(self.title) or self.key


def shared_lists() -> Shared:
    """Return a look-up of the shared lists in the database.

    Each list is read once, so that what is checked is what is published.
    """

    @cache
    def look_up(key: str) -> Choices | None:
        return ChoiceList.objects.filter(key=key).values_list("choices", flat=True).first()

    return look_up


class CaseFactType(models.Model):
    """One kind of fact that cases remember, such as the language or a safe number: an entry of the catalogue.

    Key, type and list are permanent: what cases remember under the key keeps its meaning. What would let more people
    have it waits in `pending` for a second coordinator (`fact_changes`): {"receivers": [...], "sensitivity": "..."}.
    """

    key = models.SlugField(_("key"), max_length=64, unique=True)
    label = models.JSONField(_("label"), default=dict)  # {language: text}
    type = models.CharField(_("type"), max_length=32, choices=[(name, name) for name in FACT_TYPES])
    choices = models.JSONField(_("choices"), default=list, blank=True)  # [{"value", "label"}]
    choices_from = models.CharField(_("list"), max_length=80, blank=True)
    sensitivity = models.CharField(_("sensitivity"), max_length=16, default="special")
    receivers = models.JSONField(_("who may receive it"), default=list, blank=True)  # roles
    head_order = models.PositiveSmallIntegerField(_("place at the head of the case"), null=True, blank=True)
    identity_part = models.CharField(_("part of the identity"), max_length=16, blank=True)
    is_lasting = models.BooleanField(_("lasting"), default=True)
    pending = models.JSONField(null=True, blank=True, editable=False)
    pending_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, editable=False, related_name="+"
    )
    pending_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("kind of detail about a person")
        verbose_name_plural = _("details about a person")
        ordering = ["key"]
        constraints = [
            models.CheckConstraint(
                name="pending_change_of_a_fact_is_whole",
                condition=models.Q(pending__isnull=True, pending_by__isnull=True, pending_at__isnull=True)
                | models.Q(pending__isnull=False, pending_by__isnull=False, pending_at__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return localize(self.label) or self.key

    def as_fact_type(self, shared: Shared) -> FactType:
        """Return the entry as forms and cases read it, with the choices of its shared list."""
        named = self.choices_from if self.choices_from.startswith(SHARED) else ""
        choices = (shared(named.removeprefix(SHARED)) or []) if named else self.choices
        return FactType(
            key=self.key,
            label=self.label,
            type=self.type,
            choices=tuple(Choice(**choice) for choice in choices),
            choices_from="" if named else self.choices_from,
            sensitivity=self.sensitivity,
            receivers=frozenset(self.receivers),
            head_order=self.head_order,
            identity_part=self.identity_part,
            is_lasting=self.is_lasting,
            list_name=named,
        )


def _find_all_facts() -> QuerySet[CaseFactType]:
    return CaseFactType.objects.all()


def _find_facts(keys: Collection[str]) -> QuerySet[CaseFactType]:
    return CaseFactType.objects.filter(key__in=keys)


def get_fact_catalogue(keys: Collection[str] | None = None) -> FactCatalogue:
    """Return the kinds of fact (all, or these) by key, as the catalogue is now. One query, and one a shared list."""
    entries = list(_find_all_facts()) if keys is None else list(_find_facts(sorted(keys)))
    shared = usable(shared_lists())
    return {entry.key: entry.as_fact_type(shared) for entry in entries}
