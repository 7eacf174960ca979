from django.contrib.sitemaps import Sitemap
from django.contrib.syndication.views import Feed

from .models import Author, Book


class NewBooksFeed(Feed):
    title = "New books"
    link = "/"
    description = "What came in this month"

    def items(self):
        return Book.objects.newest(20)  # planted: feed-item-publisher queryset

    def item_title(self, item):
        return item.title

    def item_description(self, item):
        return f"{item.subtitle}, published by {item.publisher.name}"  # planted: feed-item-publisher access


class NewBooksFeedJoined(NewBooksFeed):
    def items(self):
        return Book.objects.newest(20).select_related("publisher")  # twin: feed-item-publisher


class HouseSitemap(Sitemap):
    limit = 1000

    def items(self):
        return Book.objects.order_by("pk")  # planted: sitemap-house-url queryset

    def location(self, item):
        return item.get_house_url()


class HouseSitemapJoined(HouseSitemap):
    def items(self):
        return Book.objects.select_related("publisher").order_by("pk")  # twin: sitemap-house-url


class AuthorSitemap(Sitemap):
    limit = 1000

    def items(self):
        return Author.objects.only("pk", "updated_at").order_by("pk")

    def location(self, item):
        return f"/authors/{item.pk}/"

    def lastmod(self, item):
        return item.updated_at
