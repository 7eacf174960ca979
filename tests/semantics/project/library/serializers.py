"""One serializer for each way of reaching a relation."""

from rest_framework import serializers

from project.library.models import Author, Book, Chapter, Placement, Publisher, Tag


class KeyOnlySerializer(serializers.ModelSerializer):
    class Meta:
        model = Book
        fields = ["title", "author", "editor"]


class KeyOfHopSerializer(serializers.ModelSerializer):
    publisher = serializers.PrimaryKeyRelatedField(source="author.pub", read_only=True)  # here: fact_key_field_behind_a_hop

    class Meta:
        model = Book
        fields = ["title", "publisher"]


class DottedKeySerializer(serializers.ModelSerializer):
    author_key = serializers.IntegerField(source="author.id")  # here: fact_dotted_id

    class Meta:
        model = Book
        fields = ["title", "author_key"]


class DottedPkSerializer(serializers.ModelSerializer):
    author_key = serializers.IntegerField(source="author.pk")  # here: fact_dotted_pk

    class Meta:
        model = Book
        fields = ["title", "author_key"]


class ColumnKeySerializer(serializers.ModelSerializer):
    author_key = serializers.IntegerField(source="author_id")

    class Meta:
        model = Book
        fields = ["title", "author_key"]


class AuthorNameSerializer(serializers.ModelSerializer):
    author_name = serializers.CharField(source="author.name")  # here: fact_dotted_source, fact_list_action_multiplies

    class Meta:
        model = Book
        fields = ["title", "author_name"]


class PublisherNameSerializer(serializers.ModelSerializer):
    publisher_name = serializers.CharField(source="author.pub.name")  # here: fact_dotted_source_of_two_hops

    class Meta:
        model = Book
        fields = ["title", "publisher_name"]


class SlugSerializer(serializers.ModelSerializer):
    author = serializers.SlugRelatedField(slug_field="name", read_only=True)  # here: fact_slug_field

    class Meta:
        model = Book
        fields = ["title", "author"]


class SlugOfKeySerializer(serializers.ModelSerializer):
    author = serializers.SlugRelatedField(slug_field="id", read_only=True)  # here: fact_slug_field_on_the_key

    class Meta:
        model = Book
        fields = ["title", "author"]


class TextSerializer(serializers.ModelSerializer):
    author = serializers.StringRelatedField()  # here: fact_string_field

    class Meta:
        model = Book
        fields = ["title", "author"]


class LinkSerializer(serializers.ModelSerializer):
    author = serializers.HyperlinkedRelatedField(view_name="author", read_only=True)

    class Meta:
        model = Book
        fields = ["title", "author"]


class NamedLinkSerializer(serializers.ModelSerializer):
    author = serializers.HyperlinkedRelatedField(view_name="author-by-name", lookup_field="name", read_only=True)  # here: fact_link_by_another_column

    class Meta:
        model = Book
        fields = ["title", "author"]


class AuthorSerializer(serializers.ModelSerializer):
    class Meta:
        model = Author
        fields = ["name", "bio"]


class NestedSerializer(serializers.ModelSerializer):
    author = AuthorSerializer()  # here: fact_nested_serializer

    class Meta:
        model = Book
        fields = ["title", "author"]


class PublisherSerializer(serializers.ModelSerializer):
    class Meta:
        model = Publisher
        fields = ["name"]


class AuthorWithPublisherSerializer(serializers.ModelSerializer):
    pub = PublisherSerializer()  # here: fact_serializer_nested_twice

    class Meta:
        model = Author
        fields = ["name", "pub"]


class NestedTwiceSerializer(serializers.ModelSerializer):
    author = AuthorWithPublisherSerializer()

    class Meta:
        model = Book
        fields = ["title", "author"]


class ChapterSerializer(serializers.ModelSerializer):
    class Meta:
        model = Chapter
        fields = ["number", "book"]


class ChaptersSerializer(serializers.ModelSerializer):
    chaps = ChapterSerializer(many=True)  # here: fact_nested_children

    class Meta:
        model = Book
        fields = ["title", "chaps"]


