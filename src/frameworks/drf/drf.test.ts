import { test } from "vitest";
import { expectMarked } from "../../../tests/support/framework-case.ts";

const files = (code: string): Record<string, string> => ({
  "shop/api.py": `from rest_framework import serializers, viewsets
from rest_framework.decorators import action
from rest_framework.permissions import SAFE_METHODS
from shop.models import Customer, Line, Order, Product


class CustomerSerializer(serializers.ModelSerializer):
    class Meta:
        model = Customer
        fields = ["name"]


${code}`,
});

const api = (serializers: string): Record<string, string> =>
  files(`${serializers}


class OrderViewSet(viewsets.ReadOnlyModelViewSet):
    queryset = Order.objects.order_by("placed_at")
    serializer_class = OrderSerializer
`);

test("fields that a request may drop are shown to the plain request", async () => {
  await expectMarked(
    api(`class OrderSerializer(serializers.ModelSerializer):
    customer = CustomerSerializer()  # expect: customer
    number = serializers.CharField(source="invoice.number")  # expect: invoice

    class Meta:
        model = Order
        fields = ["customer", "number"]

    def get_fields(self):
        fields = super().get_fields()
        wanted = self.context["request"].query_params.get("fields")
        if wanted:
            for name in set(fields) - set(wanted.split(",")):
                del fields[name]
        return fields`),
  );
});

test("a field of a package that was not read follows its source and shows by the serializer that it is given", async () => {
  await expectMarked(
    api(`from kit.fields import KeyField, LabelsField, ReadWriteField, TimeField


class LineSerializer(serializers.ModelSerializer):
    class Meta:
        model = Line
        fields = ["quantity"]


class OrderSerializer(serializers.ModelSerializer):
    customer = ReadWriteField(read_field=CustomerSerializer(), write_field=LineSerializer())  # expect: customer.orders
    bought_by = KeyField(source="customer")
    labels = LabelsField(source="customer.orders")  # expect: customer.orders
    lines = ReadWriteField(LineSerializer, required=False)  # expect: lines
    number = TimeField(source="invoice.number")  # expect: invoice
    placed_at = TimeField()

    class Meta:
        model = Order
        fields = ["customer", "bought_by", "labels", "lines", "number", "placed_at"]`),
  );
});

test("a serializer of a package that was not read asks for the row itself", async () => {
  await expectMarked(
    api(`from kit.fields import CustomerField
from kit.serializers import BuyerSerializer, LinesSerializer


class OrderSerializer(serializers.ModelSerializer):
    customer = BuyerSerializer(read_only=True)  # expect: customer
    bought_by = CustomerField(source="customer")
    lines = LinesSerializer(many=True)  # expect: lines
    written = BuyerSerializer(source="customer", write_only=True)

    class Meta:
        model = Order
        fields = ["customer", "bought_by", "lines", "written"]`),
  );
});

test("a field of a package that only writes by its serializer shows nothing of it", async () => {
  await expectMarked(
    api(`from kit.fields import ReadWriteField


class OrderSerializer(serializers.ModelSerializer):
    customer = ReadWriteField(write_field=CustomerSerializer())
    bought_by = ReadWriteField(CustomerSerializer(), source="customer", write_only=True)

    class Meta:
        model = Order
        fields = ["customer", "bought_by"]`),
  );
});

test("a field that is taken out by name is doubtful, the others are not", async () => {
  await expectMarked(
    api(`class OrderSerializer(serializers.ModelSerializer):
    customer = CustomerSerializer()  # expect: customer
    number = serializers.CharField(source="invoice.number")  # expect: invoice?

    class Meta:
        model = Order
        fields = ["customer", "number"]

    def get_fields(self):
        fields = super().get_fields()
        if self.context["request"].query_params.get("extended"):
            return fields
        fields.pop("number")
        return fields`),
  );
});

test("without a reason that the source tells, every field is doubtful", async () => {
  await expectMarked(
    api(`class OrderSerializer(serializers.ModelSerializer):
    customer = CustomerSerializer()  # expect: customer?

    class Meta:
        model = Order
        fields = ["customer"]

    @property
    def fields(self):
        fields = super().fields
        return {name: field for name, field in fields.items() if self.context["view"].shows(name)}`),
  );
});

