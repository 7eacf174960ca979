from catalog.models import Book
from django.contrib.contenttypes.prefetch import GenericPrefetch
from django.http import JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string

from .models import Badge, Comment, Review

PAGE = 50


def comments(request):
    """The generic foreign key costs a query a row."""
    rows = Comment.objects.order_by("-pk")[:PAGE]  # planted: comment-target-lazy queryset
    return render(request, "reviews/comments.html", {"comments": rows})


def comments_prefetched(request):
    rows = Comment.objects.prefetch_related("target").order_by("-pk")[:PAGE]  # twin: comment-target-lazy
    return render(request, "reviews/comments.html", {"comments": rows})


def comment_houses(request):
    """The target is prefetched; what lies behind the target is not."""
    rows = Comment.objects.filter(book__isnull=False).prefetch_related("target")[:PAGE]  # planted: comment-target-publisher queryset
    return JsonResponse({"houses": [row.target.publisher.name for row in rows]})  # planted: comment-target-publisher access


def comment_houses_whole(request):
    targets = GenericPrefetch("target", [Book.objects.select_related("publisher"), Review.objects.all()])
    rows = Comment.objects.filter(book__isnull=False).prefetch_related(targets)[:PAGE]  # twin: comment-target-publisher
    return JsonResponse({"houses": [row.target.publisher.name for row in rows]})


def discussed(request):
    """A generic relation, read from its far side."""
    books = Book.objects.order_by("-pk")[:PAGE]  # planted: book-comments-generic queryset
    return JsonResponse({book.isbn: [comment.text for comment in book.comments.all()] for book in books})  # planted: book-comments-generic access


def discussed_prefetched(request):
    books = Book.objects.prefetch_related("comments").order_by("-pk")[:PAGE]  # twin: book-comments-generic
    return JsonResponse({book.isbn: [comment.text for comment in book.comments.all()] for book in books})


def badges(request):
    rows = Badge.objects.order_by("code")  # planted: badge-holders queryset # planted: badge-holder-users queryset
    result = {badge.code: [holder.user.email for holder in badge.holders.all()] for badge in rows}  # planted: badge-holders access # planted: badge-holder-users access
    return JsonResponse(result)


def badges_prefetched(request):
    rows = Badge.objects.prefetch_related("holders__user").order_by("code")  # twin: badge-holders # twin: badge-holder-users
    result = {badge.code: [holder.user.email for holder in badge.holders.all()] for badge in rows}
    return JsonResponse(result)


def widget(request):
    reviews = Review.objects.approved().order_by("-created_at")[:PAGE]  # planted: render-to-string-book queryset
    return JsonResponse({"html": render_to_string("reviews/widget.html", {"reviews": reviews})})


def widget_joined(request):
    reviews = Review.objects.approved().select_related("book").order_by("-created_at")[:PAGE]  # twin: render-to-string-book
    return JsonResponse({"html": render_to_string("reviews/widget.html", {"reviews": reviews})})
