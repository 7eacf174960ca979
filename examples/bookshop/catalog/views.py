from django.db.models import Count, Prefetch, prefetch_related_objects
from django.http import JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.response import TemplateResponse
from django.views.generic import DetailView, ListView, TemplateView

from .models import Audiobook, Author, AuthorProfile, Award, BackCatalogueBook, Book, Ebook, Edition, Genre, Publisher, Series

PAGE = 50


# Foreign keys, one hop -----------------------------------------------------


def shelf(request):
    rows = []
    for book in Book.objects.all()[:PAGE]:  # planted: shelf-publisher queryset
        rows.append({"title": book.title, "publisher": book.publisher.name})  # planted: shelf-publisher access
    return JsonResponse({"books": rows})


def shelf_joined(request):
    rows = []
    for book in Book.objects.select_related("publisher")[:PAGE]:  # twin: shelf-publisher
        rows.append({"title": book.title, "publisher": book.publisher.name})
    return JsonResponse({"books": rows})


def publisher_keys(request):
    books = Book.objects.order_by("isbn")[:PAGE]  # planted: publisher-key-hop queryset
    return JsonResponse({book.isbn: book.publisher.pk for book in books})  # planted: publisher-key-hop access


def publisher_key_columns(request):
    books = Book.objects.order_by("isbn")[:PAGE]
    return JsonResponse({book.isbn: book.publisher_id for book in books})  # twin: publisher-key-hop


def series_marks(request):
    """A truth test of a nullable relation fetches the row."""
    in_series = []
    for book in Book.objects.order_by("-published_on")[:PAGE]:  # planted: series-truth-test queryset
        if book.series:  # planted: series-truth-test access
            in_series.append(book.title)
    return JsonResponse({"books": in_series})


def series_mark_columns(request):
    in_series = []
    for book in Book.objects.order_by("-published_on")[:PAGE]:
        if book.series_id:  # twin: series-truth-test
            in_series.append(book.title)
    return JsonResponse({"books": in_series})


def series_all_relations(request):
    """Without arguments select_related leaves nullable keys out, so the series is loaded row by row."""
    books = Book.objects.select_related()[:PAGE]  # planted: bare-select-related # planted: bare-select-related-series queryset
    return JsonResponse({book.isbn: book.series.name if book.series else "" for book in books})  # planted: bare-select-related-series access


def series_named_relation(request):
    books = Book.objects.select_related("series")[:PAGE]  # twin: bare-select-related # twin: bare-select-related-series
    return JsonResponse({book.isbn: book.series.name if book.series else "" for book in books})


def houses_by_set(request):
    """A set, a dictionary key and an equality are accesses too."""
    names = {book.publisher for book in Book.objects.order_by("price")[:PAGE]}  # planted: publisher-set queryset # planted: publisher-set access
    return JsonResponse({"publishers": len(names)})


def houses_by_column(request):
    keys = {book.publisher_id for book in Book.objects.order_by("price")[:PAGE]}  # twin: publisher-set
    return JsonResponse({"publishers": len(keys)})


def captions(request):
    books = list(Book.objects.on_sale()[:PAGE])  # planted: caption-property queryset
    return JsonResponse({"captions": [book.caption for book in books]})


def captions_joined(request):
    books = list(Book.objects.on_sale().select_related("publisher")[:PAGE])  # twin: caption-property
    return JsonResponse({"captions": [book.caption for book in books]})


def author_houses(request):
    authors = Author.objects.alive()[:PAGE]  # planted: author-house-property queryset
    return JsonResponse({author.sort_name: author.house_name for author in authors})


def author_houses_joined(request):
    authors = Author.objects.alive().select_related("home_publisher")[:PAGE]  # twin: author-house-property
    return JsonResponse({author.sort_name: author.house_name for author in authors})


def house_rows(books):
    return [_house_row(book) for book in books]


def _house_row(book):
    house = book.publisher  # planted: helper-two-deep access
    return {"isbn": book.isbn, "house": house.name, "country": house.country_code}


