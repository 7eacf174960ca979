from django.views.generic.detail import DetailView
from django.views.generic.list import ListView


class ArchiveIndexView(ListView):
    context_object_name = "latest"
    template_name_suffix = "_archive"


class YearArchiveView(ListView):
    template_name_suffix = "_archive_year"


class MonthArchiveView(ListView):
    template_name_suffix = "_archive_month"


class WeekArchiveView(ListView):
    template_name_suffix = "_archive_week"


class DayArchiveView(ListView):
    template_name_suffix = "_archive_day"


class TodayArchiveView(ListView):
    template_name_suffix = "_archive_day"


class DateDetailView(DetailView):
    pass