test("a nested serializer shows what it was made for", async () => {
  await expectMarked(
    api(`class Brief(serializers.ModelSerializer):
    def __init__(self, *args, nested=False, fields=None, omit=None, **kwargs):
        self.names = fields or []
        self.omitted = omit or []
        if nested and not fields:
            self.names = self.Meta.brief
        super().__init__(*args, **kwargs)

    @property
    def fields(self):
        fields = super().fields
        if self.names:
            for name in set(fields) - set(self.names):
                fields.pop(name, None)
        for name in set(self.omitted):
            fields.pop(name, None)
        for name, field in list(fields.items()):
            if isinstance(field, serializers.SlugRelatedField):
                fields.pop(name)
        return fields


class ProductSerializer(Brief):
    label = serializers.CharField(source="category.name")  # expect: product.category
    branch = serializers.CharField(source="category.parent.name")
    shelf = serializers.SlugRelatedField(slug_field="name", source="category", read_only=True)

    class Meta:
        model = Product
        fields = ["label", "branch", "shelf"]
        brief = ["label"]


class LineSerializer(Brief):
    product = ProductSerializer(nested=True)
    number = serializers.CharField(source="order.invoice.number")

    class Meta:
        model = Line
        fields = ["product", "number"]


class OrderSerializer(serializers.ModelSerializer):
    customer = serializers.StringRelatedField()  # expect: customer

    class Meta:
        model = Order
        fields = ["customer"]


class LineViewSet(viewsets.ReadOnlyModelViewSet):
    queryset = Line.objects.all()

    def get_serializer(self, *args, **kwargs):
        return LineSerializer(*args, omit=["number"], **kwargs)`),
  );
});

const POPPED = (more: string, made: string, marks: readonly [string, string]): Record<string, string> =>
  api(`class ProductSerializer(serializers.ModelSerializer):
    label = serializers.CharField(source="category.name")  ${marks[0]}
    branch = serializers.CharField(source="category.parent.name")  ${marks[1]}

    class Meta:
        model = Product
        fields = ["label", "branch"]

    def __init__(self, *args, **kwargs):
        brief = kwargs.pop("brief", False)
        names = kwargs.pop("names", None)
        super().__init__(*args, **kwargs)
        if brief:
            self.fields.pop("branch")
        if names is not None:
            for name in set(self.fields) - set(names):
                self.fields.pop(name)
        ${more}


class LineSerializer(serializers.ModelSerializer):
    product = ProductSerializer(${made})

    class Meta:
        model = Line
        fields = ["product"]


class LineViewSet(viewsets.ReadOnlyModelViewSet):
    queryset = Line.objects.all()
    serializer_class = LineSerializer


class OrderSerializer(serializers.ModelSerializer):
    class Meta:
        model = Order
        fields = ["id"]`);

const BRIEF = ["# expect: product.category", ""] as const;

test("a flag of `__init__` decides on the fields that it takes out", async () => {
  await expectMarked(POPPED("", "", ["# expect: product.category.parent", "# expect: product.category.parent"]));
  await expectMarked(POPPED("", "brief=True", BRIEF));
});

test("names given to `__init__` are the fields that are shown", async () => {
  await expectMarked(POPPED("", 'names=["label"]', BRIEF));
});

test("a method that `__init__` calls may take fields out, or hand them back as they are", async () => {
  const choosing = (names: string): string => `self.fields = self.choose(${names})

    def choose(self, names):
        for name in names:
            self.fields.pop(name)
        return self.fields`;
  await expectMarked(POPPED(choosing("[]"), "", ["# expect: product.category.parent", "# expect: product.category.parent"]));
  await expectMarked(POPPED(choosing("['branch']"), "", BRIEF));
});

test("names that the class lists are taken out where they are among the fields", async () => {
  const hidden = (names: string): string =>
    `for name in self.HIDDEN:\n            if name in self.fields:\n                del self.fields[name]\n\n    HIDDEN = (${names})`;
  await expectMarked(POPPED(hidden('"branch",'), "", BRIEF));
  await expectMarked(POPPED(hidden(""), "", ["# expect: product.category.parent", "# expect: product.category.parent"]));
});

