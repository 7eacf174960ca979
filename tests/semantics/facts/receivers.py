"""Receivers of signals that a save or a delete calls row by row."""

from project.library.models import Berth, Buoy, Harbour, Ship, Voyage


def fact_delete_tells_receivers_of_children():
    """A harbour takes its ships, berths, quays with their cranes, and its lock along: Django fetches what receivers want.

    queries: 24
    verdict: n-plus-one captain
    verdict: n-plus-one driver
    """
    Harbour.objects.get().delete()  # here


def fact_delete_of_rows_tells_each():
    """The queryset's own rows: `select_related` is dropped by `delete()`.

    queries: 7
    verdict: n-plus-one keeper
    """
    Buoy.objects.select_related("keeper").delete()  # here


def fact_delete_with_receiver_of_keys():
    """The twin: the receiver reads the key that came with the row.

    queries: 2
    verdict: none
    """
    Berth.objects.all().delete()


def fact_delete_of_one_row():
    """One row, one call.

    queries: 3
    verdict: none
    """
    Ship.objects.order_by("pk")[0].delete()


def fact_raw_delete_tells_nobody():
    """`_raw_delete` sends its statement and no signal.

    queries: 1
    verdict: none
    """
    Ship.objects.all()._raw_delete("default")


def fact_save_in_loop_tells_receivers():
    """The row of the loop comes to the receiver as it was fetched.

    queries: 11
    transactions: counted
    verdict: n-plus-one author
    """
    for voyage in Voyage.objects.all():
        voyage.days = 3
        voyage.save()


def fact_save_in_loop_with_loaded_rows():
    """The twin: what the receiver reads was loaded with the rows. Each save is a statement all the same, with a signal that bulk_update() lacks.

    queries: 6
    grows: yes
    verdict: none
    """
    for voyage in Voyage.objects.select_related("author"):
        voyage.days = 3
        voyage.save()
