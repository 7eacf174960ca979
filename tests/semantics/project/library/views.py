from django.http import HttpResponse
from django.shortcuts import render
from django.views.generic import DetailView, ListView

from project.library.models import Author, Book


class LazyBookList(ListView):
    model = Book
    context_object_name = "books"
    template_name = "library/author_name.html"


class JoinedBookList(ListView):
    context_object_name = "books"
    template_name = "library/author_name.html"

    def get_queryset(self):
        return Book.objects.select_related("author")


class InheritedBookList(LazyBookList):
    def get_queryset(self):
        return super().get_queryset().select_related("author")


class PagedBookList(JoinedBookList):
    paginate_by = 2

    def get_queryset(self):
        return super().get_queryset().order_by("pk")


class OneBook(DetailView):
    model = Book
    template_name = "library/one_book.html"


def lazy_books(request):
    return render(request, "library/author_name.html", {"books": Book.objects.all()})


def joined_books(request):
    context = {"title": "All books"}
    context["books"] = Book.objects.select_related("author")
    return render(request, "library/author_name.html", context)


def one_author(request, **names):
    return HttpResponse(Author.objects.get(**names).name)
