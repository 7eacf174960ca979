from django.db import models


class Customer(models.Model):
    name = models.CharField(max_length=80)
    email = models.EmailField(unique=True)
    vip = models.BooleanField(default=False)
    referrer = models.ForeignKey("self", models.SET_NULL, null=True)


class Tag(models.Model):
    label = models.CharField(max_length=30, db_column="tag_label")

    class Meta:
        db_table = "labels"


class Product(models.Model):
    title = models.CharField(max_length=200)
    price = models.DecimalField(max_digits=9, decimal_places=2)
    tags = models.ManyToManyField(Tag, related_name="products")
    added = models.DateTimeField()
    facts = models.JSONField(default=dict)

    class Meta:
        ordering = ["title"]


class GiftCard(Product):
    code = models.CharField(max_length=20)


class Order(models.Model):
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="orders")
    courier = models.ForeignKey(Customer, models.SET_NULL, null=True, related_name="rounds")
    status = models.CharField(max_length=20)
    paid = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-paid"]


class Line(models.Model):
    order = models.ForeignKey(Order, models.CASCADE, related_name="lines")
    product = models.ForeignKey(Product, models.PROTECT, related_name="lines")
    quantity = models.IntegerField()
