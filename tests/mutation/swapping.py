"""Put a mutant's code in place of a function's.

A function is found wherever it lives, by its file, name and line: in its module, in a class, in a property, in the
closure of a decorator, or in the name of whoever imported it, since all of these hold the same function.
"""

import functools
import gc
import importlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

Key = tuple[str, int]  # (qualified name, the line on which it begins)
MONITORING: Any = getattr(sys, "monitoring", None)  # Python 3.11 has none
TOOL = 4  # an id of `sys.monitoring` that nobody has been given


class Code:
    """The live functions of some modules. Made once, in the process from which the others are forked."""

    def __init__(self, root: Path, paths: list[str]) -> None:
        self.files = {path: str(importlib.import_module(to_module(path)).__file__) for path in paths}
        by_file = {filename: path for path, filename in self.files.items()}
        self.functions: dict[str, dict[Key, list[FunctionType]]] = {path: {} for path in paths}
        self._caches = []
        gc.unfreeze()  # what the tests' own conftest.py has put aside would not be found
        for each in gc.get_objects():
            # By `type`: asked for its class, a lazy object of Django's sets itself up.
            if type(each) is FunctionType:
                code = each.__code__
                if code.co_filename in by_file:
                    kept = self.functions[by_file[code.co_filename]]
                    kept.setdefault((code.co_qualname, code.co_firstlineno), []).append(each)
            elif type(each) is functools._lru_cache_wrapper:
                inner = each.__wrapped__
                if type(inner) is FunctionType and Path(inner.__code__.co_filename).is_relative_to(root):
                    self._caches.append(each)
        gc.freeze()

    def swap(self, path: str, key: Key, mutant: CodeType) -> list[CodeType]:
        """Let every live function of this name, and those made within it, be the mutant's. Return what it was given.

        Raises LookupError where there is no such function.
        """
        given = []
        name, _line = key
        made = {(each.co_qualname, each.co_firstlineno): each for each in iter_codes(mutant)}
        for (qualname, line), functions in self.functions[path].items():
            if (qualname, line) != key and not qualname.startswith(f"{name}.<locals>."):
                continue
            code = made.get((qualname, line))
            for function in functions:
                # A closure whose names would be others can't be given it; what it is made by can.
                if code is not None and code.co_freevars == function.__code__.co_freevars:
                    function.__code__ = code
                    given.append(code)
        if made.get(key) not in given:
            raise LookupError(f"{path}: {name}")
        for cache in self._caches:
            cache.cache_clear()
        return given


def to_module(path: str) -> str:
    """Return the name under which a file is imported: `site` is a folder of the path."""
    return path.removeprefix("site/").removesuffix(".py").replace("/", ".")


def iter_codes(code: CodeType) -> Iterator[CodeType]:
    """Yield a code and all that is made within it."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from iter_codes(constant)


class Watch:
    """Notes which of some codes are entered; `entered` is emptied by `begin`."""

    def __init__(self, codes: dict[CodeType, object]) -> None:
        self._names = codes
        self.entered: set[object] = set()
        MONITORING.use_tool_id(TOOL, "mutation")
        MONITORING.register_callback(TOOL, MONITORING.events.PY_START, self._note)
        for code in codes:
            MONITORING.set_local_events(TOOL, code, MONITORING.events.PY_START)

    def _note(self, code: CodeType, _offset: int) -> object:
        if code in self._names:
            self.entered.add(self._names[code])
        return MONITORING.DISABLE

    def begin(self) -> None:
        self.entered.clear()
        MONITORING.restart_events()


def watch_functions(code: Code) -> Watch:
    """Note the functions that are entered, each as (path, qualified name, line) of the outermost one."""
    names: dict[CodeType, object] = {}
    for path, functions in code.functions.items():
        for (qualname, line), found in functions.items():
            outermost = qualname.partition(".<locals>.")[0]
            # One that a decorator made is found by whoever made it, on whichever line that begins.
            begins = next((at for name, at in functions if name == outermost), line) if outermost != qualname else line
            for function in found:
                names |= dict.fromkeys(iter_codes(function.__code__), (path, outermost, begins))
    return Watch(names)


def watch_mutant(given: list[CodeType]) -> Callable[[], bool]:
    """Return a question: has one of these been entered?"""
    watch = Watch(dict.fromkeys(given))
    return lambda: bool(watch.entered)
