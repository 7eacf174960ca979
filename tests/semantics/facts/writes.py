"""Statements that write, and loops of them."""

from django.db import transaction
from django.db.models import F

from project.library.models import Author, Book, Chapter, Loan, Note, Placement, Publisher, Shelf, Tag


def fact_save_in_a_loop():
    """One update a row.

    queries: 6
    verdict: save-in-loop
    """
    for book in Book.objects.all():
        book.title = book.title.upper()
        book.save()  # here


def fact_save_of_one_field_in_a_loop():
    """update_fields narrows the update, but it is still one a row.

    queries: 6
    verdict: save-in-loop
    """
    for book in Book.objects.all():
        book.title = book.title.upper()
        book.save(update_fields=["title"])  # here


def fact_save_in_a_loop_in_one_transaction():
    """One transaction around it saves commits, not statements.

    queries: 6
    verdict: save-in-loop
    """
    with transaction.atomic():
        for book in Book.objects.all():
            book.title = book.title.upper()
            book.save()  # here


def fact_bulk_update():
    """The twin: one statement with a CASE per column.

    queries: 2
    verdict: none
    """
    books = list(Book.objects.all())
    for book in books:
        book.title = book.title.upper()
    Book.objects.bulk_update(books, ["title"])


def fact_bulk_update_in_batches():
    """A batch size splits it: 5 rows by 2 are 3 statements.

    queries: 4
    grows: yes
    verdict: none
    """
    books = list(Book.objects.all())
    for book in books:
        book.title = book.title.upper()
    Book.objects.bulk_update(books, ["title"], batch_size=2)


def fact_update_by_expression():
    """Where the database can compute the value no row is loaded.

    queries: 1
    verdict: none
    """
    return Note.objects.update(position=F("position") + 1)


def fact_create_in_a_loop():
    """One insert a row.

    queries: 5
    grows: no
    verdict: save-in-loop
    """
    for number in range(5):
        Tag.objects.create(label=f"new {number}")  # here


def fact_new_instance_saved_in_a_loop():
    """The same, in two steps.

    queries: 5
    grows: no
    verdict: save-in-loop
    """
    for number in range(5):
        tag = Tag(label=f"new {number}")
        tag.save()  # here


def fact_bulk_create():
    """The twin.

    queries: 1
    verdict: none
    """
    Tag.objects.bulk_create([Tag(label=f"new {number}") for number in range(5)])


def fact_bulk_create_with_its_transaction():
    """It opens a transaction of its own, which 6.0 leaves out where one statement is enough.

    queries: 3
    queries[6.0+]: 1
    transactions: counted
    verdict: none
    """
    Tag.objects.bulk_create([Tag(label=f"new {number}") for number in range(5)])


def fact_bulk_create_in_batches():
    """A batch size splits it.

    queries: 3
    verdict: none
    """
    Tag.objects.bulk_create([Tag(label=f"new {number}") for number in range(5)], batch_size=2)


def fact_save_writes_through_a_signal():
    """A receiver of post_save writes a row for each: bulk_update() would silently leave that out.

    queries: 11
    grows: yes
    verdict: none
    silent: save-in-loop
    """
    for loan in Loan.objects.all():
        loan.returned = True
        loan.save()


def fact_save_with_a_chosen_key():
    """A key of one's own: an update that finds nothing, and then the insert.

    queries: 2
    verdict: none
    """
    Tag(pk=99, label="mine").save()


def fact_save_with_a_chosen_key_inserted():
    """Told to insert, it does.

    queries: 1
    verdict: none
    """
    Tag(pk=99, label="mine").save(force_insert=True)


def fact_get_or_create_that_gets():
    """A hit is one query.

    queries: 1
    transactions: counted
    verdict: none
    """
    return Tag.objects.get_or_create(label="tag 1")


def fact_get_or_create_that_creates():
    """A miss is a query, and an insert in a transaction.

    queries: 4
    transactions: counted
    verdict: none
    """
    return Tag.objects.get_or_create(label="new")


def fact_update_or_create_that_updates():
    """A query and an update in one transaction.

    queries: 4
    transactions: counted
    verdict: none
    """
    return Tag.objects.update_or_create(label="tag 1", defaults={"label": "tag one"})


def fact_get_or_create_in_a_loop():
    """Three names: one hit, and two misses of two statements each. Short and known, so nothing is claimed.

    queries: 5
    verdict: none
    """
    for label in ("tag 1", "new 1", "new 2"):
        Tag.objects.get_or_create(label=label)


