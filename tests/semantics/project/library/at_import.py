"""Imported by one fact, which counts what the import costs."""

from project.library.models import Tag

LABELS = [tag.label for tag in Tag.objects.all()]  # here: fact_query_at_import
EVERY_TAG = Tag.objects.all()
