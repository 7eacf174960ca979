from django.contrib.auth.decorators import login_required
from django.db.models import F
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.generic import FormView

from .forms import BookFormSet, BookPriceFormSet, GenreForm, GenreFormJoined, PlacementForm, PlacementFormJoined
from .models import Book, Publisher

PAGE = 20


class PlaceBook(FormView):
    form_class = PlacementForm
    template_name = "catalog/form.html"

    def form_valid(self, form):
        Book.objects.filter(pk=self.kwargs["pk"]).update(series=form.cleaned_data["series"])
        return redirect("catalog:book", pk=self.kwargs["pk"])


class PlaceBookJoined(PlaceBook):
    form_class = PlacementFormJoined


def choose_genre(request):
    return render(request, "catalog/form.html", {"form": GenreForm()})


def choose_genre_joined(request):
    return render(request, "catalog/form.html", {"form": GenreFormJoined()})


@login_required
def edit_books(request):
    """Each form of the set has a select of its own, filled by its own query."""
    books = Book.objects.order_by("pk")[:PAGE]
    formset = BookFormSet(request.POST or None, queryset=books)
    if request.method == "POST" and formset.is_valid():
        formset.save()
        return HttpResponse("saved")
    return render(request, "catalog/formset.html", {"formset": formset})


@login_required
def edit_prices(request):
    books = Book.objects.order_by("pk")[:PAGE]
    formset = BookPriceFormSet(request.POST or None, queryset=books)  # twin: formset-choices # twin: formset-series-choices
    if request.method == "POST" and formset.is_valid():
        formset.save()
        return HttpResponse("saved")
    return render(request, "catalog/formset.html", {"formset": formset})


def count_view(request, pk):
    Book.objects.filter(pk=pk).update(view_count=F("view_count") + 1)
    return HttpResponse(status=204)


def publishers_without_books(request):
    names = list(Publisher.objects.filter(books=None).values_list("name", flat=True))
    return HttpResponse(", ".join(names))
