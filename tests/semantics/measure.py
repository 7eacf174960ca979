"""Runs every fact on the installed Django, counts its queries and compares them with what the fact claims.

    python measure.py                  every fact, one line each
    python measure.py fk_pk drf        only facts whose name or topic contains one of the words
    python measure.py --failed         only the lines of facts that do not hold
    python measure.py --sql fk_pk      also the statements
    python measure.py --json FILE      also writes facts, verdicts and marked lines, for the tests of Luthier

The header of a fact is described in README.md.
"""

import argparse
import ast
import contextlib
import importlib
import inspect
import io
import json
import os
import re
import sqlite3
import sys
import warnings
from pathlib import Path

ROOT = Path(__file__).resolve().parent
TRANSACTION = re.compile(r"(BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE)\b", re.IGNORECASE)
HEADER = re.compile(r"\s*([a-z]+)(?:\[([^\]]+)\])?:\s*(.+?)\s*$")
MARKER = re.compile(r"(?:#|\{#)\s*here(?::\s*([\w\-, ]+?))?\s*(?:#\}|$)", re.MULTILINE)
SINGLE = {"queries", "raises", "since", "until", "transactions", "grows"}
MANY = {"verdict", "silent", "at", "code"}
# Where a fact claims no other verdict, none of these rules may report anything.
JUDGED = (
    "add-in-loop",
    "aggregate-in-loop",
    "defeated-prefetch",
    "deferred-field-load",
    "delete-in-loop",
    "generic-foreign-key-lazy",
    "get-or-create-in-loop",
    "lazy-in-async",
    "n-plus-one",
    "only-without-foreign-key",
    "prefetch-in-loop",
    "query-in-loop",
    "save-in-loop",
    "validation-per-row",
)


class HeaderError(Exception):
    """A fact whose header cannot be understood."""


def version_of(text):
    return tuple(int(part) for part in text.split("."))


def holds_for(selector, version):
    """`4.2` is that version, `5.0+` that one or later, `<5.1` any before."""
    if selector is None:
        return True
    if selector.startswith("<"):
        return version < version_of(selector[1:])
    if selector.endswith("+"):
        return version >= version_of(selector[:-1])
    return version == version_of(selector)


def read_header(doc, name):
    """The lines `key: value` and `key[version]: value` of a docstring, in order."""
    entries = []
    for line in (doc or "").splitlines():
        match = HEADER.match(line)
        if match and match[1] in SINGLE | MANY:
            entries.append(match.groups())
        elif match and " " not in line.strip().split(":")[0]:
            raise HeaderError(f"{name}: unknown key {match[1]!r}")
    return entries


def choose(entries, version):
    """What the header says for one version. Lines for a version take the place of the general ones."""
    chosen = {key: [] for key in SINGLE | MANY}
    for key in chosen:
        fitting = [entry for entry in entries if entry[0] == key and holds_for(entry[1], version)]
        special = [entry for entry in fitting if entry[1]]
        chosen[key] = [value for _, _, value in special or fitting]
    return chosen


def applies(header, version):
    too_old = any(version < version_of(since) for since in header["since"])
    return not too_old and not any(version > version_of(until) for until in header["until"])


def read_markers():
    """Lines marked for a fact by its name: the name to its places."""
    places = {}
    kinds = ("project/**/*.py", "project/**/*.html", "facts/*.py")
    files = [path for kind in kinds for path in sorted(ROOT.glob(kind))]
    for path in files:
        for number, line in enumerate(path.read_text().splitlines(), 1):
            for match in MARKER.finditer(line):
                for name in re.split(r"[,\s]+", match[1] or ""):
                    place = {"file": path.relative_to(ROOT).as_posix(), "line": number}
                    places.setdefault(name, []).append(place)
    return places


def defined_by(node):
    if isinstance(node, ast.Assign):
        return [target.id for target in node.targets if isinstance(target, ast.Name)]
    return [getattr(node, "name", None)]


def first_line(node):
    return min([node.lineno, *(decorator.lineno for decorator in getattr(node, "decorator_list", []))])


