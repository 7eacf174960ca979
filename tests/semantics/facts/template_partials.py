"""Partials of templates.

since: 6.0
"""

from django.template.loader import render_to_string

from project.library.models import Book


def fact_template_partial():
    """A partial that is rendered in a loop sees the variables of the loop.

    queries: 6
    verdict: n-plus-one author
    """
    return render_to_string("library/partial.html", {"books": Book.objects.all()})


def fact_template_partial_joined():
    """The twin.

    queries: 1
    verdict: none
    """
    return render_to_string("library/partial.html", {"books": Book.objects.select_related("author")})


def fact_template_piece():
    """A piece of a template is rendered alone.

    queries: 6
    verdict: n-plus-one author
    """
    return render_to_string("library/pieces.html#lines", {"books": Book.objects.all()})


def fact_template_piece_joined():
    """The twin.

    queries: 1
    verdict: none
    """
    return render_to_string("library/pieces.html#lines", {"books": Book.objects.select_related("author")})
