from django.db import models
from wagtail.models import Orderable, Page


class AbstractFormSubmission(models.Model):
    form_data = models.JSONField()
    page = models.ForeignKey(Page, on_delete=models.CASCADE)
    submit_time = models.DateTimeField(auto_now_add=True)

    class Meta:
        abstract = True

    def get_data(self):
        return {**self.form_data, "submit_time": self.submit_time}


class FormSubmission(AbstractFormSubmission):
    class Meta: ...


class AbstractFormField(Orderable):
    clean_name = models.CharField(blank=True, default="", max_length=255)
    label = models.CharField(max_length=255)
    field_type = models.CharField(max_length=16)
    required = models.BooleanField(default=True)
    choices = models.TextField(blank=True)
    default_value = models.TextField(blank=True)
    help_text = models.CharField(max_length=255, blank=True)

    class Meta:
        abstract = True
        ordering = ["sort_order"]


class FormMixin:
    def get_form_fields(self):
        return self.form_fields.all()

    def get_submission_class(self):
        return FormSubmission


class AbstractForm(FormMixin, Page):
    class Meta:
        abstract = True


class EmailFormMixin(models.Model):
    to_address = models.CharField(max_length=255, blank=True)
    from_address = models.EmailField(max_length=255, blank=True)
    subject = models.CharField(max_length=255, blank=True)

    class Meta:
        abstract = True


class AbstractEmailForm(EmailFormMixin, FormMixin, Page):
    class Meta:
        abstract = True
