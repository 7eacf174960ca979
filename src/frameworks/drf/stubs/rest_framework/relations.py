from rest_framework.fields import Field


class RelatedField(Field):
    pass


class StringRelatedField(RelatedField):
    pass


class PrimaryKeyRelatedField(RelatedField):
    pass


class HyperlinkedRelatedField(RelatedField):
    pass


class HyperlinkedIdentityField(HyperlinkedRelatedField):
    pass


class SlugRelatedField(RelatedField):
    pass


class ManyRelatedField(Field):
    pass
