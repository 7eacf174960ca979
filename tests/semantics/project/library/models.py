"""The models that all facts share."""

from django.contrib.contenttypes.fields import GenericForeignKey, GenericRelation
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.db.models import Count
from django.utils.functional import cached_property


class Publisher(models.Model):
    name = models.CharField(max_length=50)

    def __str__(self):
        return self.name


class Author(models.Model):
    name = models.CharField(max_length=50)
    bio = models.TextField(default="")
    pub = models.ForeignKey(Publisher, models.CASCADE, null=True, blank=True, related_name="authors")

    def __str__(self):
        return f"{self.name} ({self.pub})"  # here: fact_str_of_fk_follows_another_fk

    @property
    def pub_name(self):
        return self.pub.name  # here: fact_property_through_fk


class Profile(models.Model):
    author = models.OneToOneField(Author, models.CASCADE, related_name="profile")
    site = models.CharField(max_length=50)


class Tag(models.Model):
    label = models.CharField(max_length=20)

    def __str__(self):
        return self.label


class BookQuerySet(models.QuerySet):
    def with_author(self):
        return self.select_related("author")

    def with_chapter_count(self):
        return self.annotate(chapter_count=Count("chaps"))

    def only_titles(self):
        return self.only("title")


class EagerBookManager(models.Manager):
    def get_queryset(self):
        return super().get_queryset().select_related("author")


class SharingBookManager(models.Manager):
    """For Django 6.1 and later."""

    def get_queryset(self):
        return super().get_queryset().fetch_mode(models.FETCH_PEERS)


class Book(models.Model):
    title = models.CharField(max_length=50)
    summary = models.TextField(default="", blank=True)
    author = models.ForeignKey(Author, models.CASCADE, related_name="books")
    editor = models.ForeignKey(Author, models.SET_NULL, null=True, blank=True, related_name="edited")
    tags = models.ManyToManyField(Tag, related_name="books")
    comments = GenericRelation("library.Comment", related_query_name="book")

    objects = BookQuerySet.as_manager()
    eager = EagerBookManager()
    sharing = SharingBookManager()

    def __str__(self):
        return self.title

    def get_absolute_url(self):
        return f"/{self.author.name}/{self.pk}/"  # here: fact_template_get_absolute_url

    @property
    def author_name(self):
        return self.author.name  # here: fact_property_reads_fk

    @cached_property
    def chapter_total(self):
        return self.chaps.count()  # here: fact_cached_property_in_loop

    def tag_labels(self):
        return [tag.label for tag in self.tags.all()]  # here: fact_method_reads_m2m

    def chapter_numbers(self):
        return list(self.chaps.values_list("number", flat=True))  # here: fact_method_defeats_prefetch


class BookProxy(Book):
    class Meta:
        proxy = True

    def by_line(self):
        return f"by {self.author.name}"  # here: fact_proxy_method_reads_fk


class Chapter(models.Model):
    """Has no ordering: `first()` has to sort by the primary key in the database."""

    book = models.ForeignKey(Book, models.CASCADE, related_name="chaps")
    number = models.IntegerField()
    heading = models.CharField(max_length=50, default="")


class Note(models.Model):
    """Has an ordering: `first()` may take the first of the prefetched rows."""

    book = models.ForeignKey(Book, models.CASCADE, related_name="notes")
    position = models.IntegerField()

    class Meta:
        ordering = ["position"]


class Shelf(models.Model):
    name = models.CharField(max_length=20)
    books = models.ManyToManyField(Book, through="Placement", related_name="shelves")


class Placement(models.Model):
    shelf = models.ForeignKey(Shelf, models.CASCADE, related_name="placements")
    book = models.ForeignKey(Book, models.CASCADE, related_name="placements")
    position = models.IntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shelf", "book"], name="one_place_per_shelf")]


class Comment(models.Model):
    content_type = models.ForeignKey(ContentType, models.CASCADE)
    object_id = models.PositiveIntegerField()
    target = GenericForeignKey("content_type", "object_id")
    text = models.CharField(max_length=50)


