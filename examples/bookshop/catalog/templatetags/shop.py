from django import template

register = template.Library()


@register.simple_tag
def series_mark(book):
    if book.series_id is None:
        return ""
    return f"part of {book.series.name}"  # planted: template-simple-tag-series access


@register.inclusion_tag("catalog/_authors.html")
def author_line(book):
    return {"book": book, "authors": book.authors.all()}  # planted: template-inclusion-tag-authors access


@register.filter
def edition_count(book):
    return len(book.editions.all())  # planted: template-filter-editions access


@register.filter
def money(value):
    return f"{value:.2f} EUR"


@register.simple_tag(takes_context=True)
def is_here(context, name):
    match = getattr(context.get("request"), "resolver_match", None)
    return bool(match and match.view_name == name)
