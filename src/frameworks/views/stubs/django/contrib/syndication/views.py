import luthier


class Feed:
    def __luthier_entry__(self):
        obj = self.get_object(luthier.request(), *luthier.unknown(), **luthier.unknown())
        items = luthier.call_with_some(self.items, obj)
        for item in items:
            luthier.call_with_some(self.item_title, item)
            luthier.call_with_some(self.item_description, item)
            luthier.call_with_some(self.item_link, item)
            luthier.call_with_some(self.item_guid, item)
            luthier.call_with_some(self.item_pubdate, item)
            luthier.call_with_some(self.item_updateddate, item)
            luthier.call_with_some(self.item_author_name, item)
            luthier.call_with_some(self.item_author_email, item)
            luthier.call_with_some(self.item_author_link, item)
            luthier.call_with_some(self.item_categories, item)
            luthier.call_with_some(self.item_enclosure_url, item)
            luthier.call_with_some(self.item_extra_kwargs, item)
            luthier.call_with_some(self.item_comments, item)

    def get_object(self, request, *args, **kwargs):
        return None

    def item_title(self, item):
        return str(item)

    def item_link(self, item):
        return item.get_absolute_url()
