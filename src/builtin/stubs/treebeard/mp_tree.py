from django.db import models
from treebeard.models import Node


class MP_NodeQuerySet(models.QuerySet):
    def delete(self, *args, **kwargs): ...


class MP_NodeManager(models.Manager):
    def get_queryset(self):
        return MP_NodeQuerySet(self.model)


class MP_Node(Node):
    path = models.CharField(max_length=255, unique=True)
    depth = models.PositiveIntegerField()
    numchild = models.PositiveIntegerField(default=0)

    objects = MP_NodeManager()

    class Meta:
        abstract = True
