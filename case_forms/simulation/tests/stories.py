"""Stories about the small procedure of a Scene, for tests."""

from typing import Any

from django.utils import timezone

from case_forms.simulation.story import Story, read_story
from tests.world.scene import Scene


def tell(
    scene: Scene, *acts: dict[str, Any], at: str = "", answers: dict[str, Any] | None = None, **more: Any
) -> Story:
    """A story in which the scene's unit sends an identification now; `answers` change those that open a case."""
    return read_story(
        {
            "form": scene.form.form.key,
            "answers": scene.answers(**(answers or {})),
            "municipality": scene.place.municipality.slug,
            "at": at or timezone.now().replace(second=0, microsecond=0).isoformat(),
            "acts": list(acts),
            "fill": False,
            **more,
        }
    )