def export(request):
    return JsonResponse({"rows": house_rows(Book.objects.filter(binding="hardcover")[:PAGE])})  # planted: helper-two-deep queryset


def export_joined(request):
    hardcovers = Book.objects.filter(binding="hardcover").select_related("publisher")
    return JsonResponse({"rows": house_rows(hardcovers[:PAGE])})  # twin: helper-two-deep


# One-to-one, both ways -----------------------------------------------------


def author_sites(request):
    sites = {}
    for author in Author.objects.filter(profile__isnull=False)[:PAGE]:  # planted: author-profile-reverse queryset
        sites[author.name] = author.profile.website  # planted: author-profile-reverse access
    return JsonResponse(sites)


def author_sites_joined(request):
    sites = {}
    for author in Author.objects.with_profiles().filter(profile__isnull=False)[:PAGE]:  # twin: author-profile-reverse
        sites[author.name] = author.profile.website
    return JsonResponse(sites)


def sites(request):
    profiles = AuthorProfile.objects.all()[:PAGE]  # planted: profile-author-forward queryset
    return JsonResponse({profile.website: profile.author.name for profile in profiles})  # planted: profile-author-forward access


def sites_joined(request):
    profiles = AuthorProfile.objects.select_related("author")[:PAGE]  # twin: profile-author-forward
    return JsonResponse({profile.website: profile.author.name for profile in profiles})


def authors_without_site(request):
    """hasattr on a missing one-to-one row costs a query each time as well."""
    authors = Author.objects.order_by("sort_name")[:PAGE]  # planted: profile-hasattr queryset
    missing = [author.name for author in authors if not hasattr(author, "profile")]  # planted: profile-hasattr access
    return JsonResponse({"authors": missing})


def authors_without_site_joined(request):
    authors = Author.objects.select_related("profile").order_by("sort_name")[:PAGE]  # twin: profile-hasattr
    missing = [author.name for author in authors if not hasattr(author, "profile")]
    return JsonResponse({"authors": missing})


# Reverse foreign keys and many-to-many -------------------------------------


def houses(request):
    result = {}
    for publisher in Publisher.objects.all()[:PAGE]:  # planted: publisher-books queryset
        result[publisher.name] = [book.title for book in publisher.books.all()]  # planted: publisher-books access
    return JsonResponse(result)


def houses_prefetched(request):
    result = {}
    for publisher in Publisher.objects.prefetch_related("books")[:PAGE]:  # twin: publisher-books
        result[publisher.name] = [book.title for book in publisher.books.all()]
    return JsonResponse(result)


def house_with_back_reference(request):
    """The parent is known to the children of its own manager: reading it back costs nothing."""
    publisher = get_object_or_404(Publisher, slug=request.GET["slug"])
    rows = [f"{book.title} ({book.publisher.name})" for book in publisher.books.all()[:PAGE]]  # twin: publisher-of-editions
    return JsonResponse({"books": rows})


def house_editions(request):
    """The printer is known to its editions, their books are not."""
    publisher = get_object_or_404(Publisher, slug=request.GET["slug"])
    editions = publisher.printed_editions.all()[:PAGE]  # planted: publisher-of-editions queryset
    rows = [f"{edition.book.title} ({edition.printer.name})" for edition in editions]  # planted: publisher-of-editions access
    return JsonResponse({"editions": rows})


def credits(request):
    result = {}
    for book in Book.objects.order_by("-published_on", "pk")[:PAGE]:  # planted: book-authors-m2m queryset
        result[book.isbn] = [author.name for author in book.authors.all()]  # planted: book-authors-m2m access
    return JsonResponse(result)


def credits_prefetched(request):
    result = {}
    for book in Book.objects.with_credits().order_by("-published_on", "pk")[:PAGE]:  # twin: book-authors-m2m
        result[book.isbn] = [author.name for author in book.authors.all()]
    return JsonResponse(result)


