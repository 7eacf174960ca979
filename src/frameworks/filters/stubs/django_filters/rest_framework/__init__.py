import luthier
from django_filters.filters import *
from django_filters.rest_framework.filterset import FilterSet

DjangoFilterBackend = luthier.unknown
