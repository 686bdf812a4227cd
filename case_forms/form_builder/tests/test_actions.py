import pytest

from .. import canonical
from ..actions import DefinitionRefused, publish_form, save_definition
from ..models import FormVersion, VersionIsImmutable
from .samples import sample

pytestmark = pytest.mark.django_db


def test_publishing_makes_a_version_whose_sha256_is_over_its_text():
    form = save_definition(key="sample", definition=sample())
    version = publish_form(form=form)
    assert version.number == 1
    assert version.definition == sample()
    assert version.sha256 == canonical.compute_sha256(version.canonical)


def test_publishing_the_same_content_again_is_the_same_version():
    form = save_definition(key="sample", definition=sample())
    first = publish_form(form=form)
    reordered = dict(reversed(sample().items()))
    again = publish_form(form=save_definition(key="sample", definition=reordered))
    assert again == first
    assert FormVersion.objects.count() == 1


def test_a_changed_form_becomes_the_next_version_and_the_old_one_stays():
    first = publish_form(form=save_definition(key="sample", definition=sample()))
    changed = sample()
    changed["title"]["en"] = "Changed"
    second = publish_form(form=save_definition(key="sample", definition=changed))
    assert (first.number, second.number) == (1, 2)
    assert FormVersion.objects.get(number=1).title == "Sample (sq)"
    assert list(FormVersion.objects.newest()) == [second]


def test_a_form_with_problems_is_not_published_and_says_where():
    broken = sample()
    broken["sections"][0]["items"][0]["type"] = "telepathy"
    form = save_definition(key="sample", definition=broken)
    with pytest.raises(DefinitionRefused) as refused:
        publish_form(form=form)
    assert [(p.path, p.code) for p in refused.value.problems] == [("/sections/0/items/0/type", "unknown_type")]
    assert not FormVersion.objects.exists()


def test_a_working_copy_without_shape_or_with_another_key_is_not_saved():
    with pytest.raises(DefinitionRefused):
        save_definition(key="sample", definition={"sections": "none"})
    with pytest.raises(DefinitionRefused):
        save_definition(key="other", definition=sample())


def test_a_form_renamed_behind_our_back_is_not_published():
    form = save_definition(key="sample", definition=sample())
    form.definition["key"] = "other"
    form.save_revision(clean=False)
    with pytest.raises(DefinitionRefused):
        publish_form(form=form)


def test_each_changed_working_copy_leaves_one_revision():
    form = save_definition(key="sample", definition=sample())
    save_definition(key="sample", definition=sample())
    assert form.revisions.count() == 1
    changed = sample()
    changed["title"]["en"] = "Changed"
    save_definition(key="sample", definition=changed)
    assert form.revisions.count() == 2


def test_a_version_refuses_to_be_changed_or_deleted():
    version = publish_form(form=save_definition(key="sample", definition=sample()))
    with pytest.raises(VersionIsImmutable):
        version.save()
    with pytest.raises(VersionIsImmutable):
        version.delete()
    with pytest.raises(VersionIsImmutable):
        FormVersion.objects.update(number=3)
    with pytest.raises(VersionIsImmutable):
        FormVersion.objects.all().delete()
