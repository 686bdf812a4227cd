"""What Wagtail's documentation would lead one to: sections of questions as blocks of blocks, a snippet with drafts."""

from django.db import models
from wagtail import blocks
from wagtail.admin.panels import FieldPanel
from wagtail.fields import StreamField
from wagtail.models import DraftStateMixin, RevisionMixin
from wagtail.snippets.models import register_snippet

SENSITIVITIES = [(name, name) for name in ("public", "internal", "personal", "special")]
ROLES = [(name, name) for name in ("police", "responsible_authority", "cpu", "protection_service", "coordinator")]
TYPES = [
    (name, name) for name in ("text", "long_text", "email", "integer", "select_one", "select_many", "date", "datetime")
]


class TextsBlock(blocks.StructBlock):
    sq = blocks.CharBlock(required=False)
    en = blocks.CharBlock(required=False)


class ChoiceBlock(blocks.StructBlock):
    value = blocks.CharBlock(required=False)
    label = TextsBlock()


class QuestionBlock(blocks.StructBlock):
    key = blocks.CharBlock()
    type = blocks.ChoiceBlock(choices=TYPES)
    label = TextsBlock()
    hint = TextsBlock()
    required = blocks.CharBlock(required=False)
    relevant = blocks.CharBlock(required=False)
    constraint = blocks.CharBlock(required=False)
    message = TextsBlock()
    default = blocks.CharBlock(required=False)
    choices = blocks.ListBlock(ChoiceBlock())
    appearance = blocks.CharBlock(required=False)
    sensitivity = blocks.ChoiceBlock(choices=SENSITIVITIES)
    shared_with = blocks.MultipleChoiceBlock(choices=ROLES, required=False)
    keep_for = blocks.IntegerBlock(required=False)


class NoteBlock(blocks.StructBlock):
    key = blocks.CharBlock()
    text = TextsBlock()
    relevant = blocks.CharBlock(required=False)


class RepeatBlock(blocks.StructBlock):
    key = blocks.CharBlock()
    label = TextsBlock()
    items = blocks.StreamBlock([("question", QuestionBlock()), ("note", NoteBlock())])


class SectionBlock(blocks.StructBlock):
    key = blocks.CharBlock()
    title = TextsBlock()
    relevant = blocks.CharBlock(required=False)
    items = blocks.StreamBlock([("question", QuestionBlock()), ("note", NoteBlock()), ("repeat", RepeatBlock())])


class StreamForm(DraftStateMixin, RevisionMixin, models.Model):
    title = models.CharField(max_length=100)
    sections = StreamField([("section", SectionBlock())], blank=True)

    panels = [FieldPanel("title"), FieldPanel("sections")]

    def __str__(self) -> str:
        return self.title


register_snippet(StreamForm)
