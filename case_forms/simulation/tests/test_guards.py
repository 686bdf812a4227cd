"""What is simulated doesn't happen: not in the database, the queue, the mail, the log, the caches, or other threads."""

import threading
from unittest import mock

import pytest
from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.core import mail
from django.core.cache import cache
from django.db import connection, connections, transaction
from django_q.models import OrmQ

from access.models import Region
from audit import clock
from audit.chain import log_event
from audit.models import AuditEntry, ChainHead
from case_forms.procedures.definition import parse as procedure_parsing
from case_forms.simulation import run as running
from case_forms.simulation.database import AlreadyImagined, MemoryDatabase
from case_forms.simulation.simulate import simulate
from case_forms.simulation.simulated_system import SimulatedSystem
from notifications.channels.base import ChannelPool, ReachesSomebody
from notifications.outbox.models import Notice
from notifications.outbox.queueing import enqueue_delivery
from tests.world.forms import texts
from tests.world.procedures import rule, small_procedure
from tests.world.scene import Scene, make_scene

from .stories import tell

pytestmark = pytest.mark.django_db


@pytest.fixture
def scene() -> Scene:
    return make_scene()


def count_rows() -> dict[str, int]:
    return {model._meta.label: model._base_manager.count() for model in apps.get_models() if model._meta.managed}


def head() -> tuple:
    return ChainHead.objects.values_list("number", "hash").first() or ()


def with_rule(on: str, *then: dict) -> dict:
    written = {**rule("late", "Late", form="x", words="Late.", then=[*then]), "on": on}
    del written["forms"]
    procedure = small_procedure()
    return {**procedure, "rules": [*procedure["rules"], written]}


def test_a_document_is_on_the_timeline_and_is_made_nowhere(scene):
    before, chain = count_rows(), head()
    procedure = with_rule("case_closed", {"do": "produce_document", "document": "summary"})
    with mock.patch("case_forms.cases.documents.actions.render_document") as render:
        story = tell(scene, {"do": "closes", "at": 10}, {"do": "reopens", "at": 20})
        timeline = simulate(story, procedure=procedure)
    (entry,) = timeline.of_kind("document.ordered")
    assert (entry.action, entry.minute) == ("summary", 10)
    assert entry.words["en"] == "A document is made: case summary."
    assert timeline.of_kind("case.reopened")
    assert not render.called
    assert (count_rows(), head()) == (before, chain)


def test_a_session_of_a_story_is_held_nowhere_else(scene):
    before, chain = count_rows(), head()
    told = {"do": "notify", "role": "coordinator", "ladder": "quick", "answer_minutes": 30}
    asked = {
        "do": "create_task",
        "task": "report",
        "label": texts("The report"),
        "owner": "mobile_unit",
        "minutes": 60,
        "ladder": "quick",
    }
    story = tell(scene, session={"participants": 7}, directory="invented")
    timeline = simulate(story, procedure=with_rule("session_held", told, asked))
    assert timeline.of_kind("notice.owed")[0].role == "coordinator"
    assert [clock.key for clock in timeline.deadlines] == ["report"]
    chased = [entry for entry in timeline.of_kind("notice.owed") if entry.role == "mobile_unit"]
    assert (chased[0].minute, chased[0].ladder) == (60, "quick")
    assert timeline.fired == ("late",)
    assert (count_rows(), head()) == (before, chain)


def test_a_story_leaves_every_table_of_the_real_system_as_it_was(scene):
    scene.send()
    before, chain = count_rows(), head()
    timeline = simulate(tell(scene, {"do": "accepts", "role": "police", "at": 5}))
    assert timeline.of_kind("notice.accepted")
    assert (count_rows(), head()) == (before, chain)


def test_nor_does_a_story_that_breaks_in_the_middle(scene, monkeypatch):
    before, chain, real = count_rows(), head(), connections["default"]
    monkeypatch.setattr(running, "get_next_moment", mock.Mock(side_effect=RuntimeError))
    with pytest.raises(RuntimeError):
        simulate(tell(scene))
    assert (count_rows(), head()) == (before, chain)
    assert connections["default"] is real
    assert not clock.is_imagined()


def test_the_swap_is_undone_when_the_story_is_left_by_an_exit(scene):
    real = connections["default"]
    with SimulatedSystem([tell(scene)]) as system:
        with pytest.raises(SystemExit), system.database.in_place():
            raise SystemExit
        assert connections["default"] is real
        # And the system can be used again.
        assert simulate(tell(scene), system=system).entries


def test_a_second_story_in_the_same_system_finds_it_as_the_first_did(scene):
    with SimulatedSystem([tell(scene)]) as system:
        first = simulate(tell(scene), system=system)
        second = simulate(tell(scene), system=system)
    assert [(entry.minute, entry.kind) for entry in first.entries] == [
        (entry.minute, entry.kind) for entry in second.entries
    ]


def test_nothing_is_enqueued_by_either_broker(scene, monkeypatch, django_capture_on_commit_callbacks):
    enqueued = mock.Mock()
    monkeypatch.setattr("notifications.outbox.queueing.async_task", enqueued)
    with django_capture_on_commit_callbacks(execute=True) as callbacks:
        simulate(tell(scene))
    assert callbacks == []
    assert not enqueued.called
    assert not OrmQ.objects.exists()


