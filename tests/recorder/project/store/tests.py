from django.test import TestCase, TransactionTestCase

from . import marks
from .models import Customer, Order


class OrderTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        marks.run("class_fixture", 1)
        cls.order = Order.objects.create(customer=Customer.objects.create(name="a"))

    def setUp(self):
        marks.run(f"setup_{self._testMethodName}", 1)

    def test_one(self):
        marks.run("test_one", 1)

    def test_two(self):
        marks.run("test_two", 1)
        self.client.get("/marked/request_of_two/1/")


class WithoutTransaction(TransactionTestCase):
    def test_three(self):
        marks.run("test_three", 1)
