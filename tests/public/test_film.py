"""The film of the first content in a browser: asked for by nobody until it is played, and played from any place."""

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext

from .conftest import Public

pytestmark = pytest.mark.browser
STATE = "(film => [film.duration, film.error, film.textTracks[0].mode, film.textTracks[0].activeCues?.[0]?.text])"
# Where the site's policy lets no text be evaluated, waiting is left to the film itself.
PLAYED_ON = "film => new Promise(done => { film.ontimeupdate = () => film.currentTime > 18.2 && done() })"


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/si-te-raportoni/cfare-ndodh/", "njoftohet policia"),
        ("/en/report/what-happens/", "the police are told"),
    ],
)
def test_the_film_plays_from_where_a_reader_goes_to_with_its_captions(
    public: Public, phone: Callable[..., BrowserContext], path: str, said: str
) -> None:
    page = phone().new_page()
    parts: list[int] = []
    page.on("response", lambda each: parts.append(each.status) if each.url.endswith(".mp4") else None)
    page.goto(public.at(path))
    film = page.locator("video")
    film.scroll_into_view_if_needed()
    assert film.get_attribute("poster")
    assert parts == []
    film.evaluate("film => film.play()")
    film.evaluate("film => { film.currentTime = 18 }")
    film.evaluate(PLAYED_ON)
    film.evaluate("film => film.pause()")
    length, error, captions, words = film.evaluate(STATE)
    assert (length, error, captions) == (40, None, "showing")
    assert said in words
    assert set(parts) == {206}
