"""Materials and kits of informative sessions: pages of Wagtail's tree that stand outside the public site.

As pages they have what two people, two languages and the checks need (docs/adr/0157); no reader has an address for
them. A unit reads a kit's version, which is frozen when it is published (`versions`).
"""

from typing import Any, ClassVar

from django import forms
from django.apps import apps
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from wagtail.admin.forms import WagtailAdminPageForm
from wagtail.admin.panels import FieldPanel, FieldRowPanel, PageChooserPanel, TitleFieldPanel
from wagtail.models import Page, PageManager
from wagtail_localize.fields import BaseTranslatableField

from content.blocks import BodyBlock
from content.fields import BodyField
from content.models import PublicPageMixin

from ..records.labels import Audience, Topic
from .blocks import KitPartsBlock, MaterialBlock
from .labels import BLOCK_OF_KIND, KINDS_OF_BLOCK, MaterialKind
from .panels import SessionPagesPanel

TITLE = TitleFieldPanel("title", help_text=_("As editors see it; readers have no address for it."))


class PageWithoutAddress(PublicPageMixin):
    """A page that editors keep as they keep public ones, and that has no address for readers."""

    is_public_page: ClassVar[bool] = False

    class Meta:
        abstract = True

    def full_clean(self, *args: Any, **kwargs: Any) -> None:
        """Keep the page unlisted, out of the menus and uncached, whatever was chosen elsewhere."""
        self.is_listed, self.is_sensitive, self.show_in_menus = False, True, False
        super().full_clean(*args, **kwargs)


class VersionedWords(PageWithoutAddress):
    """Words that versions of a kit keep, and the day up to which no session page may show them any longer."""

    withdrawn_through = models.DateField(
        _("earlier words are withdrawn up to"),
        null=True,
        blank=True,
        help_text=_(
            "For a mistake that could harm: session pages that keep what their class saw show today's words instead "
            "of any from this day or before."
        ),
    )

    # A mistake of one language; its translation has words and a day of its own.
    override_translatable_fields = [
        *PublicPageMixin.override_translatable_fields,
        BaseTranslatableField("withdrawn_through"),
    ]

    class Meta:
        abstract = True

    def clean(self) -> None:
        """Refuse a day to come: what will be published until then can't be known to harm."""
        super().clean()
        if self.withdrawn_through is not None and self.withdrawn_through > timezone.localdate():
            raise ValidationError({"withdrawn_through": _("Choose today or a day before.")})

    def get_kits(self) -> "list[KitPage]":
        """Return the published kits that these words are part of."""
        raise NotImplementedError

    def count_session_pages(self) -> dict[str, int]:
        """Count the published pages of sessions that show these words: {"follow", "keep"}."""
        kits = [kit.pk for kit in self.get_kits()]
        # By its name: pages of sessions stand above this module.
        pages = apps.get_model("outreach_pages", "SessionPage").objects.live().filter(kit_version__kit_id__in=kits)
        return pages.aggregate(
            follow=models.Count("pk", filter=models.Q(follows=True)),
            keep=models.Count("pk", filter=models.Q(follows=False)),
        )


class MaterialLibraryPage(PageWithoutAddress, Page):
    """The place of all materials and kits of a language, beside the site's home pages and below none of them."""

    objects: ClassVar[PageManager]
    body = BodyField(BodyBlock(), blank=True, verbose_name=_("body"))

    content_panels = [TITLE, FieldPanel("intro"), *PublicPageMixin.care_panels]
    promote_panels = Page.promote_panels
    parent_page_types = ["wagtailcore.Page"]
    subpage_types = ["outreach_pages.MaterialPage", "outreach_pages.KitPage"]
    template = "outreach_pages/kits/preview.html"

    class Meta:
        verbose_name = _("library of session materials")
        verbose_name_plural = _("libraries of session materials")


class MaterialForm(WagtailAdminPageForm):
    audiences = forms.MultipleChoiceField(
        label=capfirst(_("for whom")), choices=Audience.choices, widget=forms.CheckboxSelectMultiple
    )
    topics = forms.MultipleChoiceField(
        label=capfirst(_("topics")), choices=Topic.choices, widget=forms.CheckboxSelectMultiple, required=False
    )