const ASKED = (argument: string): Record<string, string> =>
  files(`class OrderSerializer(serializers.ModelSerializer):
    owner = serializers.SerializerMethodField()
    history = serializers.SerializerMethodField()

    class Meta:
        model = Order
        fields = ["owner", "history"]

    def __init__(self, *args, **kwargs):
        wanted = kwargs.pop("fields", None)
        complete = kwargs.pop("complete", False)
        super().__init__(*args, **kwargs)
        if complete:
            self.fields.pop("owner")
        else:
            self.fields.pop("history")
        if wanted is not None:
            for name in set(self.fields) - set(wanted):
                self.fields.pop(name)

    def get_owner(self, order):
        return order.customer.name  # expect: customer

    def get_history(self, order):
        return [line.price for line in order.lines.all()]


class Passing:
    def get_serializer(self, *args, **kwargs):
        kwargs.setdefault("complete", self.request.query_params.get("complete", False))
        wanted = self.request.query_params.get("fields")
        kwargs.setdefault("fields", ${argument})
        return super().get_serializer(*args, **kwargs)


class OrderViewSet(Passing, viewsets.ReadOnlyModelViewSet):
    queryset = Order.objects.all()
    serializer_class = OrderSerializer
`);

test("what a request may ask for leaves the plain request as it is", async () => {
  await expectMarked(ASKED("wanted"));
  await expectMarked(ASKED('wanted.split(",") if wanted else None'));
});

test("what `__init__` takes out for reasons of the request is doubtful", async () => {
  await expectMarked(
    POPPED('if not self.context["user"].is_staff:\n            self.fields.pop("branch")', "", [
      "# expect: product.category",
      "# expect: product.category, product.category.parent?",
    ]),
  );
});

const NAMED = (body: string, owner = "", invoice = ""): Record<string, string> =>
  api(`class OrderSerializer(serializers.ModelSerializer):
    owner = serializers.CharField(source="customer.name")  ${owner}
    number = serializers.CharField(source="invoice.number")  ${invoice}

    class Meta:
        model = Order
        fields = ["owner"]

    def get_field_names(self, declared_fields, info):
        ${body.replaceAll("\n", "\n        ")}`);

test("`get_field_names()` that adds names shows them beside the others", async () => {
  const both = ["# expect: customer", "# expect: invoice"] as const;
  await expectMarked(NAMED('names = super().get_field_names(declared_fields, info)\nnames.extend(["number"])\nreturn names', ...both));
  await expectMarked(NAMED('names = super().get_field_names(declared_fields, info)\nnames += ["number"]\nreturn names', ...both));
  await expectMarked(NAMED('return [*super().get_field_names(declared_fields, info), "number"]', ...both));
  await expectMarked(NAMED('return super().get_field_names(declared_fields, info) + ["number"]', ...both));
});

test("names that `get_field_names()` adds under a condition are doubtful", async () => {
  const body = 'names = super().get_field_names(declared_fields, info)\nif self.extended:\n    names.append("number")\nreturn names';
  await expectMarked(NAMED(body, "# expect: customer", "# expect: invoice?"));
});

test("names that `get_field_names()` takes out are not shown", async () => {
  await expectMarked(NAMED('names = super().get_field_names(declared_fields, info)\nreturn list(set(names) - {"owner"})'));
  await expectMarked(NAMED('return [one for one in super().get_field_names(declared_fields, info) if one not in ["owner"]]'));
  await expectMarked(NAMED('names = list(super().get_field_names(declared_fields, info))\nnames.remove("owner")\nreturn names'));
});

test("`get_field_names()` that chooses in another way leaves every field in doubt", async () => {
  await expectMarked(NAMED("return choose(super().get_field_names(declared_fields, info))", "# expect: customer?"));
  await expectMarked(NAMED('return ["number"]', "", "# expect: invoice"));
});

test("fields that `get_fields()` or `__init__()` add are shown", async () => {
  const adding = (body: string, mark: string): Record<string, string> =>
    api(`class OrderSerializer(serializers.ModelSerializer):
    class Meta:
        model = Order
        fields = ["id"]

    ${body.replaceAll("\n", "\n    ")}  # expect: ${mark}
${body.includes("get_fields") ? "        return fields" : ""}`);
  await expectMarked(adding('def get_fields(self):\n    fields = super().get_fields()\n    fields["customer"] = CustomerSerializer()', "customer"));
  await expectMarked(
    adding('def get_fields(self):\n    fields = super().get_fields()\n    if SHOWN:\n        fields["customer"] = CustomerSerializer()', "customer"),
  );
  await expectMarked(
    adding('def __init__(self, *args, **kwargs):\n    super().__init__(*args, **kwargs)\n    self.fields["customer"] = CustomerSerializer()', "customer"),
  );
});

