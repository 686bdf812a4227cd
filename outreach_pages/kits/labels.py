"""Choices of session materials. Their keys are stored; they never change meaning."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class MaterialKind(models.TextChoices):
    OUTLINE = "outline", _("outline with minutes")
    SCRIPT = "script", _("script with times")
    SLIDES = "slides", _("slides")
    WORKSHEET = "worksheet", _("worksheet")
    QUIZ = "quiz", _("quiz")
    OPINION = "opinion", _("opinion questions")
    FILM = "film", _("film")
    HANDOUT = "handout", _("handout")
    EXERCISE = "exercise", _("exercise")
    TEACHER = "teacher", _("teacher's sheet")


# Blocks that only these kinds may have: everything else of a page's body fits each kind.
KINDS_OF_BLOCK: dict[str, frozenset[str]] = {
    "outline": frozenset({MaterialKind.OUTLINE}),
    "script_part": frozenset({MaterialKind.SCRIPT}),
    "slide": frozenset({MaterialKind.SLIDES}),
    "task": frozenset({MaterialKind.WORKSHEET, MaterialKind.EXERCISE, MaterialKind.OPINION}),
    "opinion": frozenset({MaterialKind.OPINION}),
}
# What a kind is nothing without.
BLOCK_OF_KIND: dict[str, str] = {
    MaterialKind.OUTLINE: "outline",
    MaterialKind.SCRIPT: "script_part",
    MaterialKind.SLIDES: "slide",
    MaterialKind.WORKSHEET: "task",
    MaterialKind.QUIZ: "quiz",
    MaterialKind.OPINION: "opinion",
    MaterialKind.FILM: "video",
}
