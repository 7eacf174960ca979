"""Every case is done once, the defect and its twin each in a test of its own, whatever it costs: both must answer.

Nothing is counted here, so that this suite passes before a defect is mended and after.
"""

from django.test import TestCase

from .cases import EXTRA, GROWS
from .world import World

ROWS = 4


class DefectTest(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.world = World(ROWS)


class TwinTest(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.world = World(ROWS)


def _add_test(test_case, case, work):
    def test(self):
        work(self.world)

    setattr(test_case, "test_" + case.replace("-", "_"), test)


for _case, (_defect, _twin) in {**GROWS, **EXTRA}.items():
    _add_test(DefectTest, _case, _defect)
    _add_test(TwinTest, _case, _twin)