test("names to take out that nothing tells leave the other fields as they are", async () => {
  const plugged = `unshown = set()
        for plugin in PLUGINS:
            unshown |= set(plugin(self).names())
        for name in unshown or []:
            self.fields.pop(name, None)`;
  await expectMarked(POPPED(plugged, "", ["# expect: product.category.parent", "# expect: product.category.parent"]));
});

test("a field may be called as an attribute of the serializer is", async () => {
  await expectMarked(
    api(`class OrderSerializer(serializers.ModelSerializer):
    data = serializers.SerializerMethodField()
    context = serializers.CharField(source="customer.name")  # expect: customer

    class Meta:
        model = Order
        fields = ["data", "context"]

    def get_data(self, order):
        return self.context["request"].path`),
  );
});

test("a request without names to leave out is answered with all fields", async () => {
  const asked = (loop: string, mark: string): Record<string, string> =>
    api(`class OrderSerializer(serializers.ModelSerializer):
    customer = CustomerSerializer()  # expect: ${mark}

    class Meta:
        model = Order
        fields = ["customer"]

    def get_fields(self):
        fields = super().get_fields()
        unwanted = self.context["request"].GET.get("exclude", "")
        for name in ${loop}:
            name = name.strip()
            if name in fields:
                fields.pop(name)
        return fields`);
  await expectMarked(asked('unwanted.split(",")', "customer"));
  await expectMarked(asked('set(fields) - set(unwanted.split(","))', "customer?"));
});

test("what an action says of its view holds for that action alone", async () => {
  await expectMarked(
    files(`class LineSerializer(serializers.ModelSerializer):
    product = serializers.CharField(source="product.name")  # expect: product

    class Meta:
        model = Line
        fields = ["product"]


class OrderSerializer(serializers.ModelSerializer):
    customer = CustomerSerializer()  # expect: customer

    class Meta:
        model = Order
        fields = ["customer"]


class OrderViewSet(viewsets.ReadOnlyModelViewSet):
    queryset = Order.objects.order_by("placed_at")
    serializer_class = OrderSerializer

    @action(detail=True, url_path="its-lines", serializer_class=LineSerializer)
    def lines(self, request, pk):
        return self.get_serializer(Line.objects.filter(order=self.get_object()), many=True).data
`),
  );
});

test("a page that code asks a paginator for has the queryset's rows", async () => {
  const paged = (paginator: string): Record<string, string> =>
    files(`from rest_framework.decorators import api_view
from rest_framework.pagination import LimitOffsetPagination, PageNumberPagination


class SmallPages(PageNumberPagination):
    page_size = 10


class OrderSerializer(serializers.ModelSerializer):
    customer = CustomerSerializer()  # expect: customer

    class Meta:
        model = Order
        fields = ["customer"]


class OrderViewSet(viewsets.GenericViewSet):
    pagination_class = SmallPages

    @action(detail=False)
    def open(self, request):
        paginator = ${paginator}
        page = paginator.paginate_queryset(Order.objects.filter(status="open"), request, view=self)
        return paginator.get_paginated_response(OrderSerializer(page, many=True).data)
`);
  await expectMarked(paged("LimitOffsetPagination()"));
  await expectMarked(paged("SmallPages()"));
  await expectMarked(paged("self.paginator"));
});

test("fields that Meta maps to permissions may be missing, and no others", async () => {
  await expectMarked(
    api(`class PermittedSerializer(serializers.ModelSerializer):
    def get_fields(self):
        fields = super().get_fields()
        permissions = self.Meta.permissions
        for permission, name in permissions.items():
            if not self.context["request"].user.has_perm(permission):
                del fields[name]
        return fields


class OrderSerializer(PermittedSerializer):
    customer = CustomerSerializer()  # expect: customer
    number = serializers.CharField(source="invoice.number")  # expect: invoice?

    class Meta:
        model = Order
        fields = ["customer", "number"]
        permissions = {"shop.view_invoice": "number"}`),
  );
});

test("fields that are picked from all by a test of each are doubtful", async () => {
  await expectMarked(
    api(`class OrderSerializer(serializers.ModelSerializer):
    customer = CustomerSerializer()  # expect: customer?

    class Meta:
        model = Order
        fields = ["customer"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name in list(self.fields):
            if not self.context["view"].shows(name):
                self.fields.pop(name)`),
  );
});

