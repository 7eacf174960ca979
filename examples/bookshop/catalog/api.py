from django.db.models import Count
from rest_framework import serializers, viewsets
from rest_framework.decorators import action
from rest_framework.response import Response
from rest_framework.routers import DefaultRouter

from .models import Author, Book, Edition, Publisher, Series


class PublisherSerializer(serializers.ModelSerializer):
    class Meta:
        model = Publisher
        fields = ["id", "name", "country_code"]


class AuthorSerializer(serializers.ModelSerializer):
    class Meta:
        model = Author
        fields = ["id", "name"]


class EditionSerializer(serializers.ModelSerializer):
    class Meta:
        model = Edition
        fields = ["id", "number", "pages"]


# Nested serializers --------------------------------------------------------


class BookSerializer(serializers.ModelSerializer):
    publisher = PublisherSerializer()  # planted: drf-nested-publisher access
    authors = AuthorSerializer(many=True)  # planted: drf-nested-authors access

    class Meta:
        model = Book
        fields = ["id", "title", "price", "publisher", "authors"]


class BookViewSet(viewsets.ReadOnlyModelViewSet):
    queryset = Book.objects.order_by("pk")  # planted: drf-nested-publisher queryset # planted: drf-nested-authors queryset
    serializer_class = BookSerializer


class BookViewSetEager(viewsets.ReadOnlyModelViewSet):
    queryset = Book.objects.with_credits().order_by("pk")  # twin: drf-nested-publisher # twin: drf-nested-authors
    serializer_class = BookSerializer


# Keys only -----------------------------------------------------------------


class BookKeySerializer(serializers.ModelSerializer):
    """The default related field reads publisher_id: no query. A dotted source reads the row."""

    class Meta:
        model = Book
        fields = ["id", "title", "publisher"]


class BookKeyViewSet(viewsets.ReadOnlyModelViewSet):
    queryset = Book.objects.order_by("pk")  # twin: drf-dotted-key
    serializer_class = BookKeySerializer


class BookDottedKeySerializer(serializers.ModelSerializer):
    publisher = serializers.IntegerField(source="publisher.id")  # planted: drf-dotted-key access

    class Meta:
        model = Book
        fields = ["id", "title", "publisher"]


class BookDottedKeyViewSet(viewsets.ReadOnlyModelViewSet):
    queryset = Book.objects.order_by("pk")  # planted: drf-dotted-key queryset
    serializer_class = BookDottedKeySerializer


# String and slug fields ----------------------------------------------------


class BookLabelSerializer(serializers.ModelSerializer):
    series = serializers.StringRelatedField()
    publisher = serializers.SlugRelatedField(slug_field="slug", read_only=True)  # planted: drf-slug-field access

    class Meta:
        model = Book
        fields = ["title", "series", "publisher"]


class BookLabelViewSet(viewsets.ReadOnlyModelViewSet):
    queryset = Book.objects.select_related("series").order_by("pk")  # planted: series-string-field queryset # planted: drf-slug-field queryset
    serializer_class = BookLabelSerializer


class BookLabelViewSetEager(BookLabelViewSet):
    queryset = Book.objects.select_related("series__publisher", "publisher").order_by("pk")  # twin: series-string-field # twin: drf-slug-field


# Methods -------------------------------------------------------------------


class BookFiguresSerializer(serializers.ModelSerializer):
    approved_reviews = serializers.SerializerMethodField()
    editions = serializers.SerializerMethodField()

    class Meta:
        model = Book
        fields = ["title", "approved_reviews", "editions"]

    def get_approved_reviews(self, book):
        return book.reviews.filter(approved=True).count()  # planted: drf-method-count access

    def get_editions(self, book):
        return EditionSerializer(book.editions.all(), many=True).data  # planted: drf-method-nested access


class BookFiguresViewSet(viewsets.ReadOnlyModelViewSet):
    serializer_class = BookFiguresSerializer

    def get_queryset(self):
        return Book.objects.order_by("pk")  # planted: drf-method-count queryset # planted: drf-method-nested queryset


class BookFiguresSerializerPrefetched(BookFiguresSerializer):
    def get_approved_reviews(self, book):
        return sum(review.approved for review in book.reviews.all())


class BookFiguresViewSetPrefetched(viewsets.ReadOnlyModelViewSet):
    serializer_class = BookFiguresSerializerPrefetched

    def get_queryset(self):
        return Book.objects.prefetch_related("reviews", "editions").order_by("pk")  # twin: drf-method-count # twin: drf-method-nested


# Per-action querysets and serializers --------------------------------------


class SeriesSerializer(serializers.ModelSerializer):
    class Meta:
        model = Series
        fields = ["id", "name"]


class SeriesDetailSerializer(serializers.ModelSerializer):
    publisher = PublisherSerializer()

    class Meta:
        model = Series
        fields = ["id", "name", "publisher"]


class SeriesShelfSerializer(serializers.ModelSerializer):
    house = serializers.CharField(source="publisher.name")  # planted: drf-action-queryset access

    class Meta:
        model = Series
        fields = ["id", "name", "house"]


