from django.db import connection, transaction
from django.db.models import Count, Exists, F, OuterRef, Q, Sum
from django.db.models.functions import Lower
from django.shortcuts import get_object_or_404

from shop.models import Customer, GiftCard, Line, Order, Product, Tag


def through_foreign_keys(name):
    return list(Line.objects.filter(order__customer__name=name))  # through foreign keys


def key_of_relation(order):
    return list(Line.objects.filter(order=order).order_by("-quantity"))  # key of a relation


def either(name):
    return list(Order.objects.filter(Q(courier__name=name) | Q(status="new")))  # either


def without(tag):
    return list(Product.objects.exclude(tags=tag))  # without


def without_null(name):
    return list(Order.objects.exclude(courier__name=name).order_by())  # without null


def unpaid():
    return Order.objects.filter(paid=None).count()  # unpaid


def flags():
    return Customer.objects.filter(vip=True).exists()  # flags


def not_flags():
    return Customer.objects.filter(vip=False).order_by("name").first()  # not flags


def texts(part):
    return list(Customer.objects.filter(name__icontains=part, email__startswith=part))  # texts


def years():
    return list(Product.objects.filter(added__year=2024).values_list("title", flat=True))  # years


def days(day):
    return list(Product.objects.filter(added__date=day).only("title"))  # days


def ranges():
    return list(Line.objects.filter(quantity__range=(1, 3)).defer("quantity"))  # ranges


def json_keys():
    return list(Product.objects.filter(facts__colour="red").order_by("pk"))  # json keys


def nested():
    return list(Line.objects.filter(product__in=Product.objects.filter(price__gt=3)))  # nested


def correlated():
    large = Line.objects.filter(order=OuterRef("pk"), quantity__gt=10)
    return list(Order.objects.annotate(is_large=Exists(large)).filter(is_large=True))  # correlated


def grouped():
    return list(Order.objects.values("status").annotate(n=Count("lines")).order_by("-n"))  # grouped


def counted_rows():
    return list(Customer.objects.annotate(n=Count("orders")).filter(n__gt=2))  # counted rows


def totals():
    return Line.objects.aggregate(Sum("quantity"))  # totals


def distinct_count():
    return Product.objects.filter(tags__label="new").distinct().count()  # distinct count


def joined():
    return list(Order.objects.select_related("customer", "courier").order_by("customer__name", F("paid").desc(nulls_last=True))[:10])  # joined


def page():
    return list(Product.objects.order_by(Lower("title"))[20:30])  # page


def inherited():
    return list(GiftCard.objects.filter(price__lt=5))  # inherited


def one(email):
    return get_object_or_404(Customer, email=email)  # one


def latest():
    return Order.objects.latest("paid")  # latest


def both():
    cheap = Product.objects.filter(price__lt=1).values_list("pk")
    return list(cheap.union(Product.objects.filter(price__gt=9).values_list("pk")))  # both


def fetched():
    return list(Order.objects.filter(status="paid").prefetch_related("lines__product", "customer"))  # fetched


def loaded():
    for order in Order.objects.filter(status="sent"):  # loaded
        print(order.customer)  # lazy customer
        for line in order.lines.all():  # lazy lines
            print(line)


def streamed():
    for product in Product.objects.filter(price=2).iterator():  # streamed
        print(product)


def locked(pk):
    with transaction.atomic():
        order = Order.objects.select_for_update().get(pk=pk)  # locked
        order.status = "held"
        order.save(update_fields=["status"])  # held


def made():
    return Tag.objects.create(label="fresh")  # made


def made_many():
    Tag.objects.bulk_create([Tag(label="a"), Tag(label="b")])  # made many


def raised():
    Product.objects.filter(price__lt=2).update(price=F("price") * 2)  # raised


def raised_of_orders():
    Line.objects.filter(order__status="new").update(quantity=1)  # raised of orders


def tagged(product, tag):
    product.tags.add(tag)  # tagged


def found():
    return Tag.objects.get_or_create(label="odd")  # found


def dropped():
    Line.objects.filter(quantity=0).delete()  # dropped


def written(pk):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE shop_line SET quantity = quantity + 1 WHERE order_id = %s", [pk])  # written


class Report:
    def __init__(self, order):
        self.order = order

    def run(self, kind):
        return getattr(self, "report_%s" % kind)(Line.objects.filter(quantity__gt=3))

    def report_dear(self, lines):
        return lines.filter(product__price__gt=9).count()  # dear


def named(customer: Customer):
    return [list(getattr(customer, f"{name}s").all()) for name in ["line", "card", "gift", "page", "part", "code", "stop", "turn", "order", "round"]]  # named


def prefetched(order: Order):
    lines = getattr(order, "kept_lines", order.lines.order_by("quantity"))
    for line in lines:  # prefetched
        print(line)


def per_order():
    return list(Line.objects.values("order").annotate(n=Count("pk")).order_by("order"))  # per order


def nobody(courier=None):
    return Order.objects.filter(courier=courier, customer__vip=True).exists()  # nobody


def by_status(orders):
    totals = Order.objects.values("status").annotate(count=Count("pk")).annotate(latest=Count("paid")).order_by("-status")
    return list(totals.values_list("status", flat=True))  # by status


def retagged(product, tags):
    product.tags.set(tags)  # retagged
