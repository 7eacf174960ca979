from django_filters.filters import *
from django_filters.filterset import FilterSet
