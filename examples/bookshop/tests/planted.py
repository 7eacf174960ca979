"""Reads planted.json and finds its markers in the source."""

import json
import re
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SUFFIXES = {".py", ".html", ".jinja"}
#: Folders that are no source of the shop: its tests, and what Luthier wrote about it.
OTHERS = {"tests", ".luthier"}
MARKER = re.compile(r"(?:planted|twin): [a-z0-9-]+(?: (?:queryset|access)\b)?")


@cache
def planted():
    return json.loads((ROOT / "planted.json").read_text())


@cache
def markers():
    """Every marker of the source with the places where it stands: {marker: [(file, line), …]}."""
    found = {}
    for path in sorted(ROOT.rglob("*")):
        if path.suffix not in SUFFIXES or not OTHERS.isdisjoint(path.relative_to(ROOT).parts):
            continue
        for number, line in enumerate(path.read_text().splitlines(), start=1):
            for marker in MARKER.findall(line):
                found.setdefault(marker, []).append((path.relative_to(ROOT).as_posix(), number))
    return found
