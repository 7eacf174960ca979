"""Cases whose harm is an extra statement, or the shape of one."""

import re

from django.test import TestCase

from .cases import EXTRA, SHAPE
from .measure import statements
from .world import World


class SingleTest(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.world = World(3)

    def measured(self, work):
        statements(lambda: work(self.world))
        return statements(lambda: work(self.world))


def _add_extra(case, defect, twin):
    def test(self):
        wasteful, right = self.measured(defect), self.measured(twin)
        self.assertGreater(len(wasteful), len(right), "\n".join(wasteful))

    setattr(SingleTest, "test_extra_" + case.replace("-", "_"), test)


def _add_shape(case, defect, twin, pattern):
    def test(self):
        wasteful, right = self.measured(defect), self.measured(twin)
        self.assertTrue([text for text in wasteful if re.search(pattern, text, re.S)], "\n".join(wasteful))
        self.assertFalse([text for text in right if re.search(pattern, text, re.S)], pattern)

    setattr(SingleTest, "test_shape_" + case.replace("-", "_"), test)


for _case, _works in EXTRA.items():
    _add_extra(_case, *_works)
for _case, _works in SHAPE.items():
    _add_shape(_case, *_works)
