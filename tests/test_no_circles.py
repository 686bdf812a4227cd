"""Which modules may import each other in a circle: none but these."""

from graphlib import CycleError, TopologicalSorter

import grimp
import pytest

ROOMS = ("access", "audit", "case_forms", "config", "content", "notifications", "outreach_pages", "sanitizer", "vault")
# One of the two is imported late, and a comment there says why.
KNOWN = {
    ("vault.seal", "vault.data_keys"),
    ("vault.data_keys", "vault.models"),
    ("access.staff.role_conflicts", "access.models"),
}


def is_discovery(importer: str, imported: str) -> bool:
    """Tell whether an app's models import those of a folder of it: Django looks for models in one module only."""
    app, _dot, name = importer.rpartition(".")
    return name == "models" and imported.startswith(f"{app}.") and imported.endswith(".models")


def find_circle(room: str) -> list[str]:
    """Return the modules of one circle within a room, in the order in which they import each other; [] of none."""
    graph = grimp.build_graph(room, exclude_type_checking_imports=True, cache_dir=None)
    own = [module for module in graph.modules if ".tests" not in module and ".migrations" not in module]
    assert own
    imports = {
        module: {
            each
            for each in graph.find_modules_directly_imported_by(module)
            if (module, each) not in KNOWN and not is_discovery(module, each)
        }
        for module in own
    }
    try:
        TopologicalSorter(imports).prepare()
    except CycleError as error:
        circle: list[str] = error.args[1]
        return circle
    return []


@pytest.mark.parametrize("room", ROOMS)
def test_modules_of_a_room_import_each_other_in_no_circle(room: str) -> None:
    assert find_circle(room) == []
