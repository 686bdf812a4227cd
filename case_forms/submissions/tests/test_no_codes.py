"""What people read says words and no codes: every shipped question and kind of fact, on every page that shows them."""

from collections.abc import Iterator
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from access.models import User
from case_forms.cases.documents.content import _build_identification, _build_summary
from case_forms.cases.documents.models import CaseDocument, DocumentKind
from case_forms.cases.facts.models import CaseFact
from case_forms.cases.facts.reading import get_known
from case_forms.cases.models import Case
from case_forms.form_builder.models import FormVersion, get_fact_catalogue
from case_forms.form_builder.sources import Lists
from case_forms.questions import registry
from notifications.outbox.models import Notice
from tests.seeds import lay_down_demo

from ..models import Submission
from ..rights_source import iter_forms, iter_noted
from .test_facts import IDENTIFIED, send

LANGUAGES = ("sq", "en")
pytestmark = pytest.mark.django_db


@pytest.fixture
def worker(db: None) -> User:
    lay_down_demo()
    return User.objects.get(username="lezhe1")


@pytest.fixture
def case(worker: User) -> Case:
    found = send(worker, at=timezone.now() - timedelta(days=1), **IDENTIFIED).case
    assert found is not None
    for key, fact in get_fact_catalogue().items():
        if fact.choices and not CaseFact.objects.filter(case=found, key=key).exists():
            value = fact.choices[0].value
            now = timezone.now()
            CaseFact.objects.create(
                case=found,
                key=key,
                value={"value": [value] if fact.type == "select_many" else value},
                noted_by=worker,
                occurred_at=now,
                received_at=now,
            )
    return found


class Texts(HTMLParser):
    """The texts of a page, each without what surrounds it; scripts and styles are no texts."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._inside: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        if tag in ("script", "style", "code", "option"):
            self._inside.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self._inside and self._inside[-1] == tag:
            self._inside.pop()

    def handle_data(self, data: str) -> None:
        if not self._inside and data.strip():
            self.texts.append(data.strip())


def codes_of(case: Case, language: str) -> dict[str, str]:
    """Return {code: its words} of what is known and chosen from a list, where the words aren't the code itself."""
    found = {}
    for known in get_known(case).values():
        values = known.value if isinstance(known.value, list) else [known.value]
        for choice in known.fact.choices:
            words = choice.label.get(language, "")
            if choice.value in values and words.lower() != choice.value.lower():
                found[choice.value] = words
    # A code that is a word of the language, or other words' of another fact, can't be told from a word.
    return {code: words for code, words in found.items() if code not in ("own", "other", "family", "both", "call")}


def find_codes(texts: list[str], codes: dict[str, str]) -> list[str]:
    last_words = (text.rsplit(": ", 1)[-1].strip() for text in texts)
    return [text for text, last in zip(texts, last_words, strict=True) if last in codes]


def test_no_answer_to_a_shipped_question_reads_as_its_code(worker: User) -> None:
    sources, tried = Lists(worker), 0
    for version in FormVersion.objects.newest():
        for place in version.parsed_form.iter_questions():
            question = place.question
            for value, form_of_answer in _iter_answers(question):
                for language in LANGUAGES:
                    words = registry.get(question.type).formatted(form_of_answer, question, language, sources)
                    label = _get_label(question, value, language)
                    tried += 1
                    assert words, (version, question.key, value)
                    assert words != value or label == value, (str(version), question.key, value, language)
    assert tried > 1000


def _iter_answers(question: Any) -> Iterator[tuple[str, Any]]:
    """Yield (code, an answer that holds it) for what is chosen, or worked out and remembered as a fact with choices."""
    if question.type in ("hidden", "calculated") and question.writes_fact:
        fact = get_fact_catalogue([question.writes_fact])[question.writes_fact]
        if fact.type == "select_one":
            yield from ((choice.value, choice.value) for choice in fact.choices)
    elif question.type in ("select_one", "likert"):
        yield from ((choice.value, choice.value) for choice in question.choices)
    elif question.type == "select_many":
        yield from ((choice.value, [choice.value]) for choice in question.choices)
    elif question.type == "yes_no_unknown":
        yield from ((value, value) for value in ("yes", "no", "unknown"))


def _get_label(question: Any, value: str, language: str) -> str:
    return next((choice.label.get(language, "") for choice in question.choices if choice.value == value), "")


@pytest.mark.parametrize("language", LANGUAGES)
def test_pages_of_a_case_say_what_is_known_in_words(case: Case, worker: User, language: str) -> None:
    codes = codes_of(case, language)
    assert language != "sq" or {"child", "adult", "unknown"} & set(codes), "the age group is among what is tried"
    User.objects.filter(pk=worker.pk).update(language=language)
    client = Client()
    client.force_login(worker)
    submission = Submission.objects.get(case=case)
    base = f"/field/cases/{case.reference}"
    known = [f"{base}/known/{key}/" for key in get_known(case)]
    for address in (f"{base}/", f"{base}/known/", *known, f"{base}/history/", f"{base}/submissions/{submission.pk}/"):
        answer = client.get(address)
        assert answer.status_code == 200, address
        texts = Texts(answer.content.decode()).texts
        assert find_codes(texts, codes) == [], (address, language)
    page = client.get(f"{base}/known/").content.decode()
    assert all(
        words in Texts(page).texts or any(words in text for text in Texts(page).texts) for words in codes.values()
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_the_person_gets_and_papers_say_it_in_words(case: Case, worker: User, language: str) -> None:
    codes = codes_of(case, language)
    forms = [*iter_forms(case, language), *iter_noted(case, language)]
    given = [piece.value for form in forms for piece in form.pieces]
    assert len(given) > len(codes)
    assert find_codes(given, codes) == []
    for kind, build in ((DocumentKind.IDENTIFICATION, _build_identification), (DocumentKind.SUMMARY, _build_summary)):
        document = CaseDocument(case=case, kind=kind)
        rows = [row.value for section in build(document, language) for row in section.rows]
        assert rows
        assert find_codes([str(value) for value in rows], codes) == [], kind
    for notice in Notice.objects.filter(case_id=case.pk):
        brief: Any = notice.brief
        said = [row["value"] for section in brief.get("sections", ()) for row in section["rows"]]
        texts = [value[language] if isinstance(value, dict) else str(value) for value in said]
        assert find_codes(texts, codes) == [], notice.role


def test_a_code_on_a_page_would_be_found() -> None:
    assert find_codes(
        Texts("<p>Age group: adult</p><dd>child</dd><code>child</code>").texts, {"adult": "", "child": ""}
    ) == [
        "Age group: adult",
        "child",
    ]
