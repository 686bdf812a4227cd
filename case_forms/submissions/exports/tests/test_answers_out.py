"""Answers leave as tables: all versions, one table for each group, and no more in clear than the reader may see."""

import csv
import io
import zipfile
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from openpyxl import load_workbook

from access.reach import remembering
from audit.models import AuditEntry, PutAside
from audit.tests.counting import denials
from case_forms.cases.finding.models import CaseAccess
from case_forms.submissions.models import Submission
from tests.world.forms import choices, publish, question, small_form, texts
from tests.world.places import make_coordinator, make_place, make_unit_with_worker, make_user
from tests.world.scene import make_scene
from vault.tests.spoiling import spoil

from .. import actions
from ..forms import ExportForm, _find_used_forms, _find_used_units
from ..models import AnswerExport, ExportPart
from ..selection import Filters, Outgoing, selected

pytestmark = pytest.mark.django_db
HIDDEN = "Not shown to you"


@pytest.fixture
def scene():
    return make_scene()


def signed_in(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def asked(user, **chosen):
    fields = {"form": "small_identification", "format": "csv", "how": "codes", **chosen}
    return signed_in(user).post("/field/answers/", fields)


def asked_with_names(user, **chosen):
    """Ask for the file with names, write it as a worker does, and fetch it."""
    fields = {"form": "small_identification", "format": "csv", "how": "codes", "reason": "check", "words": "A check"}
    assert signed_in(user).post("/field/answers/with-names/", {**fields, **chosen}).status_code == 302
    export = AnswerExport.objects.filter(by=user).latest("created_at")
    actions.run_export(str(export.pk))
    return signed_in(user).get(f"/field/answers/{export.pk}/file/")


def tables(answer) -> dict[str, list[dict[str, str]]]:
    content = b"".join(answer.streaming_content)
    archive = zipfile.ZipFile(io.BytesIO(content))
    found = {}
    for name in archive.namelist():
        text = archive.read(name).decode("utf-8-sig")
        found[name.removesuffix(".csv")] = list(csv.DictReader(io.StringIO(text, newline="")))
    return found


def test_a_coordinator_gets_one_table_for_the_form_and_one_for_each_group(scene):
    sent = scene.send(companions=[{"companion_name": "Ana"}, {"companion_name": "=Beni()"}], weight=61.5)
    found = tables(asked_with_names(make_coordinator(scene.place)))
    [row] = found["small_identification"]
    assert row["_submission"] == str(sent.submission.pk)
    assert (row["_version"], row["_unit"], row["_drill"]) == ("1", scene.unit.slug, "false")
    assert row["_case"] == sent.submission.case.reference
    assert (row["municipality"], row["weight"]) == (scene.place.municipality.slug, "61.5")
    assert [(r["_row"], r["companion_name"]) for r in found["companions"]] == [("1", "Ana"), ("2", "'=Beni()")]


def test_a_special_answer_is_in_clear_only_where_the_form_shares_it_with_the_coordinator(scene):
    changed = small_form()
    story = next(i for s in changed["sections"] for i in s["items"] if i["key"] == "story")
    coordinator = make_coordinator(scene.place)
    scene.send(story="What happened")
    [row] = tables(asked_with_names(coordinator))["small_identification"]
    assert row["story"] == HIDDEN
    story["shared_with"] = {"coordinator": {"==": [{"var": "danger"}, "yes"]}}
    scene.form = publish(changed)
    scene.send(story="What happened then", danger="yes")
    scene.send(story="What else", danger="no")
    rows = tables(asked_with_names(coordinator))["small_identification"]
    assert [row["story"] for row in rows] == [HIDDEN, "What happened then", HIDDEN]


def test_an_unanswered_question_looks_the_same_as_an_answered_one_where_neither_is_shown(scene):
    scene.send(story="What happened")
    scene.send(story=None, result="not_victim")
    rows = tables(asked_with_names(make_coordinator(scene.place)))["small_identification"]
    assert [row["story"] for row in rows] == [HIDDEN, HIDDEN]


def test_a_worker_gets_their_units_answers_without_anything_personal(scene):
    scene.send(companions=[{"companion_name": "Ana"}])
    answer = asked_with_names(scene.worker)
    found = tables(answer)
    assert {row["first_name"] for row in found["small_identification"]} == {HIDDEN}
    assert {row["companion_name"] for row in found["companions"]} == {HIDDEN}


def test_another_regions_answers_are_not_there(scene):
    scene.send()
    elsewhere = make_place()
    stranger = make_coordinator(elsewhere)
    assert asked(stranger).status_code == 422  # the form isn't one they can choose
    _unit, other_worker = make_unit_with_worker(elsewhere)
    assert asked(other_worker).status_code == 422


def test_editors_and_operators_take_nothing_out(scene):
    for role in ("editor", "operator"):
        assert asked(make_user(role)).status_code in (403, 404)


def test_columns_are_the_union_of_all_versions_and_each_row_names_its_own(scene):
    scene.send()
    changed = small_form()
    items = changed["sections"][1]["items"]
    items[:] = [item for item in items if item["key"] != "weight"]
    items.append(question("height", "decimal"))
    scene.form = publish(changed)
    scene.send(height=1.7)
    rows = tables(asked_with_names(make_coordinator(scene.place)))["small_identification"]
    assert [(row["_version"], row["weight"], row["height"]) for row in rows] == [("1", "", ""), ("2", "", "1.7")]


def test_groups_inside_groups_have_tables_of_their_own():
    scene = make_scene()
    definition = small_form()
    definition["sections"][2]["items"][0]["items"].append(
        {
            "item": "repeat",
            "key": "papers",
            "label": texts("Paper"),
            "items": [question("paper", "text", sensitivity="internal")],
        }
    )
    scene.form = publish(definition)
    scene.send(
        companions=[
            {"companion_name": "Ana", "papers": [{"paper": "ID"}, {"paper": "passport"}]},
            {"companion_name": "Beni", "papers": [{"paper": "none"}]},
        ]
    )
    found = tables(asked_with_names(make_coordinator(scene.place)))
    papers = [(row["_parent_row"], row["_row"], row["paper"]) for row in found["companions.papers"]]
    assert papers == [("1", "1", "ID"), ("1", "2", "passport"), ("2", "1", "none")]


def test_labels_are_in_the_readers_language(scene):
    scene.send(needs=["shelter"])
    answer = asked(make_coordinator(scene.place), how="labels", format="xlsx")
    book = load_workbook(io.BytesIO(b"".join(answer.streaming_content)))
    header, row = list(book["small_identification"].values)
    named = dict(zip(header, row, strict=True))
    assert named["Needs"] == "Shelter"
    assert named["Mobile unit"] == scene.unit.slug
    assert set(book.sheetnames) == {"small_identification", "companions"}


def test_days_and_units_and_drills_choose_what_goes_out(scene):
    old = scene.send().submission
    Submission.objects.filter(pk=old.pk).update(occurred_at=timezone.now() - timedelta(days=40))
    new = scene.send().submission
    drill = scene.send().submission
    Submission.objects.filter(pk=drill.pk).update(is_drill=True)
    coordinator = make_coordinator(scene.place)

    def taken(**chosen):
        answer = asked(coordinator, **chosen)
        if answer.status_code == 422:
            return set()
        return {row["_submission"] for row in tables(answer)["small_identification"]}

    week_ago = (timezone.localdate() - timedelta(days=7)).isoformat()
    assert taken() == {str(old.pk), str(new.pk)}
    assert taken(since=week_ago) == {str(new.pk)}
    assert taken(until=week_ago) == {str(old.pk)}
    assert taken(since="0001-01-01", until="9999-12-31") == {str(old.pk), str(new.pk)}
    assert taken(until="0001-01-01") == taken(since="9999-12-31") == set()
    assert taken(since=week_ago, drills="on") == {str(new.pk), str(drill.pk)}
    assert taken(unit=scene.unit.slug) == {str(old.pk), str(new.pk)}


if connection.vendor == "sqlite":  # PostgreSQL decides by what is in the tables

    def test_days_of_a_form_are_read_along_an_index_and_not_all_there_are_of_it(scene):
        days = Filters(since=timezone.localdate(), until=timezone.localdate())
        sent = scene.send()
        found = selected(sent.submission.form_version.form, make_coordinator(scene.place), days)
        assert "submission_of_form_by_day" in found.explain()


def test_wrong_days_are_said_beside_the_field(scene):
    scene.send()
    answer = asked(make_coordinator(scene.place), since="2026-02-02", until="2026-01-01")
    assert answer.status_code == 422
    assert "This day is before the first one." in answer.content.decode()


def test_taking_answers_out_is_recorded_with_how_many_and_never_with_what(scene):
    scene.send(story="Unmistakable")
    coordinator = make_coordinator(scene.place)
    b"".join(asked(coordinator).streaming_content)
    entry = AuditEntry.objects.get(action="answers.exported")
    assert entry.actor_id == str(coordinator.pk)
    assert (entry.detail["submissions"], entry.detail["form"]) == (1, "small_identification")
    assert "Unmistakable" not in str(entry.detail)


def test_looking_at_the_page_records_and_changes_nothing(scene):
    scene.send()
    client = signed_in(make_coordinator(scene.place))
    before = AuditEntry.objects.count()
    answer = client.get("/field/answers/")
    assert answer.status_code == 200
    assert AuditEntry.objects.count() == before


# ---- large ones ----


@pytest.fixture
def large(scene, monkeypatch, django_capture_on_commit_callbacks):
    monkeypatch.setattr("case_forms.submissions.exports.views.AT_ONCE", 1)
    woken: list[tuple[str, str]] = []
    monkeypatch.setattr(actions, "enqueue_bulk", lambda path, argument: woken.append((path, argument)))
    scene.send(story="Unmistakable one")
    scene.send()
    scene.coordinator = make_coordinator(scene.place)
    with django_capture_on_commit_callbacks(execute=True):
        answer = asked(scene.coordinator)
    assert answer.status_code == 302
    scene.export = AnswerExport.objects.get()
    assert woken == [(actions.TASK, str(scene.export.pk))]
    return scene


def test_many_answers_are_written_in_the_background_and_fetched_when_they_are_ready(large):
    client = signed_in(large.coordinator)
    page = client.get(f"/field/answers/{large.export.pk}/")
    assert page["Refresh"] == "2"
    assert client.get(f"/field/answers/{large.export.pk}/file/").status_code == 302
    actions.run_export(str(large.export.pk))
    page = client.get(f"/field/answers/{large.export.pk}/")
    assert "Refresh" not in page
    assert "Download the file" in page.content.decode()
    answer = client.get(f"/field/answers/{large.export.pk}/file/")
    assert len(tables(answer)["small_identification"]) == 2
    assert "no-store" in answer["Cache-Control"]
    assert AuditEntry.objects.filter(action="answers.fetched", actor_id=str(large.coordinator.pk)).count() == 1


def test_the_file_is_sealed_where_it_lies(large):
    actions.run_export(str(large.export.pk))
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT content FROM intake_exportpart")
        stored = "".join(row[0] for row in cursor.fetchall())
    assert stored
    assert "small_identification" not in stored
    assert "PK" not in stored[:10]


def test_nobody_else_fetches_it(large):
    actions.run_export(str(large.export.pk))
    colleague = make_coordinator(large.place)
    for path in ("", "file/"):
        assert signed_in(colleague).get(f"/field/answers/{large.export.pk}/{path}").status_code == 404
    assert signed_in(colleague).post(f"/field/answers/{large.export.pk}/drop/").status_code == 404
    assert denials(actor_id=str(colleague.pk)) == 3


def test_running_it_twice_writes_it_once(large):
    actions.run_export(str(large.export.pk))
    parts = set(ExportPart.objects.values_list("pk", flat=True))
    actions.run_export(str(large.export.pk))
    assert set(ExportPart.objects.values_list("pk", flat=True)) == parts


def test_a_task_that_died_half_way_is_taken_up_again_from_the_start(large):
    ExportPart.objects.create(export=large.export, number=0, content=b"half")
    AnswerExport.objects.update(started_at=timezone.now(), done=1)
    actions.run_export(str(large.export.pk))
    answer = signed_in(large.coordinator).get(f"/field/answers/{large.export.pk}/file/")
    assert len(tables(answer)["small_identification"]) == 2


def test_one_that_fails_says_so_and_leaves_nothing_behind(large, monkeypatch):
    def broken(*args, **kwargs):
        raise ValueError("Unmistakable one")

    monkeypatch.setattr(Outgoing, "_rows_or_a_word", staticmethod(broken))  # a fault outside any one submission
    actions.run_export(str(large.export.pk))
    large.export.refresh_from_db()
    assert (large.export.state, large.export.failed) == ("failed", "ValueError")
    assert not ExportPart.objects.exists()
    page = signed_in(large.coordinator).get(f"/field/answers/{large.export.pk}/").content.decode()
    assert "could not be created" in page
    assert "Unmistakable" not in page


def test_whoever_left_the_region_meanwhile_gets_nothing_of_it(large):
    large.coordinator.assignments.update(ends_on=timezone.localdate() - timedelta(days=1))
    outgoing = Outgoing(large.form.form, large.coordinator, Filters(), language="en", labels=False)
    assert not outgoing.submissions().exists()
    actions.run_export(str(large.export.pk))
    assert not any("Unmistakable" in str(part.content) for part in ExportPart.objects.all())


def test_an_export_whose_task_was_lost_is_enqueued_again_by_housekeeping(large, monkeypatch):
    woken: list[tuple[str, str]] = []
    monkeypatch.setattr(actions, "enqueue_bulk", lambda path, argument: woken.append((path, argument)))
    actions.tidy_exports(timezone.now())
    assert woken == []
    actions.tidy_exports(timezone.now() + timedelta(minutes=21))
    assert woken == [(actions.TASK, str(large.export.pk))]
    actions.run_export(str(large.export.pk))
    actions.tidy_exports(timezone.now() + timedelta(minutes=42))
    assert len(woken) == 1


def test_housekeeping_deletes_what_has_expired_and_says_of_the_stuck_that_they_failed(large):
    actions.run_export(str(large.export.pk))
    stuck = AnswerExport.objects.create(
        form=large.form.form,
        by=large.coordinator,
        format="csv",
        language="en",
        started_at=timezone.now() - timedelta(hours=1),
    )
    AnswerExport.objects.filter(pk=large.export.pk).update(expires_at=timezone.now())
    assert actions.tidy_exports(timezone.now()) == 1
    assert not ExportPart.objects.exists()
    stuck.refresh_from_db()
    assert stuck.state == "failed"


def test_more_than_a_workbook_holds_is_refused_beside_the_format(large, monkeypatch):
    monkeypatch.setattr(actions, "MAX_SUBMISSIONS", dict.fromkeys(actions.MAX_SUBMISSIONS, 1))
    answer = asked(large.coordinator, format="xlsx")
    assert answer.status_code == 422
    assert "can hold at most 1 submissions" in answer.content.decode()


def test_a_workbook_of_more_cells_than_memory_has_room_for_is_refused_and_its_csv_is_not(large, monkeypatch):
    columns = len(actions.Outgoing.of(large.export).columns())
    monkeypatch.setattr(actions, "MAX_CELLS", columns)
    answer = asked(large.coordinator, format="xlsx")
    assert answer.status_code == 422
    assert "can hold at most 1 submissions" in answer.content.decode()
    assert asked(large.coordinator, format="csv").status_code == 302


@pytest.mark.usefixtures("own_data_keys")
def test_keys_can_be_rotated_under_a_file_that_waits(large):
    actions.run_export(str(large.export.pk))
    call_command("vault_rotate")
    answer = signed_in(large.coordinator).get(f"/field/answers/{large.export.pk}/file/")
    assert tables(answer)


def test_choices_are_written_as_codes_or_as_labels():
    scene = make_scene()
    definition = small_form()
    definition["sections"][1]["items"].append(
        question("colour", "select_one", choices=choices("red", "blue"), sensitivity="internal")
    )
    scene.form = publish(definition)
    scene.send(colour="red")
    coordinator = make_coordinator(scene.place)
    assert tables(asked(coordinator, how="codes"))["small_identification"][0]["colour"] == "red"
    assert tables(asked(coordinator, how="labels"))["small_identification"][0]["Colour"] == "Red"


def test_a_submission_that_cannot_be_read_is_named_in_the_file_and_all_others_are_in_it(scene):
    bad, good = scene.send(), scene.send(companions=[{"companion_name": "Ana"}], weight=61.5)
    spoil(bad.submission, "answers")
    found = tables(asked_with_names(make_coordinator(scene.place)))
    rows = {row["_submission"]: row for row in found["small_identification"]}
    assert rows[str(bad.submission.pk)]["weight"] == "can't be read"
    assert rows[str(good.submission.pk)]["weight"] == "61.5"
    assert [row["companion_name"] for row in found["companions"]] == ["Ana"]
    assert PutAside.objects.get().row == str(bad.submission.pk)


def test_forms_and_units_offered_are_those_of_what_a_person_may_read(scene):
    scene.send()
    case = Submission.objects.get().case
    there = make_place()
    unit, opened_to = make_unit_with_worker(there)
    CaseAccess.objects.create(case=case, unit=unit)
    _unit, nobody = make_unit_with_worker(make_place())
    people = [scene.worker, make_coordinator(scene.place), opened_to, nobody, make_coordinator(there)]
    for person in [*people, make_user("editor")]:
        seen = Submission.objects.visible_to(person)
        for used, name in ((_find_used_forms, "form_version__form"), (_find_used_units, "unit")):
            expected = sorted(seen.order_by().values_list(name, flat=True).distinct())
            assert sorted(used(Submission.objects.visible_in_known_ways(person).order_by())) == expected
            with remembering():
                assert sorted(used(Submission.objects.visible_in_known_ways(person).order_by())) == expected
    assert [Submission.objects.visible_in_known_ways(person).exists() for person in people[:4]] == [
        True,
        True,
        True,
        False,
    ]


def test_what_is_offered_is_asked_with_the_numbers_of_units_and_regions(scene):
    """Of a query for them PostgreSQL guesses how many it gives: of none it read a million cases to find one."""
    scene.send()
    with CaptureQueriesContext(connection) as asked_for:
        assert ExportForm(user=make_coordinator(scene.place)).fields["form"].queryset
    of_answers = [query["sql"] for query in asked_for if 'FROM "intake_submission"' in query["sql"]]
    assert len(of_answers) > 3
    of_people = [statement for statement in of_answers if "access_" in statement and "caseaccess" not in statement]
    assert not of_people


def test_whoever_may_read_nothing_is_told_so_by_an_index_and_not_by_reading_what_others_have(scene):
    scene.send()
    _unit, nobody = make_unit_with_worker(make_place())
    with remembering(), CaptureQueriesContext(connection) as asked_for:
        assert not ExportForm(user=nobody).fields["form"].queryset
    of_answers = [query["sql"] for query in asked_for if 'FROM "intake_submission"' in query["sql"]]
    assert of_answers
    assert not [statement for statement in of_answers if " OR " in statement or "form_version_id" in statement]
