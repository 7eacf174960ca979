from concurrent.futures import ThreadPoolExecutor

from django.db import connections
from django.http import JsonResponse
from django.shortcuts import render

from .models import Campaign, PageView, Subscriber

PAGE = 50
POOL = ThreadPoolExecutor(max_workers=2)


def campaigns(request):
    rows = Campaign.objects.prefetch_related("featured_books")[:PAGE]  # planted: campaign-book-publisher queryset
    return render(request, "marketing/campaigns.html", {"campaigns": rows})


def campaigns_whole(request):
    rows = Campaign.objects.prefetch_related("featured_books__publisher")[:PAGE]  # twin: campaign-book-publisher
    return render(request, "marketing/campaigns.html", {"campaigns": rows})


def subscribers(request):
    """Three one-to-ones and keys in a row."""
    rows = Subscriber.objects.select_related("customer").exclude(customer=None)[:PAGE]  # planted: subscriber-email queryset
    return JsonResponse({"users": [row.customer.user.email for row in rows]})  # planted: subscriber-email access


def subscribers_joined(request):
    rows = Subscriber.objects.select_related("customer__user").exclude(customer=None)[:PAGE]  # twin: subscriber-email
    return JsonResponse({"users": [row.customer.user.email for row in rows]})


def views_of_book(request, pk):
    """Every partition is read: the table is split by time, the question names no time."""
    return JsonResponse({"views": PageView.objects.filter(book_id=pk).count()})  # planted: page-views-all-partitions


def views_of_book_since(request, pk):
    since = request.GET["since"]
    return JsonResponse({"views": PageView.objects.filter(book_id=pk, viewed_at__gte=since).count()})  # twin: page-views-all-partitions


def dashboard(request):
    """The threads of the pool live as long as the process, and so do the connections that they open."""
    totals = list(POOL.map(_total, [Campaign, Subscriber]))  # planted: thread-connection-leak
    return JsonResponse({"totals": totals})


def _total(model):
    return model.objects.count()


def dashboard_closed(request):
    totals = list(POOL.map(_total_then_close, [Campaign, Subscriber]))  # twin: thread-connection-leak
    return JsonResponse({"totals": totals})


def _total_then_close(model):
    try:
        return model.objects.count()
    finally:
        connections.close_all()
