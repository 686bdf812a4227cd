"""The kits that an installation begins with: one for each audience and language, whole enough to hold the session."""

from typing import Any

from django.utils.html import strip_tags
from wagtail.models import Page

from audit.models import AuditEntry
from content.checks.run import get_findings_by_page
from content.legal_wording import names_law
from content.models import SeededText
from content.seeding.actions import seed_content
from content.seeding.pages import load_page_specs
from content.tests.seeded import SeededTest

from ...records.labels import Audience
from ..labels import BLOCK_OF_KIND, MaterialKind
from ..models import KitPage, KitVersion, MaterialLibraryPage, MaterialPage
from ..versions import freeze_all
from .kit_world import build_slide, build_stream

LANGUAGES = ("sq", "en")
# The six audiences that sessions are held for as they are; the others are variants of the community's.
LENGTHS = {"grade_9": 45, "high_school": 90, "community": 60, "women": 60, "men": 60, "professionals": 90}
NEEDED = {"outline", "script", "slides", "worksheet", "quiz", "exercise", "teacher"}


def iter_blocks(page: MaterialPage, kind: str) -> list[Any]:
    return [block.value for block in page.body if block.block_type == kind]


def get_shape(value: Any) -> Any:
    """What an English text and its Albanian one have in common: kinds, keys, minutes and marks, but no words."""
    if isinstance(value, dict):
        return {name: get_shape(inner) for name, inner in value.items() if name != "id"}
    if isinstance(value, list):
        return [get_shape(inner) for inner in value]
    return value if isinstance(value, bool) else type(value).__name__


class TestSeededKits(SeededTest):
    def kits(self, language: str) -> dict[str, KitPage]:
        return {kit.audience: kit for kit in KitPage.objects.live().filter(locale__language_code=language)}

    def materials(self, language: str, kind: str = "") -> list[MaterialPage]:
        found = MaterialPage.objects.live().filter(locale__language_code=language).order_by("path")
        return list(found.filter(kind=kind) if kind else found)

    def test_each_audience_has_one_kit_in_each_language(self):
        for language in LANGUAGES:
            kits = self.kits(language)
            assert {audience: kit.minutes for audience, kit in kits.items()} == LENGTHS
            assert KitPage.objects.filter(locale__language_code=language).count() == len(LENGTHS)
        assert set(Audience.values) >= LENGTHS.keys()

    def test_they_stand_in_one_library_for_each_language_beside_the_home_pages(self):
        for language in LANGUAGES:
            library = MaterialLibraryPage.objects.get(locale__language_code=language)
            assert library.depth == 2
            assert library.get_url() is None
            inside = {page.pk for page in (*self.materials(language), *self.kits(language).values())}
            assert inside == set(library.get_children().values_list("pk", flat=True))

    def test_each_kit_has_all_that_a_session_is_held_with(self):
        for language in LANGUAGES:
            for audience, kit in self.kits(language).items():
                materials = kit.get_materials()
                assert {each.kind for each in materials} >= NEEDED, audience
                assert all(audience in each.audiences for each in materials), audience
                assert any("two facilitators" in each.title or "dy drejtues" in each.title for each in materials)
                assert kit.body, audience

    def test_every_material_is_used_by_a_kit_of_its_language(self):
        for language in LANGUAGES:
            used = {part.value.pk for kit in self.kits(language).values() for part in kit.parts}
            assert used == {each.pk for each in self.materials(language)}

    def test_a_scripts_parts_follow_each_other_without_a_gap_to_the_end_of_the_session(self):
        for language in LANGUAGES:
            for kit in self.kits(language).values():
                [script] = [each for each in kit.get_materials() if each.kind == MaterialKind.SCRIPT]
                parts = [(each["from_minute"], each["to_minute"]) for each in iter_blocks(script, "script_part")]
                starts, ends = [start for start, _end in parts], [end for _start, end in parts]
                assert starts == [0, *ends[:-1]], script.title
                assert ends[-1] == kit.minutes, script.title

    def test_an_outlines_parts_are_the_scripts_and_add_up(self):
        for language in LANGUAGES:
            for kit in self.kits(language).values():
                [script] = [each for each in kit.get_materials() if each.kind == MaterialKind.SCRIPT]
                [outline] = [each for each in kit.get_materials() if each.kind == MaterialKind.OUTLINE]
                [plan] = iter_blocks(outline, "outline")
                planned = [(each["minutes"], each["title"]) for each in plan["parts"]]
                told = [
                    (each["to_minute"] - each["from_minute"], each["title"])
                    for each in iter_blocks(script, "script_part")
                ]
                assert planned == told, kit.title
                assert str(kit.minutes) in plan["length"]

    def test_a_deck_has_a_few_slides_and_each_has_notes(self):
        for language in LANGUAGES:
            for kit in self.kits(language).values():
                [deck] = [each for each in kit.get_materials() if each.kind == MaterialKind.SLIDES]
                slides = iter_blocks(deck, "slide")
                assert 8 <= len(slides) <= 14, deck.title
                assert all(len(each["notes"]) > 40 and each["text"].source for each in slides), deck.title

    def test_a_question_has_one_right_answer_and_the_one_that_its_explanation_gives(self):
        asked = 0
        for page in self.materials("en", MaterialKind.QUIZ):
            for quiz in iter_blocks(page, "quiz"):
                for question in quiz["questions"]:
                    right = [answer["text"] for answer in question["answers"] if answer["is_right"] is True]
                    wrong = [answer["text"] for answer in question["answers"] if answer["is_right"] is False]
                    assert (len(right), len(wrong)) == (1, 1), question["question"]
                    agrees = strip_tags(question["explanation"].source).startswith("Yes")
                    assert right == ["True" if agrees else "False"], question["question"]
                    asked += 1
        assert asked == 25

    def test_each_says_what_it_rests_on_and_when_it_is_read_again(self):
        for model in (MaterialPage, KitPage, MaterialLibraryPage):
            for page in model.objects.live():
                assert "<li>" in page.sources, page.title
                assert (page.review_by - page.checked_on).days > 150, page.title
                if names_law([*page.legal_texts()]):
                    assert page.legal_check, page.title

    def test_the_checks_find_nothing_that_stops_and_no_word_to_avoid(self):
        pages = [*MaterialPage.objects.live(), *KitPage.objects.live(), *MaterialLibraryPage.objects.live()]
        for number, findings in get_findings_by_page(pages).items():
            assert [str(each) for each in findings if each.stops or each.code in ("word", "loud", "link")] == [], number

    def test_all_of_it_would_be_taken_by_the_editors_form(self):
        for page in (*MaterialPage.objects.live(), *KitPage.objects.live()):
            page.full_clean()
            if isinstance(page, MaterialPage) and page.kind in BLOCK_OF_KIND:
                assert iter_blocks(page, BLOCK_OF_KIND[page.kind]), page.title

    def test_both_languages_have_the_same_shape(self):
        english = {page.translation_key: page for page in self.materials("en")}
        for page in self.materials("sq"):
            twin = english[page.translation_key]
            assert (page.kind, page.audiences, page.topics) == (twin.kind, twin.audiences, twin.topics)
            assert get_shape(page.body.get_prep_value()) == get_shape(twin.body.get_prep_value()), page.title
        for audience, kit in self.kits("sq").items():
            twin = self.kits("en")[audience]
            keys = [[each.translation_key for each in one.get_materials()] for one in (kit, twin)]
            assert keys[0] == keys[1]

    def test_nobody_is_asked_to_show_a_hand_about_themselves(self):
        for page in MaterialPage.objects.live():
            said = strip_tags(str(page.body.get_prep_value())).lower()
            assert "raise your hand" not in said, page.title
            assert "ngrini dorën" not in said, page.title


