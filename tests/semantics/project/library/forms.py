"""Forms whose choices are rows."""

from django import forms

from project.library.models import Author, Book


class AuthorChoiceForm(forms.Form):
    author = forms.ModelChoiceField(queryset=Author.objects.all())  # here: fact_choice_field_labels


class JoinedAuthorChoiceForm(forms.Form):
    author = forms.ModelChoiceField(queryset=Author.objects.select_related("pub"))


class NamedAuthorField(forms.ModelChoiceField):
    def label_from_instance(self, author):
        return author.name


class NamedAuthorChoiceForm(forms.Form):
    author = NamedAuthorField(queryset=Author.objects.all())


class BookForm(forms.ModelForm):
    class Meta:
        model = Book
        fields = ["title", "author"]


class TitleForm(forms.ModelForm):
    class Meta:
        model = Book
        fields = ["title"]


class TaggedBookField(forms.ModelChoiceField):
    def label_from_instance(self, book):
        return ", ".join(tag.label for tag in book.tags.all())  # here: fact_choice_labels_of_m2m


class BookChoiceForm(forms.Form):
    book = TaggedBookField(queryset=Book.objects.all())


class PrefetchedBookChoiceForm(forms.Form):
    book = TaggedBookField(queryset=Book.objects.prefetch_related("tags"))
