"""Whose file is it: the project's, a library's, or neither."""

from __future__ import annotations

import os
import sys
import sysconfig

PROJECT, LIBRARY, OUTSIDE = 0, 1, 2

_OWN = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
_CWD = os.getcwd() if os.path.isdir(".") else os.sep


def _real(path: str) -> str:
    return os.path.realpath(path)


class Paths:
    """Sorts file names of code and templates for one project root."""

    def __init__(self, root: str) -> None:
        self.root = _real(root)
        self.standard = {_real(path) for name, path in sysconfig.get_paths().items() if name in ("stdlib", "platstdlib")}
        self.standard |= {_real(os.path.dirname(os.__file__)), _real(_OWN)}
        self.prefix = _real(sys.prefix)

    def sort(self, name: str) -> tuple[str, int]:
        """The path as the recording shows it, and its kind."""
        if name.startswith("<"):
            return name, LIBRARY if name.startswith("<frozen") else OUTSIDE
        path = _real(os.path.join(_CWD, name))
        parts = path.split(os.sep)
        is_inside = _is_below(path, self.root)
        shown = os.path.relpath(path, self.root).replace(os.sep, "/") if is_inside else path
        if "site-packages" in parts or "dist-packages" in parts:
            return _below_packages(parts), LIBRARY
        if any(_is_below(path, folder) for folder in self.standard):
            return path, LIBRARY
        if is_inside:
            is_environment = _is_below(self.prefix, self.root) and _is_below(path, self.prefix)
            return shown, LIBRARY if is_environment and self.prefix != self.root else PROJECT
        return path, LIBRARY if _is_below(path, self.prefix) else OUTSIDE


def _is_below(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)


def _below_packages(parts: list[str]) -> str:
    """`django/db/models/query.py`: where packages lie differs from machine to machine."""
    at = max(index for index, part in enumerate(parts) if part in ("site-packages", "dist-packages"))
    return "/".join(parts[at + 1 :]) or "/".join(parts)
