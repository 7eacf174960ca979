from django.db import models
from treebeard.models import Node


class AL_NodeManager(models.Manager): ...


class AL_Node(Node):
    objects = AL_NodeManager()

    class Meta:
        abstract = True

    @classmethod
    def get_root_nodes(cls):
        return cls.objects.filter(parent__isnull=True)

    def get_children(self):
        return type(self).objects.filter(parent=self)

    def get_parent(self, update=False):
        return self.parent