class SeriesViewSet(viewsets.ReadOnlyModelViewSet):
    """Only the action `shelf` shows a publisher for many series; a detail page reads one."""

    def get_queryset(self):
        series = Series.objects.order_by("pk")  # planted: drf-action-queryset queryset
        if self.action == "houses":
            return series.select_related("publisher")  # twin: drf-action-queryset
        return series

    def get_serializer_class(self):
        if self.action == "retrieve":
            return SeriesDetailSerializer
        if self.action in ("shelf", "houses"):
            return SeriesShelfSerializer
        return SeriesSerializer

    @action(detail=False)
    def shelf(self, request):
        return Response(self.get_serializer(self.get_queryset(), many=True).data)

    @action(detail=False)
    def houses(self, request):
        return Response(self.get_serializer(self.get_queryset(), many=True).data)


# to_representation ---------------------------------------------------------


class AuthorCardSerializer(serializers.ModelSerializer):
    class Meta:
        model = Author
        fields = ["id", "name"]

    def to_representation(self, author):
        data = super().to_representation(author)
        data["titles"] = [book.title for book in author.books.all()]  # planted: drf-to-representation access
        return data


class AuthorViewSet(viewsets.ReadOnlyModelViewSet):
    queryset = Author.objects.order_by("pk")  # planted: drf-to-representation queryset
    serializer_class = AuthorCardSerializer


class AuthorViewSetPrefetched(AuthorViewSet):
    queryset = Author.objects.prefetch_related("books").order_by("pk")  # twin: drf-to-representation


# depth ---------------------------------------------------------------------


class EditionDepthSerializer(serializers.ModelSerializer):
    class Meta:
        model = Edition
        fields = ["number", "printer"]
        depth = 1  # planted: drf-depth access


class EditionViewSet(viewsets.ReadOnlyModelViewSet):
    queryset = Edition.objects.order_by("pk")  # planted: drf-depth queryset
    serializer_class = EditionDepthSerializer


class EditionViewSetJoined(EditionViewSet):
    queryset = Edition.objects.select_related("printer").order_by("pk")  # twin: drf-depth


# Counted sources -----------------------------------------------------------


class PublisherCountSerializer(serializers.ModelSerializer):
    book_total = serializers.IntegerField(source="books.count")  # planted: drf-source-count access

    class Meta:
        model = Publisher
        fields = ["name", "book_total"]


class PublisherViewSet(viewsets.ReadOnlyModelViewSet):
    queryset = Publisher.objects.order_by("pk")  # planted: drf-source-count queryset
    serializer_class = PublisherCountSerializer


class PublisherTotalSerializer(serializers.ModelSerializer):
    book_total = serializers.IntegerField()

    class Meta:
        model = Publisher
        fields = ["name", "book_total"]


class PublisherViewSetAnnotated(viewsets.ReadOnlyModelViewSet):
    queryset = Publisher.objects.annotate(book_total=Count("books")).order_by("pk")  # twin: drf-source-count
    serializer_class = PublisherTotalSerializer


# Writing -------------------------------------------------------------------


class BookGenresSerializer(serializers.ModelSerializer):
    """A list of keys is checked one query per key."""

    class Meta:
        model = Book
        fields = ["id", "genres"]  # planted: drf-key-per-row-validation


class BookGenresViewSet(viewsets.ModelViewSet):
    queryset = Book.objects.prefetch_related("genres").order_by("pk")
    serializer_class = BookGenresSerializer


class GenreKeysSerializer(serializers.Serializer):
    """The same keys, checked by one query."""

    genres = serializers.ListField(child=serializers.IntegerField(), max_length=100)  # twin: drf-key-per-row-validation

    def validate_genres(self, keys):
        from .models import Genre

        found = Genre.objects.in_bulk(keys)
        if len(found) != len(set(keys)):
            raise serializers.ValidationError("unknown genre")
        return list(found.values())


class BookGenreKeysViewSet(viewsets.GenericViewSet):
    queryset = Book.objects.order_by("pk")
    serializer_class = GenreKeysSerializer

    def update(self, request, pk=None):
        book = self.get_object()
        keys = self.get_serializer(data=request.data)
        keys.is_valid(raise_exception=True)
        book.genres.set(keys.validated_data["genres"])
        return Response({"id": book.pk})


router = DefaultRouter()
router.register("books", BookViewSet, basename="api-book")
router.register("books-eager", BookViewSetEager, basename="api-book-eager")
router.register("book-keys", BookKeyViewSet, basename="api-book-key")
router.register("book-dotted-keys", BookDottedKeyViewSet, basename="api-book-dotted")
router.register("book-labels", BookLabelViewSet, basename="api-book-label")
router.register("book-labels-eager", BookLabelViewSetEager, basename="api-book-label-eager")
router.register("book-figures", BookFiguresViewSet, basename="api-book-figures")
router.register("book-figures-prefetched", BookFiguresViewSetPrefetched, basename="api-book-figures-prefetched")
router.register("series", SeriesViewSet, basename="api-series")
router.register("authors", AuthorViewSet, basename="api-author")
router.register("authors-prefetched", AuthorViewSetPrefetched, basename="api-author-prefetched")
router.register("editions", EditionViewSet, basename="api-edition")
router.register("editions-joined", EditionViewSetJoined, basename="api-edition-joined")
router.register("publishers", PublisherViewSet, basename="api-publisher")
router.register("publishers-annotated", PublisherViewSetAnnotated, basename="api-publisher-annotated")
router.register("book-genres", BookGenresViewSet, basename="api-book-genres")
router.register("book-genre-keys", BookGenreKeysViewSet, basename="api-book-genre-keys")
