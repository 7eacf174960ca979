import luthier
from strawberry_django.fields import connection, field, node, offset_paginated

type = luthier.strawberry_django_type
interface = luthier.strawberry_django_type


def django_resolver(resolver):
    return resolver
