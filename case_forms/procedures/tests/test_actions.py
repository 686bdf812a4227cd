from datetime import timedelta

import pytest
from django.utils import timezone

from audit.models import AuditEntry
from case_forms.form_builder.models import VersionIsImmutable
from tests.world.forms import publish, small_follow_up, small_form
from tests.world.places import make_place, make_unit_with_worker
from tests.world.procedures import small_procedure

from ..actions import ProcedureRefused, publish_procedure, save_procedure
from ..models import Procedure, ProcedureVersion

pytestmark = pytest.mark.django_db


@pytest.fixture
def procedure() -> Procedure:
    publish(small_form())
    publish(small_follow_up())
    return save_procedure(key="small_procedure", definition=small_procedure())


def change(procedure: Procedure) -> Procedure:
    definition = small_procedure()
    definition["deadlines"]["police_report"]["amber_minutes"] = 20
    return save_procedure(key=procedure.key, definition=definition)


def test_publishing_makes_the_first_version_and_records_it(procedure: Procedure) -> None:
    since = timezone.now() - timedelta(hours=1)
    version = publish_procedure(procedure=procedure, in_force_from=since)
    assert (version.number, version.in_force_from, version.in_force_until) == (1, since, None)
    assert ProcedureVersion.objects.in_force() == version
    assert AuditEntry.objects.filter(action="procedure.published", target_id="small_procedure").count() == 1
    assert str(version) == "small_procedure v1"
    assert version.title


def test_the_same_content_again_is_the_same_version(procedure: Procedure) -> None:
    first = publish_procedure(procedure=procedure, in_force_from=timezone.now())
    again = save_procedure(key="small_procedure", definition=small_procedure())
    assert publish_procedure(procedure=again, in_force_from=timezone.now()) == first
    assert ProcedureVersion.objects.count() == 1


def test_a_new_version_ends_the_one_before_it(procedure: Procedure) -> None:
    start = timezone.now() - timedelta(days=2)
    first = publish_procedure(procedure=procedure, in_force_from=start)
    takeover = timezone.now() + timedelta(days=1)
    second = publish_procedure(procedure=change(procedure), in_force_from=takeover)
    first.refresh_from_db()
    assert (second.number, first.in_force_until) == (2, takeover)
    assert ProcedureVersion.objects.in_force() == first
    assert ProcedureVersion.objects.in_force(takeover) == second


def test_a_version_may_not_begin_before_the_one_before_it(procedure: Procedure) -> None:
    publish_procedure(procedure=procedure, in_force_from=timezone.now())
    with pytest.raises(ProcedureRefused) as refused:
        publish_procedure(procedure=change(procedure), in_force_from=timezone.now() - timedelta(days=1))
    assert [problem.code for problem in refused.value.problems] == ["starts_too_early"]


def test_a_procedure_with_problems_is_not_published(procedure: Procedure) -> None:
    definition = small_procedure()
    definition["rules"][0]["then"][1]["role"] = "mayor"
    broken = save_procedure(key=procedure.key, definition=definition)
    with pytest.raises(ProcedureRefused, match="/rules/0/then/1/role"):
        publish_procedure(procedure=broken, in_force_from=timezone.now())
    assert not ProcedureVersion.objects.exists()


def test_a_procedure_naming_a_form_nobody_published_is_refused(procedure: Procedure) -> None:
    definition = small_procedure()
    definition["rules"][0]["forms"] = ["no_such_form"]
    with pytest.raises(ProcedureRefused, match="unknown_form"):
        publish_procedure(
            procedure=save_procedure(key=procedure.key, definition=definition), in_force_from=timezone.now()
        )


def test_the_key_inside_is_the_key_outside(procedure: Procedure) -> None:
    other = save_procedure(key="other", definition=small_procedure())
    with pytest.raises(ProcedureRefused, match="other_key"):
        publish_procedure(procedure=other, in_force_from=timezone.now())


def test_whoever_publishes_is_named(procedure: Procedure) -> None:
    _unit, user = make_unit_with_worker(make_place())
    version = publish_procedure(procedure=procedure, in_force_from=timezone.now(), by=user)
    assert version.published_by == user
    assert AuditEntry.objects.get(action="procedure.published").actor_id == str(user.pk)


def test_saving_what_is_there_already_records_nothing(procedure: Procedure) -> None:
    before = AuditEntry.objects.count()
    save_procedure(key=procedure.key, definition=small_procedure())
    assert AuditEntry.objects.count() == before


def test_no_procedure_in_force_is_said_aloud() -> None:
    with pytest.raises(ProcedureVersion.DoesNotExist, match="in force"):
        ProcedureVersion.objects.in_force()


def test_a_published_version_is_not_changed_or_deleted_in_python(procedure: Procedure) -> None:
    version = publish_procedure(procedure=procedure, in_force_from=timezone.now())
    version.canonical = "{}"
    with pytest.raises(VersionIsImmutable):
        version.save()
    with pytest.raises(VersionIsImmutable):
        version.save(update_fields=["canonical"])
    with pytest.raises(VersionIsImmutable):
        version.delete()
    with pytest.raises(VersionIsImmutable):
        ProcedureVersion.objects.all().delete()
    with pytest.raises(VersionIsImmutable):
        ProcedureVersion.objects.update(sha256="0" * 64)


def test_a_procedure_is_called_by_its_title_or_its_key(procedure: Procedure) -> None:
    assert str(procedure).startswith("Small procedure")
    assert str(Procedure(key="bare")) == "bare"
