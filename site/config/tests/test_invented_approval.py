"""A kind of decision that takes two people, invented here: what one has to write for it, all in one file."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import RequestFactory
from django.test.utils import isolate_apps

from access.models import PlaceChange, Region, User
from approvals import kinds
from approvals.changes import ChangeHandler, FieldRow
from approvals.kinds import Kind, Waiting, list_queues, register
from approvals.views import ChangeView
from audit.models import AuditEntry
from tests.world.places import make_coordinator, make_place

pytestmark = pytest.mark.django_db

with isolate_apps("access"):

    class Renaming(PlaceChange):
        class Meta:
            app_label = "access"
            proxy = True


class RenamingHandler(ChangeHandler[Renaming]):
    model, action, target_kind = Renaming, "place.renaming", "renaming"

    def check_second(self, change: Renaming, by: User, *, agree: bool) -> None:
        if change.asked_by_id == by.pk or not by.has_role("coordinator"):
            raise ValidationError("Another coordinator must decide.")

    def apply(self, change: Renaming, by: User, at: Any) -> None:
        Region.objects.filter(pk=change.entry_id).update(**change.values["after"])


class RenamingView(ChangeView[Renaming]):
    handler, template_name = RenamingHandler(), "access/admin/place_change.html"

    def may_see(self, change: Renaming, user: User) -> bool:
        return user.has_role("coordinator")

    def get_context(self, change: Renaming, user: User) -> dict[str, Any]:
        return {"rows": [FieldRow("name", "", change.values["after"]["name"])], "may_decide": True}

    def get_success_url(self, change: Renaming) -> str:
        return "/cms/"


def find(user: User) -> Iterator[Waiting]:
    for change in Renaming.objects.waiting().filter(kind="renaming").exclude(asked_by=user):
        yield Waiting(change.values["after"]["name"], f"/renaming/{change.pk}/", change.asked_at, change.asked_by)


# ---- all of the invented kind is above ----


@pytest.fixture
def change() -> Iterator[Renaming]:
    register(Kind("renamings", "Renamings", (), find))
    place = make_place()
    values = {"before": {}, "after": {"name": "Jug"}}
    yield Renaming.objects.create(
        kind="renaming", entry_id=place.region.pk, asked_by=make_coordinator(place), values=values
    )
    kinds._kinds.pop("renamings")


def press(change: Renaming, user: User, decision: str, monkeypatch: pytest.MonkeyPatch) -> int:
    request = RequestFactory().post("/", {"decision": decision})
    request.user = user
    monkeypatch.setattr("approvals.views.messages.success", lambda request, words: None)
    monkeypatch.setattr("approvals.views.render", lambda request, name, context, status: _Shown(status, context))
    return int(RenamingView.as_view()(request, pk=change.pk).status_code)


class _Shown:
    def __init__(self, status: int, context: dict[str, Any]) -> None:
        self.status_code, self.context = status, context


def test_an_invented_kind_waits_is_decided_by_another_and_is_on_record(
    change: Renaming, monkeypatch: pytest.MonkeyPatch
) -> None:
    asker, second = change.asked_by, make_coordinator(make_place())
    elsewhere = ("places",)  # whose table it shares
    assert [queue.kind.name for queue in list_queues(second, without=elsewhere)] == ["renamings"]
    assert list_queues(asker, without=elsewhere) == []
    assert press(change, asker, "agree", monkeypatch) == 409
    assert press(change, second, "withdraw", monkeypatch) == 409
    assert press(change, second, "", monkeypatch) == 409
    assert Region.objects.get(pk=change.entry_id).name != "Jug"
    assert press(change, second, "agree", monkeypatch) == 302
    assert Region.objects.get(pk=change.entry_id).name == "Jug"
    assert press(change, second, "refuse", monkeypatch) == 409
    entry = AuditEntry.objects.get(action="place.renaming_agreed")
    assert (entry.target_kind, entry.target_id, entry.detail["asked_by"]) == ("renaming", str(change.pk), asker.pk)
    assert list_queues(second, without=elsewhere) == []


def test_what_was_refused_or_withdrawn_changes_nothing(change: Renaming, monkeypatch: pytest.MonkeyPatch) -> None:
    again = Renaming.objects.create(
        kind="renaming", entry_id=0, asked_by=change.asked_by, values={"before": {}, "after": {"name": "x"}}
    )
    assert press(change, make_coordinator(make_place()), "refuse", monkeypatch) == 302
    assert press(again, again.asked_by, "withdraw", monkeypatch) == 302
    assert Region.objects.filter(name="Jug").count() == 0
    assert {each.decision for each in Renaming.objects.all()} == {"refused", "withdrawn"}
