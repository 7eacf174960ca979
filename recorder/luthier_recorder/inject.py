"""Runs a function once a module was imported, by whoever imports it."""

from __future__ import annotations

import sys

from .fence import fenced

TYPE_CHECKING = False
if TYPE_CHECKING:  # Every Python that runs reads this module: what only types need is not imported.
    from types import ModuleType
    from typing import Any, Callable, Optional, Sequence

    Hook = Callable[[ModuleType], None]


class ImportWatcher:
    """A finder that finds nothing itself: for a watched module it asks the others, and adds to what their loader does."""

    def __init__(self) -> None:
        self.hooks: dict[str, list[Hook]] = {}
        self.searching: set[str] = set()

    def watch(self, name: str, hook: Hook) -> None:
        """Calls `hook` with the module after its import, or at once when that has happened."""
        module = sys.modules.get(name)
        if module is not None:
            fenced(hook)(module)
        else:
            self.hooks.setdefault(name, []).append(hook)

    def find_spec(self, name: str, path: Optional[Sequence[str]] = None, target: Any = None) -> Any:
        if name not in self.hooks or name in self.searching:
            return None
        self.searching.add(name)
        try:
            spec = self.ask_others(name, path, target)
        finally:
            self.searching.discard(name)
        if spec is not None and spec.loader is not None:
            self.extend(spec.loader, name)
        return spec

    def ask_others(self, name: str, path: Optional[Sequence[str]], target: Any) -> Any:
        for finder in sys.meta_path:
            find = getattr(finder, "find_spec", None)
            if finder is self or find is None:
                continue
            spec = find(name, path, target)
            if spec is not None:
                return spec
        return None

    @property
    def extend(self) -> Callable[[Any, str], None]:
        return fenced(self._extend)

    def _extend(self, loader: Any, name: str) -> None:
        """The loader stays what it is, and who asks for its type is not surprised: one attribute of the object is set."""
        original = loader.exec_module

        def exec_module(module: ModuleType) -> None:
            try:
                del loader.exec_module
            except AttributeError:
                pass
            original(module)
            for hook in self.hooks.pop(name, ()):
                fenced(hook)(module)

        loader.exec_module = exec_module


watcher = ImportWatcher()


def install() -> None:
    sys.meta_path.insert(0, watcher)  # type: ignore[arg-type]