def definition(reference):
    """`project/library/admin.py Name` as a range of lines."""
    file, name = reference.split()
    for node in ast.walk(ast.parse((ROOT / file).read_text())):
        if name in defined_by(node):
            return {"file": file, "line": first_line(node), "endLine": node.end_lineno}
    raise HeaderError(f"{reference}: no such definition")


def read_topics(version, markers):
    """Every fact of every topic that exists in this version, without running anything."""
    facts, seen = [], []
    for path in sorted((ROOT / "facts").glob("*.py")):
        if path.stem == "__init__":
            continue
        text = path.read_text()
        module = ast.parse(text)
        topic_header = read_header(ast.get_docstring(module), path.stem)
        for node in module.body:
            if getattr(node, "name", "").startswith("fact_"):
                fact = read_fact(path, text, node, topic_header, version, markers)
                seen.append(node.name)
                facts += [fact] if fact else []
    check_names(seen, markers)
    return facts, len(seen) - len(facts)


def check_names(seen, markers):
    twice = {name for name in seen if seen.count(name) > 1}
    unknown = {name for name in markers if name.startswith("fact_")} - set(seen)
    if twice or unknown:
        raise HeaderError(f"named twice: {sorted(twice)}; marked but not there: {sorted(unknown)}")


def read_fact(path, text, node, topic_header, version, markers):
    header = choose(topic_header + read_header(ast.get_docstring(node), node.name), version)
    if not applies(header, version):
        return None
    if not header["queries"] or not header["verdict"]:
        raise HeaderError(f"{node.name}: wants `queries:` and `verdict:`")
    file = path.relative_to(ROOT).as_posix()
    first = first_line(node)
    own = own_markers(file, text, first, node.end_lineno)
    elsewhere = [place for name in [node.name, *header["at"]] for place in markers.get(name, [])]
    fact = {
        "name": node.name,
        "topic": path.stem,
        "claim": ast.get_docstring(node).splitlines()[0],
        "file": file,
        "line": first,
        "endLine": node.end_lineno,
        "code": [definition(reference) for reference in header["code"]],
        "queries": int(header["queries"][-1]),
        "transactions": "counted" in header["transactions"],
        "raises": header["raises"][-1] if header["raises"] else None,
        "open": header["verdict"] == ["open"],
        "verdicts": [
            verdict(text, own, elsewhere, node.name) for text in header["verdict"] if text not in ("none", "open")
        ],
        "silent": header["silent"],
    }
    return {**fact, "grows": expected_growth(fact, header["grows"])}


def expected_growth(fact, told):
    """Whether the cost follows the number of rows; None where that says nothing about the verdict."""
    if told:
        return told[-1] == "yes"
    if fact["open"] or fact["raises"]:
        return None
    return any(verdict["rule"] in JUDGED for verdict in fact["verdicts"])


def own_markers(file, text, first, last):
    places = []
    for number, line in enumerate(text.splitlines()[first - 1 : last], first):
        match = MARKER.search(line)
        if match:
            places.append({"file": file, "line": number, "select": match[1]})
    return places


def verdict(text, own, elsewhere, name):
    rule, _, relation = text.partition(" ")
    fitting = [place for place in own if place["select"] in (None, rule, relation)]
    places = [{"file": place["file"], "line": place["line"]} for place in fitting]
    if not places + elsewhere:
        raise HeaderError(f"{name}: no line is marked for {rule}")
    return {"rule": rule, "relation": relation or None, "places": places or elsewhere}


