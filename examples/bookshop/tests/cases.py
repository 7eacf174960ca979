"""
How to reach every planted case whose harm shows in the number of statements.

GROWS: the defect sends more statements for more rows, its twin does not.
Each entry gives two pieces of work, which take a World and do once what a user would do.
"""

from .measure import page


def at(path):
    """A page of the site; `{name}` stands for an attribute of the world."""
    return lambda world: page("/" + path.format(world=world))


def behind(path):
    """The same for staff only."""
    return lambda world: page("/" + path.format(world=world), staff=world.staff)


def pages(defect, twin):
    return at(defect), at(twin)


GROWS = {
    "shelf-publisher": pages("shelf/", "shelf-joined/"),
    "publisher-key-hop": pages("publisher-keys/", "publisher-key-columns/"),
    "series-truth-test": pages("series-marks/", "series-mark-columns/"),
    "bare-select-related-series": pages("series-all-relations/", "series-named-relation/"),
    "publisher-set": pages("houses-by-set/", "houses-by-column/"),
    "caption-property": pages("captions/", "captions-joined/"),
    "author-house-property": pages("author-houses/", "author-houses-joined/"),
    "helper-two-deep": pages("export/", "export-joined/"),
    "author-profile-reverse": pages("author-sites/", "author-sites-joined/"),
    "profile-author-forward": pages("sites/", "sites-joined/"),
    "profile-hasattr": pages("authors-without-site/", "authors-without-site-joined/"),
    "publisher-books": pages("houses/", "houses-prefetched/"),
    "publisher-of-editions": pages(
        "house-editions/?slug={world.publisher.slug}", "house-with-back-reference/?slug={world.publisher.slug}"
    ),
    "book-authors-m2m": pages("credits/", "credits-prefetched/"),
    "one-path-short": pages("credit-houses/", "credit-houses-whole/"),
    "or-drops-prefetch": pages("right-hand-prefetch/", "left-hand-prefetch/"),
    "mti-child": pages("downloads/", "downloads-from-child/"),
    "mti-narrator": pages("narrations/", "narrations-joined/"),
    "proxy-back-catalogue": pages("back-catalogue/", "back-catalogue-joined/"),
    "prefetch-then-filter": pages("first-printings/", "first-printings-in-python/"),
    "prefetch-then-first": pages("latest-printings/", "latest-awards/"),
    "to-attr-then-all": pages("active-editions/", "active-editions-by-attr/"),
    "prefetch-then-values": pages("genre-slugs/", "genre-slugs-in-python/"),
    "count-per-book": pages("edition-totals-by-query/", "edition-totals/"),
    "prefetch-in-loop": pages("printing-years/", "printing-years-at-once/"),
    "genre-exists": pages("genres-in-use/", "genres-in-use-annotated/"),
    "average-rating-method": pages("ratings/", "ratings-annotated/"),
    "latest-review-per-book": pages("newest-reviews/", "newest-reviews-prefetched/"),
    "template-include-publisher": pages("", "front-joined/"),
    "template-inclusion-tag-authors": pages("gallery/", "gallery-prefetched/"),
    "template-simple-tag-series": pages("price-list/", "price-list-joined/"),
    "template-filter-editions": pages("edition-table/", "edition-table-prefetched/"),
    "template-regroup-publisher": pages("grouped/", "grouped-joined/"),
    "genre-trail-property": pages("genres/", "genres-joined/"),
    "template-series-str": pages("series-index/", "series-index-joined/"),
    "template-nested-loop": pages("by-house/", "by-house-prefetched/"),
    "template-count-method": pages("by-house/", "by-house-prefetched/"),
    "template-house-url": pages("house-links/", "house-links-joined/"),
    "jinja-macro-publisher": pages("jinja-shelf/", "jinja-shelf-joined/"),
    "jinja-include-authors": pages("jinja-credits/", "jinja-credits-prefetched/"),
    "cbv-implicit-queryset": pages("books/", "books-joined/"),
    "cbv-get-queryset-profile": pages("authors/", "authors-joined/"),
    "detail-editions-printer": pages("books/{world.book.pk}/", "books-joined/{world.book.pk}/"),
    "cbv-context-series-books": pages("series-overview/", "series-overview-prefetched/"),
    "series-select-label": pages("books/{world.book.pk}/place/", "books/{world.book.pk}/place-joined/"),
    "genre-label-override": pages("choose-genre/", "choose-genre-joined/"),
    "formset-choices": (behind("edit-books/"), behind("edit-prices/")),
    "formset-series-choices": (behind("edit-books/"), behind("edit-prices/")),
    "filter-series-choices": pages("search/", "search-joined/"),
    "table-accessor": pages("table/", "table-joined/"),
    "table-nullable-accessor": pages("table/", "table-joined/"),
    "table-render-method": pages("credit-table/", "credit-table-prefetched/"),
    "feed-item-publisher": pages("feed/", "feed-joined/"),
    "sitemap-house-url": pages("sitemap.xml", "sitemap-joined.xml"),
    "drf-nested-publisher": pages("api/books/", "api/books-eager/"),
    "drf-nested-authors": pages("api/books/", "api/books-eager/"),
    "drf-dotted-key": pages("api/book-dotted-keys/", "api/book-keys/"),
    "series-string-field": pages("api/book-labels/", "api/book-labels-eager/"),
    "drf-slug-field": pages("api/book-labels/", "api/book-labels-eager/"),
    "drf-method-count": pages("api/book-figures/", "api/book-figures-prefetched/"),
    "drf-method-nested": pages("api/book-figures/", "api/book-figures-prefetched/"),
    "drf-action-queryset": pages("api/series/shelf/", "api/series/houses/"),
    "drf-to-representation": pages("api/authors/", "api/authors-prefetched/"),
    "drf-depth": pages("api/editions/", "api/editions-joined/"),
    "drf-source-count": pages("api/publishers/", "api/publishers-annotated/"),
}
