"""A kit's versions: what is published of a kit and its materials, frozen, and never changed."""

from unittest.mock import patch

import pytest
from django.db import DatabaseError, transaction

from audit.models import AuditEntry

from ..models import KitVersion
from ..versions import build_content, freeze, freeze_all
from .kit_world import KitTest, build_slide, build_stream


class TestVersions(KitTest):
    def test_publishing_a_kit_makes_its_first_version_with_what_its_materials_say(self):
        [version] = self.get_versions()
        assert (version.number, version.language, version.audience, version.minutes) == (1, "sq", "grade_9", 45)
        [material] = version.content["materials"]
        assert (material["page"], material["revision"]) == (self.slides.pk, self.slides.live_revision_id)
        assert material["body"][0]["value"]["title"] == "Rregullat"

    def test_publishing_a_material_makes_the_next_version_and_leaves_the_one_before(self):
        self.publish_slide("Si mashtrojnë")
        first, second = self.get_versions()
        assert first.content["materials"][0]["body"][0]["value"]["title"] == "Rregullat"
        assert second.content["materials"][0]["body"][0]["value"]["title"] == "Si mashtrojnë"
        entries = AuditEntry.objects.filter(action="session.kit_version_made", target_id=str(self.kit.pk))
        assert sorted(entry.detail["number"] for entry in entries) == [1, 2]

    def test_the_same_words_published_again_are_no_other_version(self):
        self.slides.save_revision().publish()
        self.kit.save_revision().publish()
        freeze(kit=self.kit, by=None)
        assert len(self.get_versions()) == 1

    def test_freezing_all_gives_each_live_kit_one_version_and_then_none(self):
        freeze_all()
        assert freeze_all() == 0

    def test_a_draft_makes_no_version(self):
        self.slides.body = build_stream(build_slide("Pa miratuar"))
        self.slides.save_revision()
        self.kit.title = "Pa miratuar"
        self.kit.save_revision()
        freeze(kit=self.kit, by=None)
        assert len(self.get_versions()) == 1

    def test_a_material_that_is_taken_away_is_gone_from_the_newest_version(self):
        self.slides.unpublish()
        assert [len(each.content["materials"]) for each in self.get_versions()] == [1, 0]

    def test_a_material_that_is_deleted_is_gone_from_the_newest_version(self):
        self.slides.delete()
        assert [len(each.content["materials"]) for each in self.get_versions()] == [1, 0]

    def test_a_kit_that_never_held_what_is_taken_away_is_not_looked_through(self):
        """Whoever deletes a library of a hundred materials would wait for each kit a hundred times."""
        other = self.put_material("Për një tjetër", "slides", build_slide())
        freeze_all()
        with patch("outreach_pages.kits.versions.build_content", wraps=build_content) as built:
            other.unpublish()
            other.delete()
            assert built.call_count == 0
            self.slides.unpublish()
            assert [call.args[0].pk for call in built.call_args_list] == [self.kit.pk]

    def test_a_deleted_kit_leaves_its_versions(self):
        self.kit.delete()
        assert len(self.get_versions()) == 1

    def test_the_database_refuses_to_change_a_version(self):
        with pytest.raises(DatabaseError), transaction.atomic():
            KitVersion.objects.update(title="Tjetër")
        assert self.get_versions()[0].title == "Klasa e nëntë"

    def test_a_material_named_twice_stands_once(self):
        kit = self.put_kit(self.slides, self.slides, slug="dy-here")
        assert len(KitVersion.objects.newest(kit.pk).content["materials"]) == 1

    def test_an_empty_kit_has_a_version_without_materials(self):
        kit = self.put_kit(slug="bosh")
        assert KitVersion.objects.newest(kit.pk).content["materials"] == []

    def test_the_audience_alone_makes_another_version(self):
        self.kit.audience = "men"
        self.kit.save_revision().publish()
        assert [each.audience for each in self.get_versions()] == ["grade_9", "men"]
