"""What the description says is what the answers are: each endpoint, each seeded page, in full and in lists."""

import json
import re
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from jsonschema import Draft202012Validator, FormatChecker

from config.api_urls import VIEWSETS
from content.api.openapi import build_description
from content.api.page_queries import shown_models
from content.api.pages import PagesViewSet
from content.models import HomePage, SectionPage
from content.tests.seeded import SeededTest
from tests.seeds import lay_down_reference


def pointed_at(document: Any) -> set[str]:
    if isinstance(document, dict):
        own = {document["$ref"]} if isinstance(document.get("$ref"), str) else set()
        return own.union(*(pointed_at(part) for part in document.values()))
    if isinstance(document, list):
        return set().union(*(pointed_at(part) for part in document))
    return set()


class Description(SeededTest):
    @classmethod
    def setUpTestData(cls) -> None:
        lay_down_reference()
        super().setUpTestData()
        cls.description = build_description(VIEWSETS)

    def holds(self, value: Any, schema: dict[str, Any], where: str) -> None:
        whole = {**schema, "components": self.description["components"]}
        errors = [
            f"{where} {'/'.join(map(str, error.absolute_path))}: {error.message[:200]}"
            for error in Draft202012Validator(whole, format_checker=FormatChecker()).iter_errors(value)
        ]
        assert not errors, errors[:5]

    def whole(self, name: str) -> dict[str, Any]:
        return {"$ref": f"#/components/schemas/{name}"}

    def get(self, address: str) -> Any:
        answer = self.client.get(address)
        assert answer.status_code == 200, (address, answer.content[:300])
        return answer.json()

    def test_it_is_served_and_points_at_nothing_that_is_not_there(self):
        assert self.get("/api/openapi.json") == json.loads(json.dumps(self.description))
        for pointer in pointed_at(self.description):
            found: Any = self.description
            for part in pointer.removeprefix("#/").split("/"):
                found = found[part]

    def test_the_document_for_people_names_every_type_and_field_of_its_own_and_its_addresses_answer(self):
        told = (settings.ROOT / "docs" / "api-public.md").read_text()
        for type_name, model in shown_models().items():
            for name in (type_name, *model.api_fields):
                assert f"`{name}`" in told, name
        home = HomePage.objects.get(locale__language_code="en")
        page = SectionPage.objects.filter(locale=home.locale, numchild__gt=0).first()
        for written in re.findall(r"`((?:pages|glossary|hotlines)/\?[^`]+)`", told):
            asked = written.replace("{home}", str(home.pk)).replace("{id}", str(page.pk))
            asked = asked.replace("locale=...", "locale=en").replace("...", "help")
            assert self.get(f"/api/v2/{asked}")["meta"]["total_count"], written
        for written in re.findall(r"^    curl .*https://vatra\.example(/api/v2/[^'\s]+)", told, re.MULTILINE):
            assert self.client.get(written).status_code in (200, 303), written

    def test_every_schema_is_one(self):
        for schema in self.description["components"]["schemas"].values():
            Draft202012Validator.check_schema(schema)

    def test_every_address_of_the_api_is_described_and_every_described_one_is_there(self):
        named = {path for path in self.description["paths"] if path.startswith("/api/v2/")}
        served = {f"/api/v2/{viewset.plural}/" for viewset in VIEWSETS}
        served |= {f"/api/v2/{viewset.plural}/{{key}}/" for viewset in VIEWSETS if viewset.lookup_field}
        served = (served - {"/api/v2/page_preview/{key}/"}) | {"/api/v2/pages/find/"}
        assert named == served

    def test_every_seeded_page_is_what_its_types_schema_says(self):
        pages = self.get("/api/v2/pages/?limit=100")
        assert pages["meta"]["total_count"] == len(self.urls)
        seen = set()
        for page in pages["items"]:
            kind = page["meta"]["type"].split(".")[1]
            seen.add(kind)
            told = self.get(urlsplit(page["meta"]["detail_url"]).path)
            self.holds(told, self.whole(kind), f"{kind} {page['id']}")
            self.holds(page, self.whole("ListedPage"), f"listed {page['id']}")
        assert "HomePage" in seen

    def test_every_list_is_what_its_schema_says_and_so_is_each_of_its_objects(self):
        for viewset in VIEWSETS:
            if viewset.plural in ("pages", "page_preview"):
                continue
            found = self.get(f"/api/v2/{viewset.plural}/?limit=100")
            for item in found["items"]:
                self.holds(item, self.whole(f"Listed{viewset.component}"), viewset.plural)
                if viewset.lookup_field:
                    key = item.get("key", item.get("id"))
                    self.holds(
                        self.get(f"/api/v2/{viewset.plural}/{key}/"), self.whole(viewset.component), viewset.plural
                    )

    def test_all_fields_at_once_and_one_alone_fit_too(self):
        operation = self.description["paths"]["/api/v2/pages/"]["get"]
        schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
        for fields in ("*", "_", "_,title", "body,-title", "*,-body", "translations,children,parent"):
            self.holds(self.get(f"/api/v2/pages/?limit=100&fields={fields}"), schema, fields)

    def test_problems_are_what_the_description_says(self):
        for address, status in (
            ("/api/v2/pages/?limit=x", 400),
            ("/api/v2/pages/?nonsense=1", 400),
            ("/api/v2/pages/?fields=nothing", 400),
            ("/api/v2/pages/?fields=title(x)", 400),
            ("/api/v2/pages/?limit=1&limit=2", 400),
            ("/api/v2/pages/?locale=fr", 400),
            ("/api/v2/pages/?type=content.Hotline", 400),
            ("/api/v2/pages/?order=random", 400),
            ("/api/v2/pages/?rich_text_format=db_html", 400),
            ("/api/v2/pages/?search=%00", 400),
            ("/api/v2/pages/?search=%ED%A0%80", 200),
            ("/api/v2/pages/find/", 404),
            ("/api/v2/pages/999999999999999999999999/", 404),
            ("/api/v2/pages/?child_of=999999", 404),
            ("/api/v2/hotlines/nobody/", 404),
        ):
            answer = self.client.get(address)
            assert answer.status_code == status, address
            if status != 200:
                assert answer["Content-Type"] == "application/problem+json"
                self.holds(answer.json(), self.whole("Problem"), address)

    def test_a_search_for_marks_and_operators_is_a_search_for_nothing(self):
        for words in ('"', "a' OR", "*", "(", "NEAR(", "-", "title:x", "^", "x" * 200):
            assert self.client.get("/api/v2/pages/", {"search": words}).status_code == 200, words

    def test_a_list_asks_the_database_as_often_for_many_pages_as_for_few(self):
        self.get("/api/v2/pages/?limit=100")
        asked = []
        for limit in (2, 100):
            with CaptureQueriesContext(connection) as queries:
                self.get(f"/api/v2/pages/?limit={limit}&type=content.ArticlePage")
            asked.append(len(queries))
        assert asked[0] == asked[1] <= QUERIES_OF_A_LIST


QUERIES_OF_A_LIST = 12


@pytest.mark.django_db
def test_an_empty_site_answers_with_empty_lists():
    for viewset in VIEWSETS:
        if viewset.plural != "page_preview":
            answer = Client().get(f"/api/v2/{viewset.plural}/")
            assert answer.json()["meta"]["total_count"] >= 0
            assert answer.status_code == 200


def test_each_type_of_page_has_a_schema_of_its_own():
    assert {"ArticlePage", "ServicePage", "StoryPage", "OutreachIndexPage"} <= set(PagesViewSet.components())
