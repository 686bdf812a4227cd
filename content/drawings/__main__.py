from pathlib import Path

from PIL import Image

from . import film, pictures

FOLDER = Path(__file__).parents[1] / "data" / "media"


def save(name: str, image: Image.Image) -> None:
    """In 64 colours, which is plenty for a drawing and a third of the bytes."""
    few = image.quantize(64, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    few.save(FOLDER / f"{name}.png", optimize=True)


def draw() -> None:
    for name, image in (pictures.pictures() | film.posters()).items():
        save(name, image)
    for language in film.LANGUAGES:
        film.make(language, FOLDER)


draw()
