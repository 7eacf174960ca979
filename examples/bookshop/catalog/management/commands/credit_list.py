from django.core.management.base import BaseCommand

from catalog.models import Book


class Command(BaseCommand):
    help = "Prints every book with its authors"

    def add_arguments(self, parser):
        parser.add_argument("--prefetched", action="store_true")

    def handle(self, prefetched=False, **options):
        if prefetched:
            books = Book.objects.prefetch_related("authors").iterator(chunk_size=2000)  # twin: command-credit-line # twin: missing-iterator-credits
        else:
            books = Book.objects.all()  # planted: command-credit-line queryset # planted: missing-iterator-credits
        for book in books:
            self.stdout.write(f"{book.isbn} {book.credit_line()}")
