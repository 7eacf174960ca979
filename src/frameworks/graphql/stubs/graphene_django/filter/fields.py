from graphene_django.fields import DjangoConnectionField


class DjangoFilterConnectionField(DjangoConnectionField):
    pass