def credit_houses(request):
    """One path short: the authors are prefetched, their publishers are not."""
    books = Book.objects.prefetch_related("authors")[:PAGE]  # planted: one-path-short queryset
    result = {}
    for book in books:
        result[book.isbn] = [author.home_publisher.name for author in book.authors.all() if author.home_publisher_id]  # planted: one-path-short access
    return JsonResponse(result)


def credit_houses_whole(request):
    books = Book.objects.prefetch_related("authors__home_publisher")[:PAGE]  # twin: one-path-short
    result = {}
    for book in books:
        result[book.isbn] = [author.home_publisher.name for author in book.authors.all() if author.home_publisher_id]
    return JsonResponse(result)


def right_hand_prefetch(request):
    """The union operator keeps what the left operand prefetches and drops the right one's."""
    cheap = Book.objects.filter(price__lt=10)
    recent = Book.objects.filter(published_on__year__gte=2000).prefetch_related("genres")
    books = (cheap | recent)[:PAGE]  # planted: or-drops-prefetch queryset
    return JsonResponse({book.isbn: [genre.slug for genre in book.genres.all()] for book in books})  # planted: or-drops-prefetch access


def left_hand_prefetch(request):
    cheap = Book.objects.filter(price__lt=10).prefetch_related("genres")
    recent = Book.objects.filter(published_on__year__gte=2000)
    books = (cheap | recent)[:PAGE]  # twin: or-drops-prefetch
    return JsonResponse({book.isbn: [genre.slug for genre in book.genres.all()] for book in books})


# Multi-table inheritance and a proxy ---------------------------------------


def downloads(request):
    """From the parent row down to the child row: a one-to-one in reverse."""
    sizes = {}
    for book in Book.objects.filter(ebook__isnull=False)[:PAGE]:  # planted: mti-child queryset
        sizes[book.isbn] = book.ebook.file_size_kb  # planted: mti-child access
    return JsonResponse(sizes)


def downloads_from_child(request):
    """A child row comes with its parent's columns, and knows its parent."""
    sizes = {}
    for ebook in Ebook.objects.all()[:PAGE]:  # twin: mti-child
        sizes[ebook.isbn] = [ebook.title, ebook.file_size_kb, ebook.book_ptr_id]
    return JsonResponse(sizes)


def narrations(request):
    tapes = Audiobook.objects.order_by("minutes")[:PAGE]  # planted: mti-narrator queryset
    return JsonResponse({tape.isbn: tape.narrator.name for tape in tapes})  # planted: mti-narrator access


def narrations_joined(request):
    tapes = Audiobook.objects.select_related("narrator").order_by("minutes")[:PAGE]  # twin: mti-narrator
    return JsonResponse({tape.isbn: tape.narrator.name for tape in tapes})


def back_catalogue(request):
    books = BackCatalogueBook.objects.all()[:PAGE]  # planted: proxy-back-catalogue queryset
    return JsonResponse({book.isbn: book.house for book in books})


def back_catalogue_joined(request):
    books = BackCatalogueBook.objects.select_related("publisher")[:PAGE]  # twin: proxy-back-catalogue
    return JsonResponse({book.isbn: book.house for book in books})


# Prefetches that do not help -----------------------------------------------


def first_printings(request):
    rows = {}
    for book in Book.objects.prefetch_related("editions")[:PAGE]:  # planted: prefetch-then-filter queryset
        rows[book.isbn] = [edition.pages for edition in book.editions.filter(number=1)]  # planted: prefetch-then-filter access
    return JsonResponse(rows)


def first_printings_in_python(request):
    rows = {}
    for book in Book.objects.prefetch_related("editions")[:PAGE]:
        rows[book.isbn] = [edition.pages for edition in book.editions.all() if edition.number == 1]  # twin: prefetch-then-filter
    return JsonResponse(rows)


def latest_printings(request):
    """Edition has no ordering, so first() must sort by key: a query, prefetch or not."""
    rows = {}
    for book in Book.objects.prefetch_related("editions")[:PAGE]:  # planted: prefetch-then-first queryset
        edition = book.editions.first()  # planted: prefetch-then-first access
        rows[book.isbn] = edition.pages if edition else 0
    return JsonResponse(rows)