class TestSeedingAgain(SeededTest):
    def setUp(self) -> None:
        super().setUp()
        freeze_all()
        self.slides = MaterialPage.objects.get(slug="klasa-9-diapozitivat")
        self.kit = KitPage.objects.get(slug="komplet-klasa-9")

    def test_each_kit_has_its_first_version_with_all_its_materials_and_no_second_one(self):
        versions = list(KitVersion.objects.all())
        assert len(versions) == 2 * len(LENGTHS)
        for version in versions:
            assert version.number == 1
            assert version.made_by is None
            assert {each["kind"] for each in version.content["materials"]} >= NEEDED
        assert AuditEntry.objects.filter(action="session.kit_version_made").count() == len(versions)
        assert freeze_all() == 0

    def test_seeding_twice_changes_nothing(self):
        before = list(Page.objects.order_by("pk").values_list("pk", "path", "title", "latest_revision_id"))
        assert set(seed_content().values()) == {0}
        assert freeze_all() == 0
        assert list(Page.objects.order_by("pk").values_list("pk", "path", "title", "latest_revision_id")) == before

    def test_what_an_editor_changed_stays_and_has_a_version_of_its_own(self):
        self.slides.body = build_stream(build_slide("Rregullat tona, ndryshe"))
        self.slides.save_revision().publish()
        seed_content()
        freeze_all()
        again = MaterialPage.objects.get(pk=self.slides.pk)
        assert [block.value["title"] for block in again.body] == ["Rregullat tona, ndryshe"]
        first, second = KitVersion.objects.filter(kit_id=self.kit.pk).order_by("number")
        assert "Rregullat tona, ndryshe" not in str(first.content)
        assert "Rregullat tona, ndryshe" in str(second.content)

    def test_what_an_editor_deleted_stays_deleted(self):
        self.slides.delete()
        self.kit.delete()
        assert set(seed_content().values()) == {0}
        assert not MaterialPage.objects.filter(slug="klasa-9-diapozitivat").exists()
        assert not KitPage.objects.filter(slug="komplet-klasa-9").exists()

    def test_an_installation_of_an_earlier_release_gains_the_kits_and_loses_nothing(self):
        stood = dict(Page.objects.exclude(pk__in=self.get_numbers()).values_list("pk", "url_path"))
        # Kits first: each that is still there has a new version for every material that goes.
        for model in (KitPage, MaterialLibraryPage):
            for page in model.objects.all():
                page.delete()
        SeededText.objects.filter(key__in=self.get_keys()).delete()
        assert seed_content()["pages"] == len(self.get_keys())
        assert dict(Page.objects.filter(pk__in=stood).values_list("pk", "url_path")) == stood
        assert KitPage.objects.live().count() == 2 * len(LENGTHS)
        assert Page.find_problems() == ([], [], [], [], [])

    def get_numbers(self) -> list[int]:
        return [page.pk for model in (MaterialLibraryPage, MaterialPage, KitPage) for page in model.objects.all()]

    def get_keys(self) -> list[str]:
        models = ("MaterialLibraryPage", "MaterialPage", "KitPage")
        keys = [spec["key"] for spec in load_page_specs() if spec["model"].endswith(models)]
        return [f"page:{key}:{language}" for key in keys for language in LANGUAGES]
