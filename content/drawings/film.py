"""A silent film of drawn slides, from its words in `content/data/media/`: the film itself, and its captions.

Silent on purpose: it can be watched beside somebody. Titles stand on the picture; the sentences are captions (WebVTT),
and the lowest quarter of each slide is left free for them.
"""

import json
import subprocess
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

from PIL import Image

from . import signs
from .canvas import LAKE, PAPER, RULE, Canvas

LANGUAGES = ("sq", "en")
WORDS = Path(__file__).parents[1] / "data" / "media" / "what_happens.json"
WIDTH, HEIGHT = 960, 540
FRAMES_A_SECOND = 10
FADE = 5  # frames


def film() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(WORDS.read_text())
    return found


def slide(number: int, scene: dict[str, Any], of: int, language: str) -> Image.Image:
    """`number` 0 is the title."""
    c = Canvas(WIDTH, HEIGHT)
    title = scene["title"][language]
    c.words(WIDTH / 2, 104, title, 54 if c.width_of(title, 54) < WIDTH - 90 else 46)
    c.disc(WIDTH / 2, 286, 122, fill=PAPER, line=RULE, width=3)
    getattr(signs, scene["sign"])(c, WIDTH / 2, 286, 52 if scene["sign"] == "table" else 68)
    if number:
        for each in range(1, of):
            at = WIDTH / 2 + (each - of / 2) * 46
            c.disc(at, 36, 11, fill=LAKE if each <= number else PAPER, line=LAKE, width=3)
    return c.finished()


def slides(language: str) -> list[Image.Image]:
    scenes = film()["scenes"]
    return [slide(number, scene, len(scenes), language) for number, scene in enumerate(scenes)]


def posters() -> dict[str, Image.Image]:
    """The picture before it plays: the title."""
    return {f"{film()['file']}-{language}": slides(language)[0].resize((800, 450)) for language in LANGUAGES}


def make(language: str, folder: Path) -> None:
    name = f"{film()['file']}-{language}"
    (folder / f"{name}.vtt").write_text(captions(language))
    command = ["ffmpeg", "-y", "-loglevel", "error", "-f", "rawvideo", "-pix_fmt", "rgb24"]
    command += ["-s", f"{WIDTH}x{HEIGHT}", "-r", str(FRAMES_A_SECOND), "-i", "-", "-an", "-map_metadata", "-1"]
    command += ["-c:v", "libx264", "-preset", "veryslow", "-tune", "stillimage", "-crf", "27", "-pix_fmt", "yuv420p"]
    command += ["-g", "50", "-fflags", "+bitexact", "-movflags", "+faststart", str(folder / f"{name}.mp4")]
    pipe = subprocess.Popen(command, stdin=subprocess.PIPE)  # noqa: S603  # our own words, no shell
    assert pipe.stdin is not None
    for frame in frames(language):
        pipe.stdin.write(frame.tobytes())
    pipe.stdin.close()
    if pipe.wait():
        raise SystemExit("ffmpeg failed")


def frames(language: str) -> Iterator[Image.Image]:
    """Each slide for its seconds; its last frames become the next one."""
    drawn = [*zip(slides(language), (scene["seconds"] for scene in film()["scenes"]), strict=True)]
    for (image, seconds), (following, _seconds) in pairwise(drawn):
        yield from [image] * (seconds * FRAMES_A_SECOND - FADE)
        yield from (Image.blend(image, following, step / (FADE + 1)) for step in range(1, FADE + 1))
    image, seconds = drawn[-1]
    yield from [image] * (seconds * FRAMES_A_SECOND)


def captions(language: str) -> str:
    found, at = ["WEBVTT", f"Language: {language}", ""], 0
    for scene in film()["scenes"]:
        until = at + scene["seconds"]
        found += [f"{_time(at)} --> {_time(until)}", scene["caption"][language], ""]
        at = until
    return "\n".join(found)


def _time(seconds: int) -> str:
    return f"00:{seconds // 60:02}:{seconds % 60:02}.000"
