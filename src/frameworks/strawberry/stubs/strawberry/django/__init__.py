from strawberry_django import connection, django_resolver, field, node, offset_paginated, type
