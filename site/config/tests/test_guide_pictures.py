"""Pictures in the guides: those of docs/img, each with its words, and no other address."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders

from ..guides.markdown import PICTURE, render

WORKERS = [Path(settings.ROOT) / "docs" / name for name in ("for-workers.md", "sq/for-workers.md")]


@pytest.mark.parametrize("path", WORKERS, ids=lambda path: path.parent.name)
def test_the_workers_guide_shows_the_phones_pages(path: Path) -> None:
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line.startswith("![")]
    assert len(lines) == 4
    for line in lines:
        found = PICTURE.match(line)
        assert found, line
        assert finders.find(f"guides/{found[2]}"), line
    shown = re.findall(r'<img src="[^"]*/guides/phone-[a-z]+\.png" alt="[^"]{20,}"', render(path.read_text("utf-8")))
    assert len(shown) == 4


@pytest.mark.parametrize("address", ["https://elsewhere.example/x.png", "img/../x.png", "img/x.svg", "/img/x.png"])
def test_a_picture_from_elsewhere_is_not_shown(address: str) -> None:
    assert "<img" not in render(f"![Something]({address})")


def test_the_words_of_a_picture_are_text() -> None:
    assert 'alt="&lt;b&gt; &quot;x&quot;"' in render('![<b> "x"](img/phone-lock.png)')
