"""The classes of a registry: every module of its package is imported, so that a new class needs no other change."""

import importlib
import inspect
import pkgutil
from typing import TypeVar

Found = TypeVar("Found")


def find_classes(package: str, base: type[Found]) -> list[type[Found]]:
    """Return the classes under `base` that the package's modules define and that have a code, in a stable order."""
    path = importlib.import_module(package).__path__
    modules = [importlib.import_module(f"{package}.{each.name}") for each in pkgutil.iter_modules(path)]
    return [
        found
        for module in modules
        # `__module__`: a class that a module only imports isn't found twice. In the order in which they are written.
        for found in vars(module).values()
        if inspect.isclass(found) and issubclass(found, base) and found.__module__ == module.__name__
        if getattr(found, "code", "")
    ]
