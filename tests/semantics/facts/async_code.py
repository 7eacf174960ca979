"""Asynchronous code: lazy loads are errors there, and explicit queries in loops are what they always were."""

from asgiref.sync import sync_to_async

from project.library.models import Author, Book


async def fact_async_lazy_fk_raises():
    """A lazy load is refused in a running event loop.

    queries: 1
    raises: SynchronousOnlyOperation
    verdict: lazy-in-async author
    """
    names = []
    async for book in Book.objects.all():
        names.append(book.author.name)  # here
    return names


async def fact_async_joined_fk():
    """What is joined needs no load.

    queries: 1
    verdict: none
    """
    return [book.author.name async for book in Book.objects.select_related("author")]


async def fact_async_fk_column():
    """Neither does a column.

    queries: 1
    verdict: none
    """
    return [book.author_id async for book in Book.objects.all()]


async def fact_async_loop_over_queryset_raises():
    """A plain loop over a queryset is refused too.

    queries: 0
    raises: SynchronousOnlyOperation
    verdict: lazy-in-async
    """
    return [book.title for book in Book.objects.all()]  # here


async def fact_async_lazy_fk_of_one_row():
    """One row is enough for the error.

    queries: 1
    raises: SynchronousOnlyOperation
    verdict: lazy-in-async author
    """
    book = await Book.objects.aget(pk=1)
    return book.author.name  # here


async def fact_async_deferred_column_raises():
    """A deferred column is loaded lazily as well.

    queries: 1
    raises: SynchronousOnlyOperation
    verdict: lazy-in-async summary
    """
    book = await Book.objects.only("title").aget(pk=1)
    return book.summary  # here


async def fact_async_prefetched_all():
    """Prefetched rows are at hand.

    queries: 2
    verdict: none
    """
    numbers = []
    async for book in Book.objects.prefetch_related("chaps"):
        async for chapter in book.chaps.all():
            numbers.append(chapter.number)
    return numbers


async def fact_async_reverse_fk():
    """Asynchronous or not, it is a query a row.

    queries: 6
    verdict: n-plus-one chaps
    """
    numbers = []
    async for book in Book.objects.all():
        async for chapter in book.chaps.all():  # here
            numbers.append(chapter.number)
    return numbers


async def fact_async_count_prefetched():
    """acount() asks the cache.

    queries: 2
    verdict: none
    """
    return [await book.chaps.acount() async for book in Book.objects.prefetch_related("chaps")]


async def fact_async_count():
    """Without a prefetch it is a query.

    queries: 6
    verdict: aggregate-in-loop chaps
    """
    return [await book.chaps.acount() async for book in Book.objects.all()]  # here


async def fact_async_exists_prefetched():
    """aexists() asks the cache.

    queries: 2
    verdict: none
    """
    return [await book.chaps.aexists() async for book in Book.objects.prefetch_related("chaps")]


async def fact_async_first_prefetched_unordered():
    """afirst() is no better than first().

    queries: 7
    verdict: defeated-prefetch chaps
    """
    return [await book.chaps.afirst() async for book in Book.objects.prefetch_related("chaps")]  # here


async def fact_async_get_in_a_loop():
    """A query per key.

    queries: 6
    verdict: query-in-loop
    """
    names = []
    async for book in Book.objects.all():
        author = await Author.objects.aget(pk=book.author_id)  # here
        names.append(author.name)
    return names


async def fact_async_save_in_a_loop():
    """An update per row.

    queries: 6
    verdict: save-in-loop
    """
    async for book in Book.objects.all():
        book.title = book.title.upper()
        await book.asave()  # here


async def fact_async_wrapped_hop():
    """In a thread the hop is allowed, and costs.

    queries: 6
    verdict: n-plus-one author
    """
    return [await sync_to_async(author_name)(book) async for book in Book.objects.all()]


def author_name(book):
    return book.author.name  # here: fact_async_wrapped_hop


async def fact_async_wrapped_list():
    """In a thread the loop is allowed too.

    queries: 1
    verdict: none
    """
    return await sync_to_async(list)(Book.objects.all())
