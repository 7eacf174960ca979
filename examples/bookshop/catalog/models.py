from django.contrib.contenttypes.fields import GenericRelation
from django.db import models
from django.db.models import Avg
from django.urls import reverse

from .managers import AuthorQuerySet, BookManager


class TimeStamped(models.Model):
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        abstract = True


class Publisher(TimeStamped):
    name = models.CharField(max_length=120)
    slug = models.SlugField(max_length=120, unique=True)  # planted: like-index-publisher-slug
    country_code = models.CharField(max_length=2)
    country_name = models.CharField(max_length=60)  # planted: fd-publisher-country
    about = models.TextField(blank=True)  # twin: fd-publisher-country

    class Meta:
        ordering = ["name"]

    def __str__(self):
        return self.name


class Author(TimeStamped):
    name = models.CharField(max_length=120)
    sort_name = models.CharField(max_length=120, db_index=True)  # twin: like-index-publisher-slug # twin: pattern-ops-subtitle # twin: constant-channel-index
    biography = models.TextField(blank=True)
    born_on = models.DateField(null=True, blank=True)
    died_on = models.DateField(null=True, blank=True)
    home_publisher = models.ForeignKey(
        Publisher, models.SET_NULL, null=True, blank=True, related_name="house_authors"
    )

    objects = AuthorQuerySet.as_manager()

    def __str__(self):
        return self.name

    @property
    def house_name(self):
        if self.home_publisher is None:  # planted: author-house-property access
            return ""
        return self.home_publisher.name


class AuthorProfile(models.Model):
    author = models.OneToOneField(Author, models.CASCADE, related_name="profile")  # planted: always-joined-profile
    website = models.URLField(blank=True)
    portrait_url = models.URLField(blank=True)
    press_kit = models.TextField(blank=True)

    def __str__(self):
        return self.website


class Genre(models.Model):
    name = models.CharField(max_length=60)
    slug = models.SlugField(max_length=60, unique=True)
    parent = models.ForeignKey("self", models.CASCADE, null=True, blank=True, related_name="children")

    class Meta:
        ordering = ["name"]

    def __str__(self):
        return self.name

    @property
    def trail(self):
        if self.parent:  # planted: genre-trail-property access
            return f"{self.parent.name} / {self.name}"
        return self.name


class Series(models.Model):
    name = models.CharField(max_length=120)
    publisher = models.ForeignKey(Publisher, models.CASCADE, related_name="series")

    class Meta:
        ordering = ["name"]
        verbose_name_plural = "series"

    def __str__(self):
        return f"{self.name} ({self.publisher.name})"  # planted: series-select-label access # planted: series-string-field access # planted: admin-series-str access # planted: template-series-str access # planted: formset-series-choices access # planted: filter-series-choices access


