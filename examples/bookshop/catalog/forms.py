from django import forms
from django.forms import modelformset_factory

from .models import Book, Genre, Publisher, Series


class PlacementForm(forms.Form):
    """Puts a book in a series. The label of every option is Series.__str__."""

    series = forms.ModelChoiceField(queryset=Series.objects.all())  # planted: series-select-label queryset
    position = forms.IntegerField(min_value=1, initial=1)


class PlacementFormJoined(forms.Form):
    series = forms.ModelChoiceField(queryset=Series.objects.select_related("publisher"))  # twin: series-select-label
    position = forms.IntegerField(min_value=1, initial=1)


class GenreChoiceField(forms.ModelChoiceField):
    def label_from_instance(self, genre):
        if genre.parent is None:  # planted: genre-label-override access
            return genre.name
        return f"{genre.parent.name}: {genre.name}"


class GenreForm(forms.Form):
    genre = GenreChoiceField(queryset=Genre.objects.all())  # planted: genre-label-override queryset


class GenreFormJoined(forms.Form):
    genre = GenreChoiceField(queryset=Genre.objects.select_related("parent"))  # twin: genre-label-override


class PublisherForm(forms.Form):
    """Publisher.__str__ reads nothing but the publisher's own name; the queryset is lazy, so no query at import."""

    publisher = forms.ModelChoiceField(queryset=Publisher.objects.all())  # twin: query-at-import


class BookForm(forms.ModelForm):
    class Meta:
        model = Book
        fields = ["title", "series", "price"]  # planted: formset-choices queryset # planted: formset-series-choices queryset


BookFormSet = modelformset_factory(Book, form=BookForm, extra=0)


class BookPriceForm(forms.ModelForm):
    class Meta:
        model = Book
        fields = ["title", "price"]


BookPriceFormSet = modelformset_factory(Book, form=BookPriceForm, extra=0)