def test_a_task_asked_for_in_a_simulation_never_reaches_the_broker(scene, monkeypatch):
    enqueued = mock.Mock()
    monkeypatch.setattr("notifications.outbox.queueing.async_task", enqueued)
    with clock.imagine_time(clock.now()):
        assert enqueue_delivery(["one"])
    assert not enqueued.called


def test_nothing_is_sent(scene, monkeypatch):
    opened = mock.Mock()
    monkeypatch.setattr("notifications.channels.base.import_string", opened)
    timeline = simulate(tell(scene))
    assert timeline.of_kind("notice.sent")
    assert not opened.called
    assert mail.outbox == []


def test_a_simulation_gets_no_real_channel():
    with clock.imagine_time(clock.now()), pytest.raises(ReachesSomebody):
        ChannelPool().get("email")


def test_nobody_to_tell_wakes_nobody(scene, caplog, capsys):
    timeline = simulate(tell(scene, {"do": "no_shift", "role": "police"}, {"do": "no_shift", "role": "coordinator"}))
    assert any(not entry.who for entry in timeline.of_kind("notice.owed"))
    assert caplog.records == []
    assert "nobody" not in "".join(capsys.readouterr())


def test_other_threads_see_the_real_system(scene):
    seen = []

    def look():
        seen.append((clock.is_imagined(), connections["default"].settings_dict["NAME"]))
        connections["default"].close()

    real_name = connection.settings_dict["NAME"]
    with SimulatedSystem([tell(scene)]) as system, running.live(tell(scene), system):
        imagined = connections["default"]
        thread = threading.Thread(target=look)
        thread.start()
        thread.join()
        assert connections["default"] is imagined
    assert seen == [(False, real_name)]
    assert imagined is not connections["default"]


def test_a_simulation_inside_a_simulation_is_refused(scene):
    inner = MemoryDatabase()
    with (
        SimulatedSystem([tell(scene)]) as system,
        system.database.in_place(),
        pytest.raises(AlreadyImagined),
        inner.in_place(),
    ):
        pass


def test_what_waits_for_a_commit_never_runs_even_inside_the_system(scene):
    ran = mock.Mock()
    with SimulatedSystem([tell(scene)]) as system, system.database.in_place():
        transaction.on_commit(ran)
        log_event("seed.applied")
    assert not ran.called
    assert not AuditEntry.objects.filter(action="seed.applied").exists()


def write_and_fail() -> None:
    with transaction.atomic():
        with transaction.atomic():
            log_event("seed.released")
        log_event("seed.failed")
        raise LookupError


def test_a_block_that_fails_takes_back_what_was_done_in_it_and_no_more(scene):
    with SimulatedSystem([tell(scene)]) as system, system.database.in_place(), transaction.atomic():
        with transaction.atomic():
            log_event("seed.before")
        with pytest.raises(LookupError):
            write_and_fail()
        with transaction.atomic():
            log_event("seed.after")
        written = AuditEntry.objects.filter(action__startswith="seed.").order_by("number")
        assert list(written.values_list("action", flat=True)) == ["seed.before", "seed.after"]


def test_the_system_reads_the_real_one_in_a_bounded_number_of_queries(scene, django_assert_max_num_queries):
    story = tell(scene)
    with django_assert_max_num_queries(30):
        SimulatedSystem([story]).database.close()


def test_no_cache_takes_an_imagined_version_for_a_real_one(scene):
    draft = {**scene.procedure.definition, "rules": []}
    assert not simulate(tell(scene), procedure=draft).of_kind("notice.owed")
    assert simulate(tell(scene)).of_kind("notice.owed")
    assert procedure_parsing.parse_canonical(scene.procedure.canonical).rules


def test_the_content_types_that_the_process_remembers_stay_the_real_ones(scene):
    real = dict(ContentType.objects.values_list("pk", "model"))
    ContentType.objects.clear_cache()
    with SimulatedSystem([tell(scene)]) as system, running.live(tell(scene), system):
        assert dict(ContentType.objects.values_list("pk", "model")) == real
        # As code on the road may.
        asked = ContentType.objects.get_for_model(Notice)
    assert ContentType.objects.get_for_model(Notice) == asked
    assert real[asked.pk] == "notice"


def test_nothing_is_written_to_the_cache_that_processes_share(scene, monkeypatch):
    for name in ("set", "add", "set_many", "incr"):
        monkeypatch.setattr(type(cache), name, mock.Mock(side_effect=AssertionError), raising=False)
    assert simulate(tell(scene, {"do": "accepts", "role": "police", "at": 5})).of_kind("notice.accepted")


def test_sealed_columns_and_secrets_stay_where_they_are(scene):
    with SimulatedSystem([tell(scene)]) as system, system.database.in_place():
        from access.models import User
        from notifications.directory.models import Contact

        assert set(User.objects.values_list("password", flat=True)) == {""}
        assert set(Contact.objects.values_list("pin_hash", flat=True)) == {""}
        assert Region.objects.exists()


def test_the_case_and_the_notices_can_be_read_only_while_the_system_stands(scene):
    with SimulatedSystem([tell(scene)]) as system, running.live(tell(scene), system) as lived:
        assert lived.case is not None
        assert Notice.objects.filter(case_id=lived.case.pk).exists()
    assert not Notice.objects.filter(case_id=lived.case.pk).exists()