def latest_awards(request):
    """Award is ordered by its Meta: first() reads the prefetched rows."""
    rows = {}
    for book in Book.objects.prefetch_related("awards")[:PAGE]:
        award = book.awards.first()  # twin: prefetch-then-first
        rows[book.isbn] = award.name if award else ""
    return JsonResponse(rows)


def active_editions(request):
    recent = Edition.objects.filter(number__gte=1)
    books = Book.objects.prefetch_related(Prefetch("editions", queryset=recent, to_attr="recent_editions"))[:PAGE]  # planted: to-attr-then-all queryset
    return JsonResponse({book.isbn: [edition.number for edition in book.editions.all()] for book in books})  # planted: to-attr-then-all access


def active_editions_by_attr(request):
    recent = Edition.objects.filter(number__gte=1)
    books = Book.objects.prefetch_related(Prefetch("editions", queryset=recent, to_attr="recent_editions"))[:PAGE]
    return JsonResponse({book.isbn: [edition.number for edition in book.recent_editions] for book in books})  # twin: to-attr-then-all


def genre_slugs(request):
    books = Book.objects.prefetch_related("genres")[:PAGE]  # planted: prefetch-then-values queryset
    return JsonResponse({book.isbn: list(book.genres.values_list("slug", flat=True)) for book in books})  # planted: prefetch-then-values access


def genre_slugs_in_python(request):
    books = Book.objects.prefetch_related("genres")[:PAGE]
    return JsonResponse({book.isbn: [genre.slug for genre in book.genres.all()] for book in books})  # twin: prefetch-then-values


def edition_totals(request):
    """count() of a prefetched manager reads the cache."""
    books = Book.objects.prefetch_related("editions")[:PAGE]
    return JsonResponse({book.isbn: book.editions.count() for book in books})  # twin: count-per-book


def edition_totals_by_query(request):
    books = Book.objects.order_by("isbn")[:PAGE]  # planted: count-per-book queryset
    return JsonResponse({book.isbn: book.editions.count() for book in books})  # planted: count-per-book access


def printing_years(request):
    years = {}
    for book in Book.objects.order_by("pk")[:PAGE]:  # planted: prefetch-in-loop queryset
        prefetch_related_objects([book], "editions")  # planted: prefetch-in-loop access
        years[book.isbn] = [edition.number for edition in book.editions.all()]
    return JsonResponse(years)


def printing_years_at_once(request):
    books = list(Book.objects.order_by("pk")[:PAGE])
    prefetch_related_objects(books, "editions")  # twin: prefetch-in-loop
    return JsonResponse({book.isbn: [edition.number for edition in book.editions.all()] for book in books})


# Aggregates row by row -----------------------------------------------------


def genres_in_use(request):
    used = []
    for genre in Genre.objects.all():  # planted: genre-exists queryset
        if genre.books.exists():  # planted: genre-exists access
            used.append(genre.slug)
    return JsonResponse({"genres": used})


def genres_in_use_annotated(request):
    genres = Genre.objects.annotate(book_total=Count("books"))  # twin: genre-exists
    return JsonResponse({"genres": [genre.slug for genre in genres if genre.book_total]})


def ratings(request):
    books = Book.objects.on_sale().order_by("isbn")[:PAGE]  # planted: average-rating-method queryset
    return JsonResponse({book.isbn: book.average_rating() for book in books})


def ratings_annotated(request):
    books = Book.objects.on_sale().with_figures().order_by("isbn")[:PAGE]  # twin: average-rating-method
    return JsonResponse({book.isbn: book.mean_rating for book in books})


def newest_reviews(request):
    newest = {}
    for book in Book.objects.order_by("isbn")[:PAGE]:  # planted: latest-review-per-book queryset
        review = book.reviews.order_by("-created_at").first()  # planted: latest-review-per-book access
        newest[book.isbn] = review.headline if review else ""
    return JsonResponse(newest)


