from django.http import JsonResponse

from .models import StockMovement, Supplier, Warehouse

PAGE = 50


def suppliers(request):
    """Many-to-many, and behind it another reverse foreign key."""
    rows = {}
    for supplier in Supplier.objects.order_by("pk")[:PAGE]:  # planted: supplier-series queryset
        for publisher in supplier.publishers.all():  # planted: supplier-series access
            rows[supplier.name] = publisher.name
    return JsonResponse(rows)


def suppliers_prefetched(request):
    rows = {}
    for supplier in Supplier.objects.prefetch_related("publishers").order_by("pk")[:PAGE]:  # twin: supplier-series
        for publisher in supplier.publishers.all():
            rows[supplier.name] = publisher.name
    return JsonResponse(rows)


def contacts(request):
    rows = {supplier.name: str(supplier.contact) for supplier in Supplier.objects.order_by("name")[:PAGE]}  # planted: supplier-contact queryset # planted: supplier-contact access
    return JsonResponse(rows)


def contacts_joined(request):
    rows = {supplier.name: str(supplier.contact) for supplier in Supplier.objects.select_related("contact").order_by("name")[:PAGE]}  # twin: supplier-contact
    return JsonResponse(rows)


def movements(request):
    """values() joins by itself and makes no objects: nothing is loaded later."""
    rows = StockMovement.objects.values("book__title", "warehouse__code", "change")[:PAGE]  # twin: movement-list
    return JsonResponse({"movements": [row["book__title"] for row in rows]})


def movement_objects(request):
    rows = StockMovement.objects.order_by("-pk")[:PAGE]  # planted: movement-list queryset
    return JsonResponse({"movements": [row.book.title for row in rows]})  # planted: movement-list access


def levels(request):
    """Annotated over a nested prefetch in a helper."""
    rows = []
    for warehouse in Warehouse.objects.order_by("code")[:PAGE]:  # planted: warehouse-levels queryset # planted: warehouse-levels-deep queryset
        rows.extend(_level_lines(warehouse))
    return JsonResponse({"levels": rows})


def levels_prefetched(request):
    rows = []
    for warehouse in Warehouse.objects.prefetch_related("stock_levels__book").order_by("code")[:PAGE]:  # twin: warehouse-levels # twin: warehouse-level-books # twin: warehouse-levels-deep
        rows.extend(_level_lines(warehouse))
    return JsonResponse({"levels": rows})


def levels_half_prefetched(request):
    rows = []
    for warehouse in Warehouse.objects.prefetch_related("stock_levels").order_by("code")[:PAGE]:  # planted: warehouse-level-books queryset
        rows.extend(_level_lines(warehouse))
    return JsonResponse({"levels": rows})


def _level_lines(warehouse):
    """The warehouse of each level is known; its book is not."""
    for level in warehouse.stock_levels.all():  # planted: warehouse-levels access
        yield f"{level.warehouse.code}: {level.book.title} {level.on_hand}"  # planted: warehouse-level-books access # planted: warehouse-levels-deep access
