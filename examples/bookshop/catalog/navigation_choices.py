"""The genres of the search form, read once and for all when the module is imported."""

from .models import Genre

GENRE_CHOICES = [(genre.slug, genre.name) for genre in Genre.objects.all()]  # planted: query-at-import


def label_of(slug):
    return dict(GENRE_CHOICES).get(slug, "")
