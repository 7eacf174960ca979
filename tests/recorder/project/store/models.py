from django.contrib.contenttypes.fields import GenericForeignKey, GenericRelation
from django.contrib.contenttypes.models import ContentType
from django.db import models
from taggit.managers import TaggableManager


class Tag(models.Model):
    name = models.CharField(max_length=50)


class Note(models.Model):
    text = models.CharField(max_length=50)
    kind = models.ForeignKey(ContentType, models.CASCADE)
    key = models.PositiveIntegerField()
    about = GenericForeignKey("kind", "key")


class Customer(models.Model):
    name = models.CharField(max_length=50)
    friends = models.ManyToManyField("self")
    notes = GenericRelation(Note, content_type_field="kind", object_id_field="key")


class Card(models.Model):
    customer = models.OneToOneField(Customer, models.CASCADE)
    number = models.CharField(max_length=50)


class Order(models.Model):
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="orders")
    tags = models.ManyToManyField(Tag, related_name="tagged")
    text = models.TextField(default="")
    labels = TaggableManager("labels", Tag)


class Line(models.Model):
    order = models.ForeignKey(Order, models.CASCADE)
    title = models.CharField(max_length=50)
