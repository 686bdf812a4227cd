"""One evaluator, two languages: static/js/logic.js in Chromium gives what case_forms/expressions gives."""

import json
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from playwright.sync_api import sync_playwright

from tests.chromium import launch

from .made_up import cases
from .test_evaluator import expressions, json_values
from .test_patterns import patterns, texts
from .test_vectors import VECTORS, differing, public_vectors

pytestmark = pytest.mark.browser

SCRIPTS = Path(__file__).resolve().parents[3] / "static" / "js"
IN_PAGE = """async (written) => {
  const { evaluate, truthy } = await import("/logic.js");
  const outcome = ({ rule, data }) => {
    try {
      const result = evaluate(rule, data);
      return { result, truthy: truthy(result) };
    } catch (error) {
      return { error: error.code ?? String(error) };
    }
  };
  return JSON.stringify(JSON.parse(written).map(outcome));
}"""


AS_BROWSERS_HAVE_IT = """(written) => {
  const found = ([pattern, texts]) => texts.map((text) => new RegExp(pattern, "u").test(text));
  return JSON.stringify(JSON.parse(written).map(found));
}"""

FOLLOWED = """async (written) => {
  const { follow } = await import("/filling/live.js");
  const code = { item: "question", key: "code", type: "text", constraint: { matches: [{ var: "code" }, "^(a+)+$"] } };
  const more = { item: "question", key: "more", type: "text", relevant: { answered: ["code"] } };
  document.body.innerHTML = `<form>
    <div data-item="code"><input name="code"></div><div data-item="more"><input name="more"></div>
  </form>`;
  const form = document.querySelector("form");
  const refresh = follow(form, { items: [code, more], scope: {}, kept: {}, words: {} });
  return JSON.stringify(JSON.parse(written).map((text) => {
    form.elements.code.value = text;
    refresh();
    return !form.querySelector('[data-item="more"]').hidden;
  }));
}"""


class Scripts(SimpleHTTPRequestHandler):
    """Serves static/js, and an empty page at /."""

    def do_GET(self) -> None:
        if self.path != "/":
            return super().do_GET()
        page = b"<!doctype html><title>logic</title>"
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)
        return None

    def log_message(self, *words: Any) -> None:
        pass


@pytest.fixture(scope="module")
def in_chromium() -> Iterator[Callable[..., list[Any]]]:
    """A function from cases to what the page makes of them, with our module or another function of the page."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Scripts, directory=str(SCRIPTS)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with sync_playwright() as playwright:
        browser = launch(playwright.chromium)
        page = browser.new_page()
        page.goto(f"http://127.0.0.1:{server.server_address[1]}/")
        yield lambda made, function=IN_PAGE: json.loads(page.evaluate(function, json.dumps(made)))
        browser.close()
    server.shutdown()
    server.server_close()


def test_chromium_agrees_on_every_vector(in_chromium):
    outcomes = in_chromium(VECTORS)
    for vector, outcome in zip(VECTORS, outcomes, strict=True):
        assert outcome.get("error") == vector.get("in_page", vector.get("error")), vector["name"]
    assert differing(VECTORS, outcomes) == []


def test_chromium_agrees_on_the_public_core_vectors(in_chromium):
    vectors = public_vectors()
    assert differing(vectors, in_chromium(vectors)) == []


def test_chromium_agrees_on_five_thousand_expressions_made_at_random(in_chromium):
    made = cases(seed=5000, count=5000)
    assert differing(made, in_chromium(made)) == []


def test_chromium_agrees_on_whatever_hypothesis_thinks_of(in_chromium):
    @settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
    @given(st.lists(st.fixed_dictionaries({"rule": expressions | json_values, "data": json_values}), max_size=10))
    def agrees(made):
        assert differing(made, in_chromium(made)) == []

    agrees()


def test_chromium_matches_patterns_as_python_does_and_as_its_own_regexp_does(in_chromium):
    blank_in_javascript_only = str.maketrans("", "", "\u00a0\u2028")

    @settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
    @given(st.lists(st.tuples(patterns, st.lists(texts, min_size=1, max_size=4)), min_size=1, max_size=20))
    def agrees(made):
        made = [(pattern, [text.translate(blank_in_javascript_only) for text in some]) for pattern, some in made]
        rules = [{"rule": {"matches": [text, pattern]}} for pattern, some in made for text in some]
        outcomes = in_chromium(rules)
        assert differing(rules, outcomes) == []
        theirs = [found for some in in_chromium(made, AS_BROWSERS_HAVE_IT) for found in some]
        assert [outcome.get("result", "left") for outcome in outcomes] == [
            found if "result" in outcome else "left" for found, outcome in zip(theirs, outcomes, strict=True)
        ]

    agrees()


def test_a_page_shows_what_follows_an_answer_that_only_the_server_can_judge_in_time(in_chromium):
    assert in_chromium(["", "aaa", "aaa!", "a" * 60 + "!"], FOLLOWED) == [False, True, False, True]