test("names that are taken out under a condition are doubtful", async () => {
  const hidden = `if not HIDING:
            for name in self.HIDDEN:
                self.fields.pop(name, None)

    HIDDEN = ("branch",)`;
  await expectMarked(POPPED(hidden, "", ["# expect: product.category", "# expect: product.category, product.category.parent?"]));
});

const COMPUTED = `class CategorySerializer(serializers.ModelSerializer):
    class Meta:
        model = Category
        fields = ["name", "parent"]


class ProductSerializer(serializers.ModelSerializer):
    category = CategorySerializer()
    top = serializers.SerializerMethodField()

    class Meta:
        model = Product
        fields = ["category", "tags", "top"]

    def get_top(self, product):
        return [review.rating for review in product.reviews.all()]  # REVIEWS


def relations_of(serializer_class):
    model = serializer_class.Meta.model
    names = []
    for name in serializer_class.Meta.fields:
        if model._meta.get_field(name).is_relation:
            names.append(name)
    return names


class ProductViewSet(viewsets.ReadOnlyModelViewSet):
    queryset = Product.objects.QUERYSET
    serializer_class = ProductSerializer

    def get_queryset(self):
        products = super().get_queryset()
        if names := relations_of(self.get_serializer_class()):
            products = products.prefetch_related(*names)
        return products
`;

const computed = (queryset: string, reviews: string): Record<string, string> => ({
  "shop/api.py": `from rest_framework import serializers, viewsets\nfrom shop.models import Category, Product\n\n\n${COMPUTED.replace("QUERYSET", queryset).replace("# REVIEWS", reviews)}`,
});

test("prefetches that are computed from a serializer load what its fields name, and nothing else", async () => {
  await expectMarked(computed("all()", "# expect: reviews"));
  await expectMarked(computed('prefetch_related("reviews")', ""));
});

test("joins that are computed from a serializer load no many-valued relation", async () => {
  const files = computed("all()", "# expect: reviews");
  const code = (files["shop/api.py"] ?? "").replace("prefetch_related(*names)", "select_related(*names)");
  await expectMarked({ "shop/api.py": code.replace('fields = ["category", "tags", "top"]', 'fields = ["category", "tags", "top"]  # expect: tags') });
});

test("names that are computed from anything may be any", async () => {
  const files = computed("all()", "");
  await expectMarked({ "shop/api.py": (files["shop/api.py"] ?? "").replace("relations_of(self.get_serializer_class())", "self.request.wanted()") });
});

test("a plain serializer shows what it declares, whatever model its Meta names", async () => {
  await expectMarked(
    api(`class OrderSerializer(serializers.Serializer):
    number = serializers.CharField(source="invoice.number")  # expect: invoice

    class Meta:
        model = Order`),
  );
});

test("what a serializer only takes in is not read", async () => {
  await expectMarked(
    api(`class OrderSerializer(serializers.ModelSerializer):
    class Meta:
        model = Order
        fields = ["customer", "invoice"]
        depth = 1  # expect: invoice
        extra_kwargs = {"customer": {"write_only": True}}`),
  );
  await expectMarked(
    api(`class OrderSerializer(serializers.ModelSerializer):
    customer = serializers.HiddenField(default=None)
    invoice = serializers.CharField(source="invoice.number")  # expect: invoice

    class Meta:
        model = Order
        fields = ["customer", "invoice"]`),
  );
});

const serialized = (context: string, mark: string): Record<string, string> =>
  api(`class BriefSerializer(serializers.ModelSerializer):
    class Meta:
        model = Order
        fields = ["id"]

    def to_representation(self, order):
        shown = super().to_representation(order)
        if self.context.get("with_customer"):
            shown["customer"] = order.customer.name  ${mark}
        return shown


def briefly():
    return [BriefSerializer(order${context}).data for order in Order.objects.all()]


class OrderSerializer(BriefSerializer):
    def to_representation(self, order):
        return {}`);

test("a serializer that is made without a context has none", async () => {
  await expectMarked(serialized("", ""));
  await expectMarked(serialized(', context={"with_customer": True}', "# expect: customer"));
});

const ownList = (first: string, mark: string): Record<string, string> =>
  api(`class OrderList(serializers.ListSerializer):
    def to_representation(self, orders):
        ${first}
        return super().to_representation(orders)


class OrderSerializer(serializers.ModelSerializer):
    customer = CustomerSerializer()${mark}

    class Meta:
        model = Order
        fields = ["customer"]
        list_serializer_class = OrderList`);

