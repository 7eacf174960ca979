"""planted.json and the markers in the source say the same."""

from django.test import SimpleTestCase

from .cases import EXTRA, GROWS, SHAPE
from .office import COUNTED as OFFICE_COUNTED, LOCKS, PLANNED
from .planted import ROOT, markers, planted

KEYS = {"id", "rule", "chapter", "file", "marker", "role", "relation", "twin", "evidence", "note"}
ROLES = {"queryset", "access", "loop", "call", "definition", "write", "statement", "table"}
COUNTED = {
    "n-plus-one", "aggregate-in-loop", "defeated-prefetch", "prefetch-in-loop", "validation-per-row", "query-in-loop",
    "save-in-loop", "delete-in-loop", "add-in-loop", "get-or-create-in-loop", "deferred-field-load",
    "only-without-foreign-key", "generic-foreign-key-lazy",
}


class PlantedTest(SimpleTestCase):
    def test_rows_are_well_formed(self):
        for row in planted():
            with self.subTest(row["marker"]):
                self.assertEqual(set(row) - {"object"}, KEYS)
                self.assertIn(row["role"], ROLES)
                self.assertTrue((ROOT / row["file"]).is_file())
                self.assertTrue(set(row["evidence"]) <= set("SRDPM"))
                self.assertEqual(set(row["twin"]) - {"object"}, {"file", "marker"})
                self.assertEqual("object" in row, "object" in row["twin"])

    def test_each_marker_stands_once_where_its_row_says(self):
        for row in planted():
            for place in (row, row["twin"]):
                with self.subTest(place["marker"]):
                    files = [file for file, _ in markers().get(place["marker"], [])]
                    self.assertEqual(files, [place["file"]])

    def test_no_marker_is_left_out(self):
        listed = {row["marker"] for row in planted()} | {row["twin"]["marker"] for row in planted()}
        self.assertEqual(set(markers()), listed)

    def test_what_multiplies_is_measured(self):
        wanted = {row["id"] for row in planted() if row["rule"] in COUNTED}
        unmeasured = wanted - set(GROWS) - {"async-lazy-publisher", "harmful-only-detail"}
        self.assertEqual(unmeasured, set())

    def test_every_case_is_planted(self):
        ids = {row["id"] for row in planted()}
        self.assertEqual((set(GROWS) | set(EXTRA) | set(SHAPE) | set(PLANNED) | set(OFFICE_COUNTED) | set(LOCKS)) - ids, set())