class ChapterKeysSerializer(serializers.ModelSerializer):
    chaps = serializers.PrimaryKeyRelatedField(many=True, read_only=True)  # here: fact_keys_of_children

    class Meta:
        model = Book
        fields = ["title", "chaps"]


class TagKeysSerializer(serializers.ModelSerializer):
    class Meta:
        model = Book
        fields = ["title", "tags"]  # here: fact_keys_of_m2m


class ChapterCountSerializer(serializers.ModelSerializer):
    chapter_count = serializers.IntegerField(source="chaps.count")  # here: fact_dotted_count

    class Meta:
        model = Book
        fields = ["title", "chapter_count"]


class FirstNoteSerializer(serializers.ModelSerializer):
    position = serializers.IntegerField(source="notes.first.position")  # here: fact_dotted_first

    class Meta:
        model = Book
        fields = ["title", "position"]


class FirstTagSerializer(serializers.ModelSerializer):
    tag = serializers.IntegerField(source="tags.first.id")  # here: fact_dotted_first_unordered_prefetched

    class Meta:
        model = Book
        fields = ["title", "tag"]


class FilteringMethodSerializer(serializers.ModelSerializer):
    late_chapters = serializers.SerializerMethodField()

    class Meta:
        model = Book
        fields = ["title", "late_chapters"]

    def get_late_chapters(self, book):
        return book.chaps.filter(number__gt=0).count()  # here: fact_method_field_filters, fact_method_field_filters_prefetched


class OrderingMethodSerializer(serializers.ModelSerializer):
    chapter_numbers = serializers.SerializerMethodField()

    class Meta:
        model = Book
        fields = ["title", "chapter_numbers"]

    def get_chapter_numbers(self, book):
        return [chapter.number for chapter in book.chaps.order_by("-number")]  # here: fact_method_field_orders_prefetched


class PythonMethodSerializer(serializers.ModelSerializer):
    late_chapters = serializers.SerializerMethodField()

    class Meta:
        model = Book
        fields = ["title", "late_chapters"]

    def get_late_chapters(self, book):
        return len([chapter for chapter in book.chaps.all() if chapter.number > 0])  # here: fact_method_field_in_python


class NestedInMethodSerializer(serializers.ModelSerializer):
    writer = serializers.SerializerMethodField(method_name="describe_writer")

    class Meta:
        model = Book
        fields = ["title", "writer"]

    def describe_writer(self, book):
        return AuthorSerializer(book.author).data  # here: fact_serializer_in_a_method_field


class PropertySerializer(serializers.ModelSerializer):
    class Meta:
        model = Book
        fields = ["title", "author_name"]


class DepthOneSerializer(serializers.ModelSerializer):
    class Meta:
        model = Book
        fields = ["title", "author"]
        depth = 1  # here: fact_depth_of_one


class DepthTwoSerializer(serializers.ModelSerializer):
    class Meta:
        model = Book
        fields = ["title", "author"]
        depth = 2  # here: fact_depth_of_two


class RepresentationSerializer(serializers.ModelSerializer):
    class Meta:
        model = Book
        fields = ["title"]

    def to_representation(self, book):
        shown = super().to_representation(book)
        shown["author"] = book.author.name  # here: fact_to_representation
        return shown


class PlainSerializer(serializers.Serializer):
    title = serializers.CharField()
    author = AuthorSerializer()  # here: fact_plain_serializer


class WriteTagsSerializer(serializers.ModelSerializer):
    tags = serializers.PrimaryKeyRelatedField(many=True, queryset=Tag.objects.all())  # here: fact_writing_many_keys

    class Meta:
        model = Book
        fields = ["title", "tags"]


class WriteChapterSerializer(serializers.ModelSerializer):
    book = serializers.PrimaryKeyRelatedField(queryset=Book.objects.all())  # here: fact_writing_many_rows

    class Meta:
        model = Chapter
        fields = ["number", "book"]


class WritePlacementSerializer(serializers.ModelSerializer):
    class Meta:
        model = Placement
        fields = ["shelf", "book", "position"]