test("a list serializer of the project is followed to the rows", async () => {
  await expectMarked(ownList('self.child.context["keys"] = [one.pk for one in orders]', "  # expect: customer"));
  await expectMarked(ownList('orders = orders.select_related("customer")', ""));
});

test("rows that a list serializer of the project hands to code which is not read are doubtful", async () => {
  await expectMarked(ownList("load_all(orders)", "  # expect: customer?"));
});

test("a relation's field is the one that build_relational_field() makes of it", async () => {
  await expectMarked(
    api(`class LineSerializer(serializers.ModelSerializer):
    title = serializers.CharField(source="product.title")  # expect: lines.product, product

    class Meta:
        model = Line
        fields = ["title"]


class OrderSerializer(serializers.ModelSerializer):
    class Meta:
        model = Order
        fields = ["status", "customer", "lines"]

    def build_relational_field(self, field_name, relation_info):
        if field_name == "lines":
            return LineSerializer, {"many": True, "read_only": True}
        return super().build_relational_field(field_name, relation_info)`),
  );
});

test("an action is run under its own name alone", async () => {
  await expectMarked(
    files(`class BriefSerializer(serializers.ModelSerializer):
    class Meta:
        model = Order
        fields = ["total"]


class OrderSerializer(serializers.ModelSerializer):
    customer = CustomerSerializer()

    class Meta:
        model = Order
        fields = ["customer"]


class OrderViewSet(viewsets.ReadOnlyModelViewSet):
    def get_serializer_class(self):
        return OrderSerializer if self.action == "export" else BriefSerializer

    def get_queryset(self):
        rows = Order.objects.order_by("placed_at")
        if self.action == "export":
            return rows.select_related("customer")
        return rows

    def list(self, request):
        return super().list(request)

    @action(detail=False)
    def export(self, request):
        return Response(self.get_serializer(self.get_queryset(), many=True).data)
`),
  );
});

test("of a field that is declared twice the second counts", async () => {
  await expectMarked(
    api(`class LineSerializer(serializers.ModelSerializer):
    title = serializers.CharField(source="product.title")  # expect: lines.product, product

    class Meta:
        model = Line
        fields = ["title"]


class OrderSerializer(serializers.ModelSerializer):
    lines = serializers.SerializerMethodField(read_only=True)
    lines = LineSerializer(many=True, read_only=True)

    class Meta:
        model = Order
        fields = ["lines"]`),
  );
});

test("a queryset that a field shows as it is runs for each row", async () => {
  await expectMarked(
    api(`class OrderSerializer(serializers.ModelSerializer):
    quantities = serializers.SerializerMethodField()  # expect: lines
    products = serializers.ReadOnlyField(source="lines.values")  # expect: lines
    shown = serializers.SerializerMethodField()

    class Meta:
        model = Order
        fields = ["quantities", "products", "shown"]

    def get_quantities(self, order):
        return order.lines.values_list("quantity", flat=True)

    def get_shown(self, order):
        lines = order.lines.values("quantity")
        return lines if len(lines) > 1 else []  # expect: lines`),
  );
});

test("an action knows the method that a router sends to it", async () => {
  await expectMarked(
    files(`class OrderSerializer(serializers.ModelSerializer):
    class Meta:
        model = Order
        fields = ["status"]


class SavedOrderSerializer(serializers.ModelSerializer):
    customer = CustomerSerializer()
    number = serializers.CharField(source="invoice.number")  # expect: invoice

    class Meta:
        model = Order
        fields = ["customer", "number"]


class OrderViewSet(viewsets.ModelViewSet):
    queryset = Order.objects.order_by("placed_at")

    def get_serializer_class(self):
        if self.request.method not in SAFE_METHODS:
            return SavedOrderSerializer
        return OrderSerializer

    @action(detail=False)
    def full(self, request):
        return Response(self.get_serializer(self.get_queryset(), many=True).data)

    @action(detail=False, methods=["post"])
    def pay(self, request):
        return Response(self.get_serializer(self.get_queryset().select_related("customer"), many=True).data)
`),
  );
});

