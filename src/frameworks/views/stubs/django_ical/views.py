import luthier
from django.contrib.syndication.views import Feed


class ICalFeed(Feed):
    def __luthier_item__(self, item):
        luthier.call_with_some(self.item_start_datetime, item)
        luthier.call_with_some(self.item_end_datetime, item)
        luthier.call_with_some(self.item_location, item)
        luthier.call_with_some(self.item_organizer, item)
        luthier.call_with_some(self.item_attendee, item)
        luthier.call_with_some(self.item_created, item)
        luthier.call_with_some(self.item_timestamp, item)
        luthier.call_with_some(self.item_status, item)
        luthier.call_with_some(self.item_class, item)
        luthier.call_with_some(self.item_transparency, item)
        luthier.call_with_some(self.item_geolocation, item)
        luthier.call_with_some(self.item_rrule, item)
        luthier.call_with_some(self.item_exdate, item)
        luthier.call_with_some(self.item_valarm, item)
