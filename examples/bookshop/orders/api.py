from catalog.models import Book
from rest_framework import generics, serializers
from rest_framework.response import Response
from rest_framework.views import APIView

from .models import Order, OrderLine


class LineSerializer(serializers.ModelSerializer):
    title = serializers.CharField(source="book.title")  # planted: drf-nested-line-book access
    amount = serializers.DecimalField(max_digits=10, decimal_places=2, read_only=True)

    class Meta:
        model = OrderLine
        fields = ["title", "quantity", "amount"]


class OrderSerializer(serializers.ModelSerializer):
    lines = LineSerializer(many=True)
    customer = serializers.StringRelatedField()  # planted: drf-order-customer access
    provider = serializers.CharField(source="payment.provider", default=None)  # planted: drf-order-payment access

    class Meta:
        model = Order
        fields = ["number", "customer", "provider", "lines"]


class OrderListView(generics.ListAPIView):
    """The lines are prefetched, what each line shows is not."""

    serializer_class = OrderSerializer
    queryset = Order.objects.prefetch_related("lines").order_by("pk")  # planted: drf-nested-line-book queryset # planted: drf-order-customer queryset # planted: drf-order-customer-user queryset # planted: drf-order-payment queryset


class OrderListViewEager(generics.ListAPIView):
    serializer_class = OrderSerializer
    queryset = Order.objects.select_related("customer__user", "payment").prefetch_related("lines__book").order_by("pk")  # twin: drf-nested-line-book # twin: drf-order-customer # twin: drf-order-customer-user # twin: drf-order-payment


class NewLineSerializer(serializers.Serializer):
    book = serializers.PrimaryKeyRelatedField(queryset=Book.objects.all())  # planted: drf-line-validation
    quantity = serializers.IntegerField(min_value=1)


class LineImportView(APIView):
    """Each row of the list asks for its book."""

    def post(self, request):
        rows = NewLineSerializer(data=request.data, many=True)
        rows.is_valid(raise_exception=True)
        return Response({"accepted": len(rows.validated_data)}, status=201)


class NewLineKeySerializer(serializers.Serializer):
    book = serializers.IntegerField(min_value=1)
    quantity = serializers.IntegerField(min_value=1)


class LineImportByKeyView(APIView):
    def post(self, request):
        rows = NewLineKeySerializer(data=request.data, many=True)
        rows.is_valid(raise_exception=True)
        books = Book.objects.in_bulk({row["book"] for row in rows.validated_data})  # twin: drf-line-validation
        return Response({"accepted": len(books)}, status=201)