test("a link to the object itself reads no relation of its name", async () => {
  await expectMarked(
    api(`class SelfLink(serializers.HyperlinkedIdentityField):
    pass


class OrderSerializer(serializers.ModelSerializer):
    lines = SelfLink(view_name="order-lines")
    customer = serializers.HyperlinkedIdentityField(view_name="order-customer")
    number = serializers.CharField(source="invoice.number")  # expect: invoice

    class Meta:
        model = Order
        fields = ["lines", "customer", "number"]`),
  );
});

test("a viewset that is served by names runs the actions of these, and one that others build on runs as these", async () => {
  await expectMarked({
    "shop/views.py": `from rest_framework import serializers, viewsets
from shop.models import Customer, Invoice, Order


class OrderSerializer(serializers.ModelSerializer):
    name = serializers.CharField(source="customer.name")  # expect: customer

    class Meta:
        model = Order
        fields = ["name"]


class InvoiceSerializer(serializers.ModelSerializer):
    total = serializers.CharField(source="order.total")

    class Meta:
        model = Invoice
        fields = ["total"]


class OneInvoice(viewsets.ReadOnlyModelViewSet):
    queryset = Invoice.objects.all()
    serializer_class = InvoiceSerializer


class Orders(viewsets.ReadOnlyModelViewSet):
    serializer_class = OrderSerializer
    queryset = Order.objects.all()


class JoinedBase(viewsets.ReadOnlyModelViewSet):
    serializer_class = InvoiceSerializer
    queryset = Invoice.objects.all()


class Joined(JoinedBase):
    def get_queryset(self):
        return super(JoinedBase, self).get_queryset().select_related("order")
`,
    "shop/urls.py": `from django.urls import path
from rest_framework.routers import DefaultRouter
from shop import views

router = DefaultRouter()
router.register("joined", views.Joined)
one = views.OneInvoice.as_view({"get": "retrieve"})
urlpatterns = [path("invoices/<pk>", one), path("orders", views.Orders.as_view({"get": "list"}))] + router.urls
`,
  });
});

test("a serializer that is given no data has no initial values to look rows up by", async () => {
  await expectMarked({
    "shop/views.py": `from rest_framework import serializers, viewsets
from shop.models import Category, Customer, Order


class OrderSerializer(serializers.ModelSerializer):
    class Meta:
        model = Order
        fields = ["total"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        data = self.get_initial()
        key = data.get("category") if data else None
        if key:
            print(Category.objects.get(pk=key).parent.name)


class CustomerSerializer(serializers.Serializer):
    orders = serializers.SerializerMethodField()

    def get_orders(self, customer):
        return OrderSerializer(list(customer.orders.all()), many=True).data


class Customers(viewsets.ReadOnlyModelViewSet):
    queryset = Customer.objects.prefetch_related("orders")
    serializer_class = CustomerSerializer
`,
  });
});

test("a serializer's own class for relations shows what it reads of them", async () => {
  await expectMarked(
    api(`class NamedField(serializers.RelatedField):
    def to_representation(self, value):
        return value.name


class OrderSerializer(serializers.ModelSerializer):
    serializer_related_field = NamedField

    class Meta:
        model = Order
        fields = ["id", "customer"]  # expect: customer`),
  );
});

test("what super() shows may be there", async () => {
  await expectMarked(
    api(`class OrderSerializer(serializers.ModelSerializer):
    class Meta:
        model = Order
        fields = ["id", "number"]

    def to_representation(self, order):
        shown = super().to_representation(order)
        if shown.get("number"):
            shown["customer"] = order.customer.name  # expect: customer
        return shown`),
  );
});

test("a package's field that is answered by a method reads what the method does, not its source", async () => {
  await expectMarked({
    "shop/api.py": `from rest_framework import serializers, viewsets
from rest_framework_json_api.relations import SerializerMethodResourceRelatedField
from shop.models import Order


class OrderSerializer(serializers.ModelSerializer):
    customer = SerializerMethodResourceRelatedField(model=Order, source="customer", read_only=True)
    lines = SerializerMethodResourceRelatedField(model=Order, many=True, read_only=True)

    class Meta:
        model = Order
        fields = ["customer", "lines"]

    def get_customer(self, order):
        return None

    def get_lines(self, order):
        return [line.price for line in order.lines.all()]  # expect: lines


class OrderViewSet(viewsets.ReadOnlyModelViewSet):
    queryset = Order.objects.all()
    serializer_class = OrderSerializer
`,
  });
});
