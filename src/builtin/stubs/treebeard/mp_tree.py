import luthier
from django.db import models
from treebeard.models import Node


class MP_NodeQuerySet(models.QuerySet):
    def delete(self, *args, **kwargs): ...


class MP_NodeManager(models.Manager):
    def get_queryset(self):
        return MP_NodeQuerySet(self.model).order_by("path")


class MP_Node(Node):
    path = models.CharField(max_length=255, unique=True)
    depth = models.PositiveIntegerField()
    numchild = models.PositiveIntegerField(default=0)

    objects = MP_NodeManager()

    class Meta:
        abstract = True

    @classmethod
    def get_root_nodes(cls):
        return cls.objects.filter(depth=1).order_by("path")

    @classmethod
    def get_tree(cls, parent=None):
        return cls.objects.all() if parent is None else cls.objects.filter(path__startswith=parent.path).order_by("path")

    def get_depth(self):
        return self.depth

    def is_root(self):
        return self.depth == 1

    def is_leaf(self):
        return self.numchild == 0

    def get_children_count(self):
        return self.numchild

    def get_siblings(self):
        return type(self).objects.filter(depth=self.depth).order_by("path").filter(path__startswith=luthier.unknown())

    def get_children(self):
        return type(self).objects.filter(depth=luthier.unknown(), path__range=luthier.unknown()).order_by("path")

    def get_descendants(self):
        return type(self).get_tree(self).exclude(pk=self.pk)

    def get_descendant_count(self):
        return self.get_descendants().count()

    def get_ancestors(self):
        return type(self).objects.filter(path__in=luthier.unknown()).order_by("path")

    def get_root(self):
        return type(self).objects.get(path=luthier.unknown())

    def get_parent(self, update=False):
        return type(self).objects.get(path=luthier.unknown())

    def get_first_child(self):
        return self.get_children().first()

    def get_last_child(self):
        return self.get_children().last()

    def get_first_sibling(self):
        return self.get_siblings().first()

    def get_last_sibling(self):
        return self.get_siblings().last()

    def get_next_sibling(self):
        return self.get_siblings().filter(path__gt=self.path).first()

    def get_prev_sibling(self):
        return self.get_siblings().filter(path__lt=self.path).last()
