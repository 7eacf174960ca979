from django import template

register = template.Library()


@register.simple_tag
def author_of(book):
    return book.author.name  # here: fact_template_simple_tag


@register.filter
def publisher(book):
    return book.author.pub_id  # here: fact_template_filter


@register.inclusion_tag("library/_tag_list.html")
def tag_list(book):
    return {"tags": book.tags.all()}  # here: fact_template_inclusion_tag
