"""Five parents of everything, as in the table of measured facts, and on request five more."""

from django.contrib.auth.models import Group, User

from project.library.models import (
    Author,
    Berth,
    Book,
    Buoy,
    Category,
    Chapter,
    Comment,
    Crane,
    Harbour,
    Loan,
    Lock,
    Note,
    Placement,
    Profile,
    Publisher,
    Quay,
    Report,
    Restaurant,
    Shelf,
    Ship,
    Tag,
    Voyage,
)


def seed():
    Shelf.objects.create(name="top")
    Harbour.objects.create(name="old")
    add_tags()
    for number in range(5):
        add_parent(number, has_profile=number < 3, has_editor=number < 2)
    user = User.objects.create(username="reader", is_active=True)
    user.groups.add(Group.objects.create(name="readers"))


def grow():
    """Twice as much of everything, so that a cost which follows the number of rows shows."""
    add_tags()
    for number in range(5, 10):
        add_parent(number, has_profile=True, has_editor=True)


def add_tags():
    tags = [Tag.objects.create(label=f"tag {number}") for number in range(3)]
    for book in Book.objects.all():
        book.tags.add(*tags)


def add_parent(number, has_profile, has_editor):
    publisher = Publisher.objects.create(name=f"publisher {number}")
    author = Author.objects.create(name=f"author {number}", pub=publisher)
    if has_profile:
        Profile.objects.create(author=author, site=f"site {number}")
    editor = Author.objects.order_by("pk")[number % 2] if has_editor else None
    add_book(number, author, editor)


def add_book(number, author, editor):
    book = Book.objects.create(title=f"book {number}", author=author, editor=editor)
    book.tags.set(Tag.objects.all())
    for position in range(3):
        Chapter.objects.create(book=book, number=position)
        Note.objects.create(book=book, position=position)
    Placement.objects.create(shelf=Shelf.objects.get(), book=book, position=number)
    Comment.objects.create(target=book, text=f"on book {number}")
    Report.objects.create(created_by=author, subject=f"report {number}")
    Restaurant.objects.create(name=f"place {number}", cuisine="soup")
    Loan.objects.create(book=book, reader=f"reader {number}")
    parent = Category.objects.order_by("pk").last()
    Category.objects.create(name=f"level {number}", parent=parent)
    add_to_harbour(author)


def add_to_harbour(author):
    harbour = Harbour.objects.get()
    Ship.objects.create(harbour=harbour, captain=author)
    Berth.objects.create(harbour=harbour, captain=author)
    Buoy.objects.create(harbour=harbour, former=harbour, keeper=author)
    Crane.objects.create(quay=Quay.objects.create(harbour=harbour), driver=author)
    Lock.objects.get_or_create(harbour=harbour, defaults={"keeper": author})
    Voyage.objects.create(author=author)