def newest_reviews_prefetched(request):
    from reviews.models import Review

    latest = Prefetch("reviews", Review.objects.order_by("-created_at"), to_attr="newest_first")
    newest = {}
    for book in Book.objects.prefetch_related(latest).order_by("isbn")[:PAGE]:  # twin: latest-review-per-book
        newest[book.isbn] = book.newest_first[0].headline if book.newest_first else ""
    return JsonResponse(newest)


# Templates -----------------------------------------------------------------


def front(request):
    books = Book.objects.newest(PAGE)  # planted: template-include-publisher queryset
    return render(request, "catalog/front.html", {"books": books})


def front_joined(request):
    books = Book.objects.on_sale().select_related("publisher").order_by("-published_on")[:PAGE]  # twin: template-include-publisher
    return render(request, "catalog/front.html", {"books": books})


def gallery(request):
    books = Book.objects.filter(is_active=True)[:PAGE]  # planted: template-inclusion-tag-authors queryset
    return render(request, "catalog/gallery.html", {"books": books})


def gallery_prefetched(request):
    books = Book.objects.filter(is_active=True).prefetch_related("authors")[:PAGE]  # twin: template-inclusion-tag-authors
    return render(request, "catalog/gallery.html", {"books": books})


def price_list(request):
    books = Book.objects.order_by("price", "pk")[:PAGE]  # planted: template-simple-tag-series queryset
    return render(request, "catalog/price_list.html", {"books": books})


def price_list_joined(request):
    books = Book.objects.select_related("series").order_by("price", "pk")[:PAGE]  # twin: template-simple-tag-series
    return render(request, "catalog/price_list.html", {"books": books})


def edition_table(request):
    books = Book.objects.order_by("-pk")[:PAGE]  # planted: template-filter-editions queryset
    return render(request, "catalog/edition_table.html", {"books": books})


def edition_table_prefetched(request):
    books = Book.objects.prefetch_related("editions").order_by("-pk")[:PAGE]  # twin: template-filter-editions
    return render(request, "catalog/edition_table.html", {"books": books})


def grouped(request):
    books = Book.objects.order_by("publisher_id", "title")[:PAGE]  # planted: template-regroup-publisher queryset
    return render(request, "catalog/grouped.html", {"books": books})


def grouped_joined(request):
    books = Book.objects.select_related("publisher").order_by("publisher_id", "title")[:PAGE]  # twin: template-regroup-publisher
    return render(request, "catalog/grouped.html", {"books": books})


def genre_index(request):
    genres = Genre.objects.all()  # planted: genre-trail-property queryset
    return render(request, "catalog/genres.html", {"genres": genres})


def genre_index_joined(request):
    genres = Genre.objects.select_related("parent")  # twin: genre-trail-property
    return render(request, "catalog/genres.html", {"genres": genres})


def series_index(request):
    books = Book.objects.select_related("series").exclude(series=None)[:PAGE]  # planted: template-series-str queryset
    return render(request, "catalog/series_index.html", {"books": books})


def series_index_joined(request):
    books = Book.objects.select_related("series__publisher").exclude(series=None)[:PAGE]  # twin: template-series-str
    return render(request, "catalog/series_index.html", {"books": books})


def by_house(request):
    publishers = Publisher.objects.all()[:PAGE]  # planted: template-nested-loop queryset # planted: template-count-method queryset
    return TemplateResponse(request, "catalog/by_house.html", {"publishers": publishers})


def by_house_prefetched(request):
    publishers = Publisher.objects.prefetch_related("books")[:PAGE]  # twin: template-nested-loop # twin: template-count-method
    return TemplateResponse(request, "catalog/by_house.html", {"publishers": publishers})


def house_links(request):
    books = Book.objects.order_by("-price", "pk")[:PAGE]  # planted: template-house-url queryset
    return render(request, "catalog/house_links.html", {"books": books})


