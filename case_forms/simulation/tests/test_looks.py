"""What a story looked at is read again as soon as one of its tables was written to, and not before."""

from unittest import mock

import pytest
from django.db import IntegrityError, connection, connections, transaction
from django.test.utils import CaptureQueriesContext

from access.models import Region
from case_forms.simulation.database import MemoryConnection, MemoryCursor, MemoryDatabase
from case_forms.simulation.outside import _QUESTIONS, Outside, _get_tables
from case_forms.simulation.run import live
from case_forms.simulation.simulated_system import SimulatedSystem
from notifications.outbox.models import Notice
from tests.world.scene import make_scene

from .stories import tell

pytestmark = pytest.mark.django_db


@pytest.fixture
def scene():
    return make_scene()


def test_what_has_changed_is_looked_at_again_and_nothing_else(scene):
    story = tell(scene)
    with SimulatedSystem([story]) as system, live(story, system):
        outside = Outside()
        assert outside.notices
        assert outside.next_mark_at == outside.next_mark_at
        with CaptureQueriesContext(connection) as asked:
            Region.objects.update(name="Elsewhere")  # stands in nothing that is looked at
            assert outside.notices
            assert not outside.asks_about_what_is_done
        assert not [query for query in asked.captured_queries if '"outbox_notice"' in query["sql"]]
        Notice.objects.update(next_step_at=None)
        assert all(each.next_step_at is None for each in outside.notices)
        Notice.objects.all()._raw_delete("default")  # past what protects them
        assert outside.notices == []


def test_every_statement_of_a_story_that_changes_a_row_is_noted(scene):
    """SQLite counts the rows that it changes: it is asked after each statement."""
    run, noted = MemoryCursor._run, []

    def counted(cursor, execute, query, params):
        raw, wrapper = cursor.connection, cursor._wrapper
        changes, writes = raw.total_changes, wrapper.writes
        found = run(cursor, execute, query, params)
        if raw.total_changes != changes:
            noted.append((query, wrapper.writes > writes))
        return found

    acts = [{"do": "accepts", "at": 5, "role": "police"}, {"do": "outcome", "at": 30, "role": "police"}]
    story = tell(scene, *acts, {"do": "closes", "at": 600})
    with mock.patch.object(MemoryCursor, "_run", counted), SimulatedSystem([story]) as system, live(story, system):
        pass
    assert len(noted) > 50
    assert [query for query, is_noted in noted if not is_noted] == []


def test_what_is_looked_at_names_the_tables_that_it_reads():
    assert _get_tables("notices") == {"outbox_notice"}
    assert _get_tables("moments") >= {"cases_deadline", "cases_awaiteddate", "briefs_talkmessage"}
    assert all(_get_tables(name) for name in _QUESTIONS)


def test_the_cursor_of_a_memory_database_raises_what_djangos_does():
    database = MemoryDatabase()
    try:
        with database.in_place():
            assert isinstance(connections["default"], MemoryConnection)
            Region.objects.create(slug="a", name="A", iso_code="A")
            with pytest.raises(IntegrityError), transaction.atomic():
                Region.objects.create(slug="a", name="B", iso_code="B")
            assert Region.objects.get().name == "A"
            with transaction.atomic():
                transaction.set_rollback(True)
                with pytest.raises(transaction.TransactionManagementError):
                    Region.objects.count()
            assert Region.objects.filter(name__contains="100%").count() == 0
    finally:
        database.close()
