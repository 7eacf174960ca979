/** A relation that one caller reads is loaded for that caller. */
import { expect, test } from "vitest";
import { mend } from "../../tests/support/mend-project.ts";

const code = (other: string): string => `from shop.models import Book


def recent(no):
    return Book.objects.filter(no__gt=no)


def titles():
    return [${other} for book in recent(3)]


def work():
    for book in recent(9):
        print(book.author.name)
`;

test("what one caller reads is loaded for the rows that it goes through", async () => {
  const { after, found } = await mend({ "shop/code.py": code("book.title") }, "n-plus-one");
  expect(after).toBe(code("book.title").replace("recent(9):", 'recent(9).select_related("author"):'));
  expect(found[0]?.remedy).toBe('Add `select_related("author")` to what `recent(9)` gives, where these rows are read: other code goes through them as well.');
});

test("what all callers read is loaded with the queryset", async () => {
  const { after } = await mend({ "shop/code.py": code("book.author.no") }, "n-plus-one");
  expect(after).toContain('filter(no__gt=no).select_related("author")');
});

test("rows of another model that come by the same call may not have the relation", async () => {
  const text = `from shop.models import Book, Tag


def recent(no):
    if no:
        return Book.objects.filter(no__gt=no)
    return Tag.objects.all()


def titles():
    return [book.title for book in recent(3)]


def work(no):
    for book in recent(no):
        if isinstance(book, Book):
            print(book.author.name)
`;
  const { after } = await mend({ "shop/code.py": text }, "n-plus-one");
  expect(after).not.toContain("recent(no).select_related");
});

test("a framework's method that goes through the rows gives none", async () => {
  const text = `from rest_framework import serializers, viewsets
from shop.models import Book


class TitleSerializer(serializers.ModelSerializer):
    class Meta:
        model = Book
        fields = ["title"]


class BookSerializer(serializers.ModelSerializer):
    author_name = serializers.CharField(source="author.name")

    class Meta:
        model = Book
        fields = ["title", "author_name"]


class BookViewSet(viewsets.ModelViewSet):
    queryset = Book.objects.all()

    def get_serializer_class(self):
        return BookSerializer if self.action == "list" else TitleSerializer

    def list(self, request, *args, **kwargs):
        return super(BookViewSet, self).list(request, *args, **kwargs)

    def titles(self, request):
        return [book.title for book in self.get_queryset()]
`;
  const { found } = await mend({ "shop/code.py": text }, "n-plus-one");
  expect(found.map(({ remedy }) => remedy)).toEqual(['Add `select_related("author")` to the queryset.']);
});
