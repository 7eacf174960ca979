"""Forms whose choices are rows."""

from django.forms import modelformset_factory

from project.library.forms import (
    AuthorChoiceForm,
    BookChoiceForm,
    BookForm,
    JoinedAuthorChoiceForm,
    NamedAuthorChoiceForm,
    PrefetchedBookChoiceForm,
    TitleForm,
)
from project.library.models import Author, Book


def fact_choice_field_labels():
    """Each choice is labelled by its text, which names a publisher.

    queries: 6
    verdict: n-plus-one pub
    at: fact_str_of_fk_follows_another_fk
    code: project/library/forms.py AuthorChoiceForm
    """
    return AuthorChoiceForm().as_p()


def fact_choice_field_labels_joined():
    """The twin.

    queries: 1
    verdict: none
    code: project/library/forms.py JoinedAuthorChoiceForm
    """
    return JoinedAuthorChoiceForm().as_p()


def fact_choice_field_own_labels():
    """A label that reads columns only.

    queries: 1
    verdict: none
    code: project/library/forms.py NamedAuthorChoiceForm
    """
    return NamedAuthorChoiceForm().as_p()


def fact_choice_labels_of_m2m():
    """A label that reads a many-to-many relation.

    queries: 6
    verdict: n-plus-one tags
    code: project/library/forms.py BookChoiceForm
    """
    return BookChoiceForm().as_p()


def fact_choice_labels_of_m2m_prefetched():
    """Choices are streamed, but not when they have a prefetch.

    queries: 2
    verdict: none
    code: project/library/forms.py PrefetchedBookChoiceForm
    """
    return PrefetchedBookChoiceForm().as_p()


def fact_choices_are_asked_for_each_time():
    """Rendering the same form twice asks twice.

    queries: 2
    verdict: none
    """
    form = JoinedAuthorChoiceForm()
    return form.as_p() + form.as_p()


def fact_model_form_choices():
    """A model form makes the choice from its foreign key.

    queries: 6
    verdict: n-plus-one pub
    at: fact_str_of_fk_follows_another_fk
    code: project/library/forms.py BookForm
    """
    return BookForm().as_p()


def fact_formset_lists_choices_per_form():
    """Five forms list all authors, and each author's publisher, five times over.

    queries: 31
    verdict: open
    """
    forms = modelformset_factory(Book, form=BookForm, extra=0)
    return forms(queryset=Book.objects.order_by("pk")).as_p()


def fact_formset_without_choices():
    """Forms of columns cost nothing more than their rows.

    queries: 1
    verdict: none
    """
    forms = modelformset_factory(Book, form=TitleForm, extra=0)
    return forms(queryset=Book.objects.order_by("pk")).as_p()


def fact_formset_with_joined_choices():
    """The texts covered, there is still one query a form.

    queries: 6
    verdict: open
    """

    def joined(field, **arguments):
        if field.name == "author":
            arguments["queryset"] = Author.objects.select_related("pub")
        return field.formfield(**arguments)

    forms = modelformset_factory(Book, fields=["title", "author"], extra=0, formfield_callback=joined)
    return forms(queryset=Book.objects.order_by("pk")).as_p()


def fact_model_form_validates_its_keys():
    """The chosen author is looked up by the field and again by the model.

    queries: 2
    verdict: none
    """
    form = BookForm({"title": "new", "author": 1})
    assert form.is_valid(), form.errors


def fact_model_form_validation_in_a_loop():
    """For each of five rows of input. A form is only possibly costly, so nothing is claimed.

    queries: 10
    verdict: none
    """
    for number in range(5):
        form = BookForm({"title": f"new {number}", "author": 1})
        assert form.is_valid(), form.errors
