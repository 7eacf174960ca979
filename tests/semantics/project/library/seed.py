"""Five parents of everything, as in the table of measured facts."""

from django.contrib.auth.models import Group, User

from project.library.models import (
    Author,
    Book,
    Category,
    Chapter,
    Comment,
    Loan,
    Note,
    Placement,
    Profile,
    Publisher,
    Report,
    Restaurant,
    Shelf,
    Tag,
)


def seed():
    tags = [Tag.objects.create(label=f"tag {n}") for n in range(3)]
    books = [add_book(n, tags) for n in range(5)]
    first, second = Author.objects.order_by("pk")[:2]
    for book, editor in zip(books, (first, second)):
        book.editor = editor
        book.save()
    shelf = Shelf.objects.create(name="top")
    parent = None
    for n, book in enumerate(books):
        Placement.objects.create(shelf=shelf, book=book, position=n)
        Comment.objects.create(target=book, text=f"on book {n}")
        Report.objects.create(created_by=book.author, subject=f"report {n}")
        Restaurant.objects.create(name=f"place {n}", cuisine="soup")
        Loan.objects.create(book=book, reader=f"reader {n}")
        parent = Category.objects.create(name=f"level {n}", parent=parent)
    user = User.objects.create(username="reader", is_active=True)
    user.groups.add(Group.objects.create(name="readers"))


def add_book(n, tags):
    publisher = Publisher.objects.create(name=f"publisher {n}")
    author = Author.objects.create(name=f"author {n}", pub=publisher)
    if n < 3:
        Profile.objects.create(author=author, site=f"site {n}")
    book = Book.objects.create(title=f"book {n}", author=author)
    book.tags.set(tags)
    for number in range(3):
        Chapter.objects.create(book=book, number=number)
        Note.objects.create(book=book, position=number)
    return book
