"""Rich text leaves the system safe, whatever stands in the database."""

import pytest

from ..loader import Loader
from ..rich_text import find_links, to_html

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("stored", "told"),
    [
        ("<p>Po <b>jo</b> <i>ndoshta</i></p>", "<p>Po <b>jo</b> <i>ndoshta</i></p>"),
        ('<p onclick="x()" style="color:red" class="a">P</p>', "<p>P</p>"),
        ("<p>a<script>alert(1)</script>b</p>", "<p>ab</p>"),
        ('<p><img src="x" onerror="alert(1)">a</p>', "<p>a</p>"),
        ('<a href="javascript:alert(1)">a</a>', "a"),
        ('<a href=" JaVaScRiPt:alert(1)">a</a>', "a"),
        ('<a href="data:text/html,x">a</a>', "a"),
        ('<a href="//evil.example">a</a>', "a"),
        (
            '<a href="https://e.example/?a=1&amp;b=2" target="_blank">a</a>',
            '<a href="https://e.example/?a=1&amp;b=2">a</a>',
        ),
        ('<a href="tel:129">129</a>', '<a href="tel:129">129</a>'),
        ('<a linktype="page" id="99999">a</a>', "a"),
        ('<a linktype="page" id="1 or 1=1">a</a>', "a"),
        ('<a linktype="other" href="https://e.example">a</a>', "a"),
        ('<p>a<embed embedtype="image" id="1" format="left"/>b</p>', "<p>ab</p>"),
        ("<p>a<!-- note -->b</p>", "<p>ab</p>"),
        ("<iframe src=x>a</iframe><p>b", "<p>b</p>"),
        ("<h2>T</h2><ul><li>1</li></ul>", "<h2>T</h2><ul><li>1</li></ul>"),
        ("a &lt;b&gt; &amp; c", "a &lt;b&gt; &amp; c"),
        ("", ""),
    ],
)
def test_only_harmless_marks_stay(stored, told):
    assert to_html(stored, Loader()) == told


def test_links_are_found_in_html_and_in_a_streams_json():
    html = '<a linktype="page" id="3">x</a><a id="4" linktype="page">x</a><a linktype="document" id="5">x</a>'
    assert find_links([html]) == ({3, 4}, {5})
    assert find_links([html.replace('"', '\\"')]) == ({3, 4}, {5})