def fact_update_or_create_in_a_loop():
    """Three names: a query each, and the write. Short and known, so nothing is claimed.

    queries: 6
    verdict: none
    """
    for label in ("tag 0", "tag 1", "tag 2"):
        Tag.objects.update_or_create(label=label, defaults={"label": label.upper()})


def fact_m2m_add_one_by_one():
    """Each call is a statement in a transaction of its own. Three of them are short and known, so nothing is claimed.

    queries: 10
    transactions: counted
    verdict: none
    """
    tag = Tag.objects.create(label="new")
    for key in (1, 2, 3):
        tag.books.add(key)


def fact_m2m_add_all_at_once():
    """The twin.

    queries: 4
    transactions: counted
    verdict: none
    """
    tag = Tag.objects.create(label="new")
    tag.books.add(1, 2, 3)


def fact_m2m_set_reads_then_writes():
    """set() reads what is there, and writes only the difference.

    queries: 3
    verdict: none
    """
    book = Book.objects.get(pk=1)
    book.tags.set([1, 2])


def fact_m2m_add_per_row():
    """The same tags for every row: one statement each.

    queries: 6
    verdict: add-in-loop tags
    """
    for book in Book.objects.all():
        book.tags.add(1, 2)  # here


def fact_m2m_add_per_row_in_bulk():
    """The twin writes the table in between.

    queries: 2
    verdict: none
    """
    links = Book.tags.through
    rows = [links(book_id=key, tag_id=1) for key in Book.objects.values_list("pk", flat=True)]
    links.objects.bulk_create(rows, ignore_conflicts=True)


def fact_related_create_in_a_loop():
    """create() on a manager is an insert.

    queries: 4
    grows: no
    verdict: save-in-loop
    """
    book = Book.objects.get(pk=1)
    for number in range(3):
        book.chaps.create(number=number)  # here


def fact_delete_in_a_loop():
    """One statement a row.

    queries: 16
    verdict: delete-in-loop
    """
    for note in Note.objects.all():
        note.delete()  # here


def fact_delete_of_a_queryset():
    """The twin: nothing depends on the rows, so they need not even be loaded.

    queries: 1
    verdict: none
    """
    return Note.objects.all().delete()


def fact_delete_with_dependents():
    """What depends on the rows is collected and deleted model by model.

    queries: 10
    verdict: none
    """
    return Book.objects.filter(pk=1).delete()


def fact_delete_of_children_in_a_loop():
    """One statement for each parent.

    queries: 6
    verdict: delete-in-loop chaps
    """
    for book in Book.objects.all():
        book.chaps.all().delete()  # here


def fact_delete_of_all_children():
    """The twin.

    queries: 1
    verdict: none
    """
    return Chapter.objects.filter(book__in=Book.objects.all()).delete()


def fact_update_per_key_same_value():
    """The same value for each key of a literal. Short and known, so nothing is claimed.

    queries: 3
    verdict: none
    """
    for key in (1, 2, 3):
        Book.objects.filter(pk=key).update(title="same")


def fact_update_of_all_keys():
    """The twin.

    queries: 1
    verdict: none
    """
    return Book.objects.filter(pk__in=(1, 2, 3)).update(title="same")


def fact_update_per_key_own_value():
    """A value per row: bulk_update() would be one statement. Short and known, so nothing is claimed.

    queries: 3
    verdict: none
    """
    for key, title in {1: "one", 2: "two", 3: "three"}.items():
        Book.objects.filter(pk=key).update(title=title)


def fact_full_clean_asks_for_each_fk():
    """Validation looks for the target of each foreign key that is set.

    queries: 8
    verdict: validation-per-row
    """
    for book in Book.objects.all():
        book.full_clean()  # here


def fact_full_clean_asks_for_each_constraint():
    """And for each unique constraint: two targets and one pair.

    queries: 4
    verdict: none
    """
    placement = Placement(shelf=Shelf.objects.get(pk=1), book_id=1, position=9)
    try:
        placement.full_clean()
    except Exception as error:
        return str(error)


def fact_nested_writes():
    """A loop in a loop multiplies: 2 publishers and 4 authors.

    queries: 6
    grows: no
    verdict: save-in-loop
    """
    for name in ("a", "b"):
        publisher = Publisher.objects.create(name=name)  # here
        for number in range(2):
            Author.objects.create(name=f"{name} {number}", pub=publisher)  # here
