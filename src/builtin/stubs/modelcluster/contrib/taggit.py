from taggit.managers import TaggableManager


class ClusterTaggableManager(TaggableManager): ...