class Category(models.Model):
    name = models.CharField(max_length=20)
    parent = models.ForeignKey("self", models.CASCADE, null=True, blank=True, related_name="children")

    def full_name(self):
        if self.parent is None:  # here: fact_self_fk_walks_to_the_root
            return self.name
        return f"{self.parent.full_name()} / {self.name}"


class Place(models.Model):
    name = models.CharField(max_length=20)


class Restaurant(Place):
    cuisine = models.CharField(max_length=20)


class Dated(models.Model):
    created_by = models.ForeignKey(Author, models.CASCADE, related_name="%(class)s_created")

    class Meta:
        abstract = True

    def creator_name(self):
        return self.created_by.name  # here: fact_abstract_base_method


class Report(Dated):
    subject = models.CharField(max_length=20)


class Loan(models.Model):
    """Saving one writes an entry, through a signal."""

    book = models.ForeignKey(Book, models.CASCADE, related_name="+")
    reader = models.CharField(max_length=20)
    returned = models.BooleanField(default=False)


class LoanEntry(models.Model):
    loan = models.ForeignKey(Loan, models.CASCADE, related_name="entries")


def write_entry(sender, instance, created, **kwargs):
    LoanEntry.objects.create(loan=instance)


models.signals.post_save.connect(write_entry, sender=Loan)


class Harbour(models.Model):
    name = models.CharField(max_length=20)


class Ship(models.Model):
    """Its receiver asks for the captain of each ship that goes."""

    harbour = models.ForeignKey(Harbour, models.CASCADE, null=True, related_name="ships")
    captain = models.ForeignKey(Author, models.CASCADE, related_name="+")


def log_ship(sender, instance, **kwargs):
    return instance.captain.name  # here: fact_delete_tells_receivers_of_children


models.signals.pre_delete.connect(log_ship, sender=Ship)


class Berth(models.Model):
    """Its receiver reads what came with the row."""

    harbour = models.ForeignKey(Harbour, models.CASCADE, related_name="berths")
    captain = models.ForeignKey(Author, models.CASCADE, related_name="+")


def log_berth(sender, instance, **kwargs):
    return instance.captain_id


models.signals.post_delete.connect(log_berth, sender=Berth)


class Buoy(models.Model):
    """Stays when its harbour goes."""

    harbour = models.ForeignKey(Harbour, models.DO_NOTHING, db_constraint=False, null=True, related_name="buoys")
    former = models.ForeignKey(Harbour, models.SET_NULL, null=True, related_name="former_buoys")
    keeper = models.ForeignKey(Author, models.CASCADE, related_name="+")


def log_buoy(sender, instance, **kwargs):
    return instance.keeper.name  # here: fact_delete_of_rows_tells_each


models.signals.post_delete.connect(log_buoy, sender=Buoy)


class Quay(models.Model):
    """No receiver: its cranes are found through it."""

    harbour = models.ForeignKey(Harbour, models.CASCADE, related_name="quays")


class Crane(models.Model):
    quay = models.ForeignKey(Quay, models.CASCADE, related_name="cranes")
    driver = models.ForeignKey(Author, models.CASCADE, related_name="+")


def log_crane(sender, instance, **kwargs):
    return instance.driver.name  # here: fact_delete_tells_receivers_of_children


models.signals.post_delete.connect(log_crane, sender=Crane)


class Lock(models.Model):
    """One for one: a delete takes a single one along."""

    harbour = models.OneToOneField(Harbour, models.CASCADE, related_name="lock")
    keeper = models.ForeignKey(Author, models.CASCADE, related_name="+")


def log_lock(sender, instance, **kwargs):
    return instance.keeper.name


models.signals.pre_delete.connect(log_lock, sender=Lock)


class Voyage(models.Model):
    author = models.ForeignKey(Author, models.CASCADE, related_name="+")
    days = models.IntegerField(default=0)


def note_voyage(sender, instance, raw=False, **kwargs):
    if not raw:
        instance.author.name  # here: fact_save_in_loop_tells_receivers


models.signals.post_save.connect(note_voyage, sender=Voyage)
