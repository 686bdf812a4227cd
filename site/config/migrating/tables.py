"""The migration operation that makes all tables of an app at once."""

from collections.abc import Sequence
from typing import Any

from django.db.migrations.operations import CreateModel
from django.db.migrations.operations.base import Operation, OperationCategory
from django.db.migrations.state import ProjectState


class MakeTables(Operation):
    """Make the tables of new models as they are after all of these operations, each with its indexes and constraints.

    `operations`: what `makemigrations` writes for an app without migrations: CreateModel, AddField, AddIndex,
    AddConstraint, of this app's models only. Django would render anew, with each of them, every model that is tied to
    the one it changes, which are nearly all. Nothing that is there already changes by a new table, so here only the
    new models are rendered, once.

    Statements that Django keeps for the end of the migration are run here, so that the tables and the record of this
    migration are written in one transaction, and what follows in the migration finds the indexes.
    """

    category = OperationCategory.ADDITION

    def __init__(self, operations: Sequence[Operation]) -> None:
        self.operations = list(operations)

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        return type(self).__name__, [self.operations], {}

    @property
    def made(self) -> list[str]:
        """The names of the new models."""
        return [each.name for each in self.operations if isinstance(each, CreateModel)]

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        rendered: Any = state.__dict__.pop("apps", None)  # without it nothing is rendered
        for operation in self.operations:
            operation.state_forwards(app_label, state)
        if rendered is not None:
            rendered.render_multiple([state.models[app_label, name.lower()] for name in self.made])
            state.__dict__["apps"] = rendered

    def database_forwards(
        self, app_label: str, schema_editor: Any, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        for name in self.made:
            model = to_state.apps.get_model(app_label, name)
            if self.allow_migrate_model(schema_editor.connection.alias, model):
                schema_editor.create_model(model)
        deferred, schema_editor.deferred_sql = schema_editor.deferred_sql, []
        for statement in deferred:
            schema_editor.execute(statement, None)

    def database_backwards(
        self, app_label: str, schema_editor: Any, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        for name in reversed(self.made):
            model = from_state.apps.get_model(app_label, name)
            if self.allow_migrate_model(schema_editor.connection.alias, model):
                schema_editor.delete_model(model)

    def describe(self) -> str:
        return f"Make {len(self.made)} tables"
