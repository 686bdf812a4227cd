"""The glossary model: terms that readers may not know, each explained in one sentence."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.html import strip_tags
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _
from wagtail.admin.forms import WagtailAdminModelForm
from wagtail.admin.panels import FieldPanel
from wagtail.fields import RichTextField
from wagtail.models import TranslatableMixin

from ..glossary import Glossary, build_glossary, unlink_other_sites
from ..phone_numbers import find_numbers, is_reserved


class LinesField(forms.CharField):
    """A list of short texts, one on each line. Empty and repeated lines are dropped."""

    widget = forms.Textarea(attrs={"rows": 4})

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> list[str]:  # type: ignore[override]
        lines = (line.strip() for line in (super().to_python(value) or "").splitlines())
        return list(dict.fromkeys(line for line in lines if line))

    def has_changed(self, initial: Any, data: Any) -> bool:
        return self.to_python(self.prepare_value(initial)) != self.to_python(data)


class GlossaryTermForm(WagtailAdminModelForm):
    forms = LinesField(
        label=_("other forms of the word"),
        required=False,
        help_text=_("As they appear in running text, one per line. In Albanian: with the article, in the plural …"),
    )


class GlossaryTerm(TranslatableMixin):
    """A term with its explanation. It is marked where it first occurs on a page (docs/adr/0019)."""

    term = models.CharField(_("term"), max_length=80)
    slug = models.SlugField(_("address"), max_length=80, blank=True, help_text=_("Made from the term when left empty."))
    definition = RichTextField(
        _("explanation"), features=["bold", "italic", "link"], help_text=_("One or two short sentences.")
    )
    forms = models.JSONField(_("other forms of the word"), default=list, blank=True)

    base_form_class = GlossaryTermForm
    panels = [FieldPanel("term"), FieldPanel("definition"), FieldPanel("forms"), FieldPanel("slug")]

    class Meta(TranslatableMixin.Meta):
        verbose_name = _("glossary term")
        verbose_name_plural = _("glossary terms")
        ordering = ["term"]
        constraints = [
            models.UniqueConstraint(
                name="glossary_slug_once_a_language",
                fields=["locale", "slug"],
                violation_error_message=_("Another term in this language has this address."),
            )
        ]

    def __str__(self) -> str:
        return self.term

    @property
    def shown(self) -> str:
        """Return the explanation as readers get it."""
        return unlink_other_sites(self.definition)

    def clean(self) -> None:
        """Refuse telephone numbers and links to other sites.

        An explanation reaches readers at once, without a second editor; this holds for the form and for translations
        (docs/adr/0080).
        """
        super().clean()
        wrong: dict[str, ValidationError] = {}
        if self.definition != unlink_other_sites(str(self.definition)):
            words = _("A link in an explanation leads to a page of this site only. Put other links into a page.")
            wrong["definition"] = ValidationError(words)
        texts = {
            "term": self.term,
            # A space before each tag, so that a number isn't joined with what follows it in the next paragraph.
            "definition": strip_tags(str(self.definition).replace("<", " <")),
            "forms": "\n".join(str(form) for form in self.forms or ()),
        }
        for name, text in texts.items():
            for number in find_numbers(text):
                if not is_reserved(number):
                    words = _("%(number)s: telephone numbers stand under “Helplines”, not in an explanation.")
                    wrong.setdefault(name, ValidationError(words, params={"number": number}))
        if wrong:
            raise ValidationError(wrong)

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self.slug:
            # The anchor on the glossary page, to which every marked word leads.
            self.slug = slugify(self.term)[:80]
        super().save(*args, **kwargs)


def get_glossary(locale_id: int) -> Glossary:
    """Return the glossary of a language. One query."""
    rows = GlossaryTerm.objects.filter(locale_id=locale_id).values_list("slug", "term", "definition", "forms")
    return build_glossary(tuple((slug, term, text, tuple(forms)) for slug, term, text, forms in rows))
