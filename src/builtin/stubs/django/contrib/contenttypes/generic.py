from django.contrib.contenttypes.fields import GenericForeignKey, GenericRelation
