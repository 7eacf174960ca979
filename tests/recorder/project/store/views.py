from asgiref.sync import sync_to_async
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render

from . import marks
from .models import Order


def orders(request):
    return render(request, "store/orders.html", {"orders": Order.objects.all()})


def order(request, pk):
    return HttpResponse(Order.objects.get(pk=pk).customer.name)


def jinja(request):
    return render(request, "orders.jinja", {"orders": Order.objects.all()}, using="jinja2")


class Desk:
    """Its views are methods of an object, as those of the admin are."""

    def orders(self, request):
        return HttpResponse(str(Order.objects.count()))


def marked(request, mark, count):
    marks.run(mark, count)
    return HttpResponse(mark)


async def amarked(request, mark, count):
    for number in range(count):
        await sync_to_async(marks.run)(f"{mark}_{number}", 1)
    return HttpResponse(mark)


def stream(request, mark):
    def pieces():
        for number in range(3):
            marks.run(f"{mark}_{number}", 1)
            yield mark

    return StreamingHttpResponse(pieces())


def fails(request):
    Order.objects.count()
    raise ValueError("as planned")