def house_links_joined(request):
    books = Book.objects.select_related("publisher").order_by("-price", "pk")[:PAGE]  # twin: template-house-url
    return render(request, "catalog/house_links.html", {"books": books})


def jinja_shelf(request):
    books = Book.objects.order_by("title", "pk")[:PAGE]  # planted: jinja-macro-publisher queryset
    return render(request, "catalog/shelf.jinja", {"books": books})


def jinja_shelf_joined(request):
    books = Book.objects.select_related("publisher").order_by("title", "pk")[:PAGE]  # twin: jinja-macro-publisher
    return render(request, "catalog/shelf.jinja", {"books": books})


def jinja_credits(request):
    books = Book.objects.order_by("-title", "pk")[:PAGE]  # planted: jinja-include-authors queryset
    return render(request, "catalog/credits.jinja", {"books": books})


def jinja_credits_prefetched(request):
    books = Book.objects.prefetch_related("authors").order_by("-title", "pk")[:PAGE]  # twin: jinja-include-authors
    return render(request, "catalog/credits.jinja", {"books": books})


# Class-based views ---------------------------------------------------------


class PublisherNameMixin:
    """Adds the filter of the address bar to whatever the view lists."""

    def get_queryset(self):
        books = super().get_queryset()
        name = self.request.GET.get("publisher")
        return books.filter(publisher__name=name) if name else books


class BookList(PublisherNameMixin, ListView):  # planted: cbv-implicit-queryset queryset
    model = Book
    paginate_by = PAGE
    template_name = "catalog/book_list.html"
    context_object_name = "books"


class BookListJoined(PublisherNameMixin, ListView):
    queryset = Book.objects.select_related("publisher")  # twin: cbv-implicit-queryset
    paginate_by = PAGE
    template_name = "catalog/book_list.html"
    context_object_name = "books"


class AuthorList(ListView):
    template_name = "catalog/author_list.html"
    paginate_by = PAGE

    def get_queryset(self):
        return Author.objects.order_by("sort_name")  # planted: cbv-get-queryset-profile queryset


class AuthorListJoined(AuthorList):
    def get_queryset(self):
        return super().get_queryset().select_related("profile")  # twin: cbv-get-queryset-profile


class BookPage(DetailView):
    """One book: what is read once is no defect; what is read per edition is."""

    model = Book
    template_name = "catalog/book_page.html"

    def get_context_data(self, **kwargs):
        context = super().get_context_data(**kwargs)
        context["editions"] = self.object.editions.order_by("number")  # planted: detail-editions-printer queryset
        context["publisher"] = self.object.publisher  # twin: detail-editions-printer
        return context


class BookPageJoined(BookPage):
    def get_context_data(self, **kwargs):
        context = super().get_context_data(**kwargs)
        context["editions"] = self.object.editions.select_related("printer").order_by("number")
        return context


class SeriesOverview(TemplateView):
    template_name = "catalog/series_overview.html"
    extra_context = {"heading": "Series"}

    def get_context_data(self, **kwargs):
        context = super().get_context_data(**kwargs)
        context["series_list"] = Series.objects.order_by("pk")[:PAGE]  # planted: cbv-context-series-books queryset
        return context


class SeriesOverviewPrefetched(SeriesOverview):
    def get_context_data(self, **kwargs):
        context = super().get_context_data(**kwargs)
        context["series_list"] = Series.objects.prefetch_related("books").order_by("pk")[:PAGE]  # twin: cbv-context-series-books
        return context


def award_list(request):
    """select_related across two hops, both of them read."""
    awards = Award.objects.select_related("book__publisher")[:PAGE]  # twin: unused-select-related
    return JsonResponse({str(award): [award.book.title, award.book.publisher.name] for award in awards})


def award_years(request):
    awards = Award.objects.select_related("book__publisher")[:PAGE]  # planted: unused-select-related # planted: needless-join-select-related
    return JsonResponse({"years": [award.year for award in awards]})


def house_book(request, slug, pk):
    return redirect("catalog:book", pk=pk)