class MaterialPage(VersionedWords, Page):  # type: ignore[django-manager-missing]
    """One material in one language. audiences: list of Audience keys. topics: list of Topic keys."""

    objects: ClassVar[PageManager]
    kind = models.CharField(_("kind of material"), max_length=12, choices=MaterialKind.choices)
    audiences = models.JSONField(_("for whom"), default=list)
    topics = models.JSONField(_("topics"), default=list, blank=True)
    body = BodyField(MaterialBlock(), blank=True, verbose_name=_("body"))
    replaces = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="replaced_by", verbose_name=_("replaces")
    )

    base_form_class = MaterialForm
    content_panels = [
        TITLE,
        FieldPanel("kind"),
        FieldPanel("audiences"),
        FieldPanel("topics"),
        FieldPanel("intro"),
        FieldPanel("body"),
        PageChooserPanel("replaces"),
        FieldPanel("withdrawn_through"),
        SessionPagesPanel(heading=_("Pages of sessions")),
        *PublicPageMixin.care_panels,
    ]
    promote_panels = Page.promote_panels
    parent_page_types = ["outreach_pages.MaterialLibraryPage"]
    subpage_types: list[str] = []
    template = "outreach_pages/kits/preview.html"

    class Meta:
        verbose_name = _("session material")
        verbose_name_plural = _("session materials")

    def clean(self) -> None:
        """Refuse blocks that the kind doesn't have, a kind without its own block, and a material in its own place."""
        super().clean()
        names = [block.block_type for block in self.body or ()]
        labels = {name: str(block.label) for name, block in MaterialBlock().child_blocks.items()}
        wrong = {name for name in names if self.kind not in KINDS_OF_BLOCK.get(name, {self.kind})}
        if wrong:
            parts = ", ".join(sorted(labels[name] for name in wrong))
            raise ValidationError({"body": _("This kind of material has no such parts: %(parts)s.") % {"parts": parts}})
        needed = BLOCK_OF_KIND.get(self.kind)
        if needed and needed not in names:
            words = _("This kind of material needs at least one “%(part)s”.") % {"part": labels[needed]}
            raise ValidationError({"body": words})
        if self.kind == MaterialKind.QUIZ and not self.has_one_right_answer_each():
            raise ValidationError(
                {
                    "body": _(
                        "Mark one answer of each question as right: the quiz is counted before and after a session."
                    )
                }
            )
        if self.pk is not None and self.replaces_id == self.pk:
            raise ValidationError({"replaces": _("A material can't replace itself.")})

    def has_one_right_answer_each(self) -> bool:
        """Whether each question of its quizzes has one right answer, as what is counted needs."""
        quizzes = [block.value for block in self.body or () if block.block_type == "quiz"]
        questions = [each for quiz in quizzes for each in quiz["questions"]]
        return all(sum(bool(answer["is_right"]) for answer in each["answers"]) == 1 for each in questions)

    def get_admin_display_title(self) -> str:
        return f"{super().get_admin_display_title()} · {self.get_kind_display()}"

    def get_kits(self) -> "list[KitPage]":
        # A language has few kits: reading them all spares the reference index, which also holds drafts.
        kits = KitPage.objects.live().filter(locale_id=self.locale_id).order_by("pk")
        return [kit for kit in kits if any(part.value is not None and part.value.pk == self.pk for part in kit.parts)]


class KitPage(VersionedWords, Page):
    """What a session for one audience is held with, in one language. `body`: the words of the session's page."""

    objects: ClassVar[PageManager]
    audience = models.CharField(_("for whom"), max_length=20, choices=Audience.choices)
    minutes = models.PositiveSmallIntegerField(
        _("length in minutes"), validators=[MinValueValidator(10), MaxValueValidator(240)], default=45
    )
    parts = BodyField(KitPartsBlock(), blank=True, verbose_name=_("materials, in their order"))
    body = BodyField(BodyBlock(), blank=True, verbose_name=_("words of the session's page"))

    content_panels = [
        TITLE,
        FieldRowPanel([FieldPanel("audience"), FieldPanel("minutes")]),
        FieldPanel("intro"),
        FieldPanel("parts"),
        FieldPanel("body"),
        FieldPanel("withdrawn_through"),
        SessionPagesPanel(heading=_("Pages of sessions")),
        *PublicPageMixin.care_panels,
    ]
    promote_panels = Page.promote_panels
    parent_page_types = ["outreach_pages.MaterialLibraryPage"]
    subpage_types: list[str] = []
    template = "outreach_pages/kits/preview.html"

    class Meta:
        verbose_name = _("kit of session materials")
        verbose_name_plural = _("kits of session materials")

    def get_kits(self) -> "list[KitPage]":
        return [self]

    def get_materials(self) -> list[MaterialPage]:
        """Return the published materials that the kit names, in its order, each once. Two queries."""
        keys = [part.value.pk for part in self.parts or () if part.value is not None]
        found = MaterialPage.objects.live().in_bulk(keys)
        return [found[key] for key in dict.fromkeys(keys) if key in found]


class KitVersionQuerySet(models.QuerySet["KitVersion"]):
    def newest(self, kit_id: int) -> "KitVersion | None":
        return self.filter(kit_id=kit_id).order_by("-number").first()

    def newest_of_live_kits(self) -> "KitVersionQuerySet":
        """Return the newest version of each kit that is published: what a session is planned with."""
        same_kit = KitVersion.objects.filter(kit_id=models.OuterRef("kit_id"))
        newest = same_kit.order_by("-number").values("number")[:1]
        live = KitPage.objects.live().order_by().values("pk")
        return self.filter(kit_id__in=live, number=models.Subquery(newest))

    def without_content(self) -> "KitVersionQuerySet":
        """Leave the words of the materials in the database, for lists that name versions only."""
        return self.defer("content")


class KitVersion(models.Model):
    """A kit as it was published once. Never changed or deleted: the database refuses it too (`triggers`).

    content: see `versions.build_content`. digest: SHA-256 of its words.
    """

    wagtail_reference_index_ignore = True

    # No foreign key: what a class saw outlives its kit, and so does the number that a record names.
    kit_id = models.BigIntegerField(_("kit"), db_index=True)
    number = models.PositiveIntegerField(_("version"))
    language = models.CharField(_("language"), max_length=12)
    audience = models.CharField(_("for whom"), max_length=20, choices=Audience.choices)
    title = models.CharField(_("title"), max_length=255)
    minutes = models.PositiveSmallIntegerField(_("length in minutes"))
    content = models.JSONField(_("content"))
    digest = models.CharField(_("fingerprint"), max_length=64)
    made_at = models.DateTimeField(_("published at"), default=timezone.now)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("published by")
    )

    objects = KitVersionQuerySet.as_manager()

    class Meta:
        verbose_name = _("version of a kit")
        verbose_name_plural = _("versions of kits")
        ordering = ["kit_id", "number"]
        constraints = [models.UniqueConstraint(name="kit_version_number_once", fields=["kit_id", "number"])]

    def __str__(self) -> str:
        return f"{self.title} · {self.number}"

    def holds(self, material: MaterialPage) -> bool:
        return any(each["page"] == material.pk for each in self.content["materials"])
