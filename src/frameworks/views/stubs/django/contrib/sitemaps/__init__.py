import luthier


class Sitemap:
    def __luthier_entry__(self):
        for item in luthier.call_with_some(self.items):
            luthier.call_with_some(self.location, item)
            luthier.call_with_some(self.lastmod, item)
            luthier.call_with_some(self.changefreq, item)
            luthier.call_with_some(self.priority, item)

    def location(self, item):
        return item.get_absolute_url()


class GenericSitemap(Sitemap):
    pass
