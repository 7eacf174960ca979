from django.views.generic.base import ContextMixin, RedirectView, TemplateResponseMixin, TemplateView, View
from django.views.generic.dates import (
    ArchiveIndexView, DateDetailView, DayArchiveView, MonthArchiveView, TodayArchiveView, WeekArchiveView,
    YearArchiveView,
)
from django.views.generic.detail import DetailView, SingleObjectMixin, SingleObjectTemplateResponseMixin
from django.views.generic.edit import CreateView, DeleteView, FormMixin, FormView, ModelFormMixin, UpdateView
from django.views.generic.list import BaseListView, ListView, MultipleObjectMixin