class Laboratory:
    """An in-memory database, five parents or ten, that is put back before each fact."""

    def __init__(self):
        import django
        from django.core.management import call_command
        from django.db import connection

        os.environ["DJANGO_SETTINGS_MODULE"] = "project.settings"
        sys.path.insert(0, str(ROOT))
        django.setup()
        call_command("migrate", run_syncdb=True, verbosity=0)
        from project.library.seed import grow, seed

        seed()
        self.connection = connection
        self.small = self.save()
        grow()
        self.large = self.save()

    def save(self):
        copy = sqlite3.connect(":memory:")
        self.connection.connection.backup(copy)
        return copy

    def reset(self, snapshot):
        from django.apps import apps
        from django.contrib.contenttypes.models import ContentType
        from django.core.cache import cache

        snapshot.backup(self.connection.connection)
        cache.clear()
        # As in a process that has served requests before.
        ContentType.objects.clear_cache()
        ContentType.objects.get_for_models(*apps.get_models())

    def run(self, fact, snapshot):
        """The statements that count, and the exception if one was raised."""
        from asgiref.sync import async_to_sync
        from django.test.utils import CaptureQueriesContext

        function = getattr(importlib.import_module(f"facts.{fact['topic']}"), fact["name"])
        if inspect.iscoroutinefunction(function):
            function = async_to_sync(function)
        self.reset(snapshot)
        raised = None
        quiet = contextlib.redirect_stderr(io.StringIO())
        with quiet, warnings.catch_warnings(), CaptureQueriesContext(self.connection) as context:
            warnings.simplefilter("ignore")
            try:
                function()
            except Exception as error:
                raised = error
        statements = [query["sql"] for query in context.captured_queries]
        return [sql for sql in statements if fact["transactions"] or not TRANSACTION.match(sql)], raised

    def measure(self, fact):
        """The statements for five parents, and what does not hold, in words."""
        statements, raised = self.run(fact, self.small)
        wrong = judge(fact, statements, raised)
        if wrong is None and fact["grows"] is not None:
            more = len(self.run(fact, self.large)[0]) - len(statements)
            wrong = judge_growth(fact["grows"], more)
        return statements, wrong


def judge_growth(expected, more):
    """A verdict about rows has to be true of rows: with twice as many the cost goes up, or else it does not."""
    if expected and more <= 0:
        return "the verdict is about each row, but twice the rows cost no more (`grows: no` if that is right)"
    if not expected and more > 0:
        return f"no verdict is about each row, but twice the rows cost {more} more (`grows: yes` if that is right)"
    return None


def judge(fact, statements, raised):
    """What does not hold, in words, or nothing."""
    found = type(raised).__name__ if raised else None
    if found != fact["raises"]:
        return f"raised {found} {raised or ''}".strip() if found else f"did not raise {fact['raises']}"
    if len(statements) != fact["queries"]:
        return f"claims {fact['queries']}"
    return None


def print_fact(fact, statements, wrong, show_sql):
    verdicts = ", ".join(f"{v['rule']} {v['relation'] or ''}".strip() for v in fact["verdicts"]) or "-"
    print(f"{'FAIL' if wrong else 'ok':<5}{len(statements):>3}  {fact['topic'] + '.' + fact['name']:<78}{verdicts}")
    if wrong:
        print(f"          {wrong}")
    if show_sql:
        for sql in statements:
            print(f"          {sql}")


def read_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("words", nargs="*", help="only facts whose name or topic contains one of these")
    parser.add_argument("--json", metavar="FILE", help="write the facts for the tests of Luthier")
    parser.add_argument("--failed", action="store_true", help="print only what does not hold")
    parser.add_argument("--sql", action="store_true", help="print the statements too")
    return parser.parse_args()


def main():
    options = read_arguments()
    import django

    laboratory = Laboratory()
    facts, skipped = read_topics(django.VERSION[:2], read_markers())
    wanted = [
        fact
        for fact in facts
        if not options.words or any(word in f"{fact['topic']}.{fact['name']}" for word in options.words)
    ]
    failed = 0
    for fact in wanted:
        statements, wrong = laboratory.measure(fact)
        failed += wrong is not None
        if wrong or not options.failed:
            print_fact(fact, statements, wrong, options.sql)
    if options.json:
        write_json(options.json, django.get_version(), facts)
    left_out = f", {skipped} of other versions left out" if skipped else ""
    print(f"Django {django.get_version()}: {len(wanted) - failed} passed, {failed} failed{left_out}")
    return 1 if failed or not wanted else 0


def write_json(file, version, facts):
    document = {"schema": "luthier-facts/1", "django": version, "judged": JUDGED, "facts": facts}
    Path(file).write_text(json.dumps(document, indent=2) + "\n")


if __name__ == "__main__":
    try:
        sys.exit(main())
    except HeaderError as error:
        sys.exit(str(error))