class Book(TimeStamped):
    class Binding(models.TextChoices):
        HARDCOVER = "hardcover", "Hardcover"
        PAPERBACK = "paperback", "Paperback"
        DIGITAL = "digital", "Digital"

    title = models.CharField(max_length=200)
    subtitle = models.CharField(max_length=200, blank=True)  # twin: delimited-book-keywords
    isbn = models.CharField(max_length=13, unique=True)
    publisher = models.ForeignKey(Publisher, models.PROTECT, related_name="books")
    series = models.ForeignKey(Series, models.SET_NULL, null=True, blank=True, related_name="books")
    authors = models.ManyToManyField(Author, through="Authorship", related_name="books")
    genres = models.ManyToManyField(Genre, related_name="books", blank=True)
    binding = models.CharField(max_length=12, choices=Binding.choices, default=Binding.PAPERBACK)  # twin: text-book-language
    language_name = models.CharField(max_length=60, default="English (United Kingdom)")  # planted: text-book-language
    price = models.DecimalField(max_digits=8, decimal_places=2)  # twin: float-book-list-price
    list_price = models.FloatField(default=0)  # planted: float-book-list-price
    keywords = models.CharField(max_length=250, blank=True)  # planted: delimited-book-keywords
    description = models.TextField(blank=True)
    sample_chapter = models.TextField(blank=True)
    facts = models.JSONField(default=dict, blank=True)
    is_active = models.BooleanField(default=True)
    view_count = models.BigIntegerField(default=0)  # planted: hot-book-view-count
    published_on = models.DateField()

    comments = GenericRelation("reviews.Comment", related_query_name="book")

    objects = BookManager()

    class Meta:
        ordering = ["title"]
        indexes = [
            models.Index(fields=["published_on"], name="book_published_idx"),  # twin: unused-book-subtitle-index # twin: over-indexed-book
            models.Index(fields=["title"], name="book_title_idx"),  # planted: redundant-book-title-index
            models.Index(fields=["title", "published_on"], name="book_title_published_idx"),
            models.Index(fields=["binding", "price"], name="book_binding_price_idx"),  # twin: redundant-book-title-index
            models.Index(fields=["view_count"], name="book_view_count_idx"),  # planted: over-indexed-book
            models.Index(fields=["subtitle"], name="book_subtitle_idx"),  # planted: unused-book-subtitle-index
        ]

    def __str__(self):
        return self.title

    def get_absolute_url(self):
        return reverse("catalog:book", args=[self.pk])

    def get_house_url(self):
        return reverse("catalog:house-book", args=[self.publisher.slug, self.pk])  # planted: sitemap-house-url access # planted: template-house-url access

    @property
    def caption(self):
        house = self.publisher.name  # planted: caption-property access
        return f"{self.title}, {house}"

    @property
    def short_title(self):
        return self.title.partition(":")[0]

    def average_rating(self):
        return self.reviews.aggregate(mean=Avg("rating"))["mean"]  # planted: average-rating-method access

    def credit_line(self):
        return ", ".join(author.name for author in self.authors.all())  # planted: command-credit-line access


class Ebook(Book):
    """Multi-table inheritance: every e-book is a row of the book table too."""

    file_size_kb = models.PositiveIntegerField(default=0)
    has_drm = models.BooleanField(default=False)


class Audiobook(Book):
    minutes = models.PositiveIntegerField(default=0)
    narrator = models.ForeignKey(Author, models.PROTECT, related_name="narrations")


class BackCatalogueManager(BookManager):
    def get_queryset(self):
        return super().get_queryset().filter(is_active=False)


class BackCatalogueBook(Book):
    objects = BackCatalogueManager()

    class Meta:
        proxy = True
        ordering = ["-published_on"]

    @property
    def house(self):
        return self.publisher.name  # planted: proxy-back-catalogue access


class Authorship(models.Model):
    class Role(models.TextChoices):
        AUTHOR = "author", "Author"
        EDITOR = "editor", "Editor"
        TRANSLATOR = "translator", "Translator"

    book = models.ForeignKey(Book, models.CASCADE, related_name="authorships")  # planted: fk-index-covered-authorship
    author = models.ForeignKey(Author, models.CASCADE, related_name="authorships")
    role = models.CharField(max_length=10, choices=Role.choices, default=Role.AUTHOR)
    position = models.PositiveSmallIntegerField(default=1)

    class Meta:
        ordering = ["position"]
        unique_together = [("book", "author", "role")]


class Edition(models.Model):
    number = models.PositiveSmallIntegerField(default=1)  # planted: padding-edition
    book = models.ForeignKey(Book, models.CASCADE, related_name="editions")
    pages = models.PositiveIntegerField(default=0)
    printer = models.ForeignKey(Publisher, models.PROTECT, related_name="printed_editions")
    printed_on = models.DateField(null=True, blank=True)
    remarks = models.TextField(blank=True)

    def __str__(self):
        return f"edition {self.number}"


class Award(models.Model):
    """Ordered by Meta, so that .first() of a prefetched manager costs nothing."""

    book = models.ForeignKey(Book, models.CASCADE, related_name="awards")
    name = models.CharField(max_length=80)  # twin: eav-book-attribute
    year = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["-year"]
        constraints = [models.UniqueConstraint(fields=["book", "name", "year"], name="award_once")]

    def __str__(self):
        return f"{self.name} {self.year}"


class BookAttribute(models.Model):
    """Anything a supplier sends that has no column of its own."""

    book = models.ForeignKey(Book, models.CASCADE, related_name="attributes")
    name = models.CharField(max_length=40)  # planted: eav-book-attribute
    value = models.CharField(max_length=200)

    class Meta:
        indexes = [models.Index(fields=["name", "value"], name="attribute_name_value_idx")]
