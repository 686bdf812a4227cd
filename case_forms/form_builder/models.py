"""Form definitions that coordinators change, and the immutable versions that answers point to."""

from functools import cache
from typing import Any, NoReturn

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from wagtail.models import RevisionMixin

from access.models import localize

from . import canonical
from .definition import Form, parse_canonical
from .lists import Choices, Shared, resolved
from .workflow import FormApprovalTask, ReviewedDefinition, SubmittedForm

__all__ = [
    "ChoiceList",
    "FormApprovalTask",
    "FormDefinition",
    "FormVersion",
    "SubmittedForm",
    "VersionIsImmutable",
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
        return self.filter(form__is_archived=False, number=models.Subquery(newest)).select_related("form")

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
        return parse_canonical(self.canonical)

    @property
    def title(self) -> str:
        return localize(self.parsed_form.title)


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
