"""Ways to come to one line from several others; the test reads from the recording which of them was taken."""

import bdb
import os
import sys
import threading

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")

import django

django.setup()

from django.db import connection, connections
from django.db.models.fields.related_descriptors import ForwardManyToOneDescriptor
from django.template import Context, Engine
from django.test.utils import override_settings
from store import marks
from store.models import Customer, Order

ROUNDS = 6
LOOP = """{% for order in orders %}
{% if order.pk in even %}{{ order.customer.name }}{% else %}
{{ order.customer.name }}{% endif %}
{% endfor %}"""


def names(orders):
    return [order.customer.name for order in orders]


def of_two_lines():
    for _ in range(ROUNDS):
        names(Order.objects.all())  # first
        names(Order.objects.all())  # second


def customer_of(order):
    return order.customer


def of_a_helper():
    for _ in range(ROUNDS):
        for order in Order.objects.all():
            if order.pk % 2:
                customer_of(order)  # odd
            else:
                customer_of(order)  # even


def of_a_generator():
    for _ in range(ROUNDS):
        found = (order.customer for order in Order.objects.all())
        next(found)  # one
        next(found)  # two
        list(found)  # others


def of_a_template():
    template = Engine().from_string(LOOP)
    for _ in range(ROUNDS):
        orders = Order.objects.all()
        template.render(Context({"orders": orders, "even": [order.pk for order in orders if order.pk % 2 == 0]}))


def while_traced():
    lines = []

    def trace(frame, event, argument):
        lines.append(frame.f_lineno)
        return trace

    sys.settrace(trace)
    try:
        of_two_lines()
    finally:
        sys.settrace(None)
    assert lines


def outer():
    names(Order.objects.all())
    names(Order.objects.all())
    marks.run("stopped", 1)
    return None


def with_a_debugger():
    """One that stops in another file and steps out from there stops in `outer`, whose frame knows stacks by then."""
    stops = []

    class Debugger(bdb.Bdb):
        def user_line(self, frame):
            stops.append(frame.f_code.co_name)
            if frame.f_code is marks.run.__code__:
                self.set_return(frame)
            else:
                self.set_continue()

        def user_return(self, frame, value):
            self.set_step()

    debugger = Debugger()
    debugger.set_break(marks.__file__, marks.run.__code__.co_firstlineno + 1)
    debugger.reset()
    debugger.botframe = sys._getframe()
    debugger.set_continue()
    sys.settrace(debugger.trace_dispatch)
    try:
        outer()
    finally:
        sys.settrace(None)
    print(stops)


def with_debug():
    with override_settings(DEBUG=True):
        names(Order.objects.all())


def with_another_tool():
    """A cursor that stands around Django's, as tracers put it there."""

    class Cursor:
        def __init__(self, cursor):
            self.cursor = cursor

        def execute(self, *args):
            return self.cursor.execute(*args)

        def __getattr__(self, name):
            return getattr(self.cursor, name)

        def __iter__(self):
            return iter(self.cursor)

        def __enter__(self):
            return self

        def __exit__(self, *error):
            self.cursor.close()

    kind = type(connections["default"])
    make = kind.make_cursor
    kind.make_cursor = lambda self, cursor: Cursor(make(self, cursor))
    try:
        names(Order.objects.all())
    finally:
        kind.make_cursor = make


class AskingRouter:
    def db_for_read(self, model, **hints):
        if model is Customer:
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1 AS routed")
        return None


def with_a_router_that_asks():
    with override_settings(DATABASE_ROUTERS=[AskingRouter()]):
        names(Order.objects.all())


class OwnDescriptor(ForwardManyToOneDescriptor):
    def get_queryset(self, **hints):
        return Customer.objects.all()


def with_a_descriptor_of_its_own():
    plain = Order.__dict__["customer"]
    Order.customer = OwnDescriptor(plain.field)
    try:
        names(Order.objects.all())
    finally:
        Order.customer = plain


def in_threads():
    def work():
        for _ in range(ROUNDS):
            names(Order.objects.all())
        connection.close()

    threads = [threading.Thread(target=work, name=f"worker {number}") for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    call_command("fill")
    for case in (
        of_two_lines,
        of_a_helper,
        of_a_generator,
        of_a_template,
        while_traced,
        with_a_debugger,
        with_debug,
        with_another_tool,
        with_a_router_that_asks,
        with_a_descriptor_of_its_own,
        in_threads,
    ):
        case()
