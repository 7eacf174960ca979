"""Every planted case that multiplies statements is measured with 2 and with 6 rows, and so is its twin."""

from django.db import transaction
from django.test import TestCase

from .cases import GROWS
from .measure import statements
from .world import World

FEW, MANY = 2, 6


class _Undo(Exception):
    pass


def _counts(n):
    """{case: (defect's statements, twin's statements)} in a shop of n; the shop is gone afterwards."""
    result = {}
    try:
        with transaction.atomic():
            world = World(n)
            for case, (defect, twin) in GROWS.items():
                _warm(world, defect, twin)
                result[case] = (
                    len(statements(lambda defect=defect: defect(world))),
                    len(statements(lambda twin=twin: twin(world))),
                )
            raise _Undo
    except _Undo:
        return result


def _warm(world, *works):
    """Content types and imports are paid for once a process; they say nothing about rows."""
    for work in works:
        statements(lambda: work(world))


class GrowthTest(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.few = _counts(FEW)
        cls.many = _counts(MANY)


def _add_test(case):
    def test(self):
        few, many = self.few[case], self.many[case]
        grown = many[0] - few[0]
        self.assertGreaterEqual(grown, MANY - FEW, f"defect: {few[0]} statements, then {many[0]}")
        self.assertEqual(few[1], many[1], f"twin: {few[1]} statements, then {many[1]}")

    setattr(GrowthTest, "test_" + case.replace("-", "_"), test)


for _case in GROWS:
    _add_test(_case)
