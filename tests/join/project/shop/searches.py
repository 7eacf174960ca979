"""Querysets that leave open what they ask for: each of these lines can send the same statement."""

from shop.models import Tag


def search(criteria):
    return list(Tag.objects.filter(**criteria))  # any


def search_new(criteria):
    return list(Tag.objects.filter(label="new").filter(**criteria))  # new
