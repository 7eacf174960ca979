from django.contrib.admin.decorators import action, display, register
from django.contrib.admin.options import HORIZONTAL, VERTICAL, ModelAdmin, StackedInline, TabularInline
from django.contrib.admin.filters import FieldListFilter, RelatedFieldListFilter, RelatedOnlyFieldListFilter, SimpleListFilter
from django.contrib.admin.sites import AdminSite, site
