from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.paginator import Paginator
from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_safe
from django.views.generic import DetailView, ListView
from django.views.generic.edit import FormMixin

from .forms import OrderForm, OrderFormJoined
from .models import AuditEntry, Order, OrderEvent, OrderLine, Shipment

PAGE = 50


class OrderList(ListView):
    template_name = "orders/list.html"
    context_object_name = "orders"
    paginate_by = PAGE

    def get_queryset(self):
        return Order.objects.open().order_by("-placed_at")  # planted: order-total-method queryset # planted: order-list-customer queryset


class OrderListEager(OrderList):
    def get_queryset(self):
        return Order.objects.open().for_list().prefetch_related("lines").order_by("-placed_at")  # twin: order-total-method # twin: order-list-customer


@require_safe
def invoices(request):
    orders = Order.objects.order_by("-placed_at")[:PAGE]  # planted: jinja-recipient-property queryset # planted: jinja-coupon-describe queryset # planted: jinja-order-coupon queryset
    return render(request, "orders/invoices.jinja", {"orders": orders})


@require_safe
def invoices_joined(request):
    orders = Order.objects.select_related("customer", "coupon__campaign").order_by("-placed_at")[:PAGE]  # twin: jinja-recipient-property # twin: jinja-coupon-describe # twin: jinja-order-coupon
    return render(request, "orders/invoices.jinja", {"orders": orders})


def unpaid(request):
    orders = Order.objects.order_by("pk")[:PAGE]  # planted: payment-hasattr queryset
    return JsonResponse({"orders": [order.number for order in orders if not order.is_paid()]})


def unpaid_joined(request):
    orders = Order.objects.select_related("payment").order_by("pk")[:PAGE]  # twin: payment-hasattr
    return JsonResponse({"orders": [order.number for order in orders if not order.is_paid()]})


class OrderPage(DetailView):
    """The lines belong to one order, but each line reads its own book."""

    model = Order
    slug_field = "number"
    slug_url_kwarg = "number"
    template_name = "orders/detail.html"

    def get_context_data(self, **kwargs):
        return super().get_context_data(lines=self.lines(), **kwargs)

    def lines(self):
        return self.object.lines.all()  # planted: order-page-line-book queryset


class OrderPageJoined(OrderPage):
    def lines(self):
        return self.object.lines.select_related("book")  # twin: order-page-line-book


@method_decorator(require_safe, name="dispatch")
class ShipmentList(LoginRequiredMixin, ListView):
    queryset = Shipment.objects.select_related("order").order_by("-pk")  # planted: shipment-list-nested queryset
    template_name = "orders/shipments.html"
    paginate_by = PAGE


class ShipmentListJoined(ShipmentList):
    queryset = Shipment.objects.select_related("order__customer").order_by("-pk")  # twin: shipment-list-nested


class NewOrder(FormMixin, ListView):
    model = Order
    form_class = OrderForm
    template_name = "orders/new.html"

    def get_queryset(self):
        return Order.objects.none()


class NewOrderJoined(NewOrder):
    form_class = OrderFormJoined


# What changed --------------------------------------------------------------


def history(request):
    entries = AuditEntry.objects.order_by("-at")[:PAGE]  # planted: audit-target-lazy queryset
    return JsonResponse({"entries": [f"{entry.action} {entry.target}" for entry in entries]})  # planted: audit-target-lazy access


def history_prefetched(request):
    entries = AuditEntry.objects.prefetch_related("target").order_by("-at")[:PAGE]  # twin: audit-target-lazy
    return JsonResponse({"entries": [f"{entry.action} {entry.target}" for entry in entries]})


def history_kinds(request):
    """The content type by its own foreign key does not use the content type cache."""
    entries = AuditEntry.objects.order_by("-at", "pk")[:PAGE]  # planted: audit-content-type queryset
    return JsonResponse({"kinds": [entry.content_type.model for entry in entries]})  # planted: audit-content-type access


def history_kinds_cached(request):
    from django.contrib.contenttypes.models import ContentType

    entries = AuditEntry.objects.order_by("-at", "pk")[:PAGE]
    kinds = [ContentType.objects.get_for_id(entry.content_type_id).model for entry in entries]  # twin: audit-content-type
    return JsonResponse({"kinds": kinds})


# Long lists ----------------------------------------------------------------


def events(request):
    """Every event of the shop's history in one answer."""
    rows = [[event.order_id, event.kind] for event in OrderEvent.objects.order_by("pk")]  # planted: unbounded-events
    return JsonResponse({"events": rows})


def recent_events(request):
    rows = [[event.order_id, event.kind] for event in OrderEvent.objects.order_by("-pk")[:PAGE]]  # twin: unbounded-events
    return JsonResponse({"events": rows})


def event_page(request):
    """Counts the whole table to number the pages of a list that nobody reads past the third."""
    paginator = Paginator(OrderEvent.objects.order_by("pk"), PAGE)  # planted: count-pagination-events
    events_of_page = paginator.get_page(request.GET.get("page"))
    return JsonResponse({"events": [event.kind for event in events_of_page], "pages": paginator.num_pages})


def event_page_without_count(request):
    start = int(request.GET.get("after", 0))
    rows = list(OrderEvent.objects.filter(pk__gt=start).order_by("pk")[: PAGE + 1])  # twin: count-pagination-events # twin: offset-lines
    return JsonResponse({"events": [event.kind for event in rows[:PAGE]], "more": len(rows) > PAGE})


def line_page(request):
    page = int(request.GET.get("page", 0))
    lines = OrderLine.objects.order_by("pk")[page * PAGE : (page + 1) * PAGE]  # planted: offset-lines
    return JsonResponse({"lines": [[line.pk, line.quantity] for line in lines]})


def receipt(request, number):
    """One object, a handful of single reads: nothing multiplies here."""
    order = get_object_or_404(Order, number=number)
    return HttpResponse(f"{order.number} for {order.customer.full_name}: {order.payment.provider}")
