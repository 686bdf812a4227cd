"""Form definitions that coordinators change, and the immutable versions that answers point to."""

from typing import Any, NoReturn

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from wagtail.models import DraftStateMixin, LockableMixin, RevisionMixin, WorkflowMixin

from access.models import in_language

from . import canonical


class VersionIsImmutable(Exception):
    """Somebody tried to change or delete a published form version."""


class FormDefinition(WorkflowMixin, DraftStateMixin, LockableMixin, RevisionMixin, models.Model):
    """A form as its designers see it: the working copy in `definition`, of the shape docs/form-definition.md describes.

    Nothing is ever filled on a definition; publishing (`actions.publish_form`) makes a FormVersion.
    """

    key = models.SlugField(_("key"), max_length=64, unique=True)
    definition = models.JSONField(_("definition"), default=dict)
    is_archived = models.BooleanField(_("archived"), default=False)

    class Meta:
        verbose_name = _("form")
        verbose_name_plural = _("forms")
        ordering = ["key"]

    def __str__(self) -> str:
        return in_language(self.definition.get("title", {})) or self.key

    def newest_version(self) -> "FormVersion | None":
        return self.versions.order_by("-number").first()


class FormVersionQuerySet(models.QuerySet["FormVersion"]):
    def newest(self) -> "FormVersionQuerySet":
        """The newest version of each form that isn't archived."""
        newest = FormVersion.objects.filter(form=models.OuterRef("form")).order_by("-number").values("number")[:1]
        return self.filter(form__is_archived=False, number=models.Subquery(newest)).select_related("form")

    def update(self, **kwargs: Any) -> NoReturn:
        raise VersionIsImmutable("a published version is never changed")

    def delete(self) -> NoReturn:
        raise VersionIsImmutable("a published version is never deleted")


class FormVersion(models.Model):
    """One published version. `sha256` is over `canonical`, the exact JSON text (sorted keys, no spaces, UTF-8)."""

    form = models.ForeignKey(FormDefinition, models.PROTECT, related_name="versions", verbose_name=_("form"))
    number = models.PositiveIntegerField(_("number"))
    canonical = models.TextField(_("canonical JSON"))
    sha256 = models.CharField(_("sha256"), max_length=64)
    published_at = models.DateTimeField(_("published at"), default=timezone.now)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, verbose_name=_("published by")
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
        """The definition as a dict. Treat it as read-only; it is parsed once per instance."""
        if not hasattr(self, "_definition"):
            self._definition = canonical.parse(self.canonical)
        return self._definition

    @property
    def title(self) -> str:
        return in_language(self.definition["title"])
