import { test } from "vitest";
import { expectMarked } from "../../../tests/support/framework-case.ts";

test("feeds and sitemaps ask every item", async () => {
  await expectMarked({
    "shop/feeds.py": `from django.contrib.sitemaps import Sitemap
from django.contrib.syndication.views import Feed
from shop.models import Line, Order, Product


class Orders(Feed):
    def items(self):
        return Order.objects.all()

    def item_title(self, item):
        return item.customer.name  # expect: customer

    def item_link(self, item):
        return "/"


class Lines(Feed):
    def items(self):
        return Line.objects.select_related("product")

    def item_title(self, item):
        return item.product.title

    def item_link(self, item):
        return "/"


class Products(Sitemap):
    def items(self):
        return Product.objects.all()

    def location(self, item):
        return f"/{item.category.name}/{item.pk}"  # expect: category
`,
  });
});

test("a calendar's feed asks for times and places too", async () => {
  await expectMarked({
    "shop/feeds.py": `from django_ical.views import ICalFeed
from shop.models import Line, Order, Product


class Deliveries(ICalFeed):
    def items(self):
        return Order.objects.all()

    def item_title(self, item):
        return item.status

    def item_location(self, item):
        return item.customer.name  # expect: customer

    def item_link(self, item):
        return "/"


class Base(ICalFeed):
    def items(self):
        return Product.objects.all()

    def item_title(self, item):
        return item.category.name

    def item_link(self, item):
        return "/"


class Loaded(Base):
    def items(self):
        return Product.objects.select_related("category")


class Lines(ICalFeed):
    def items(self):
        return Line.objects.select_related("order")

    def item_title(self, item):
        return item.price

    def item_start_datetime(self, item):
        return item.order.placed_at

    def item_link(self, item):
        return "/"
`,
  });
});

test("a feed's templates are rendered for every item, in place of its methods", async () => {
  await expectMarked({
    "shop/feeds.py": `from django.contrib.syndication.views import Feed
from shop.models import Line, Order


class Orders(Feed):
    title_template = "feeds/title.html"
    description_template = "feeds/description.html"

    def items(self):
        return Order.objects.all()

    def item_title(self, item):
        return item.invoice.number

    def item_link(self, item):
        return "/"


class Lines(Feed):
    description_template = "feeds/line.html"

    def items(self):
        return Line.objects.select_related("product")

    def get_context_data(self, **kwargs):
        context = super().get_context_data(**kwargs)
        context["product"] = kwargs["item"].product
        context["order"] = kwargs["item"].order  # expect: order
        return context

    def item_title(self, item):
        return ""

    def item_link(self, item):
        return "/"
`,
    "shop/templates/feeds/title.html": "{{ obj.pk }}",
    "shop/templates/feeds/description.html": "{{ obj.customer.name }}{# expect: customer #}",
    "shop/templates/feeds/line.html": "{{ product.title }}",
  });
});

test("members that django-context-decorator puts in the context", async () => {
  await expectMarked({
    "shop/listing.py": `from django.utils.functional import cached_property
from django.views.generic import TemplateView
from django_context_decorator import context
from shop.models import Order


class Listing(TemplateView):
    template_name = "listing.html"

    @context
    @cached_property
    def orders(self):
        return Order.objects.all()

    @context
    def recent(self):
        return Order.objects.select_related("customer")

    @cached_property
    def unseen(self):
        return Order.objects.all()
`,
    "shop/templates/listing.html": `{% for order in orders %}{{ order.customer.name }}{# expect: customer #}
{% endfor %}
{% for order in recent %}{{ order.customer.name }}{% endfor %}
{% for order in unseen %}{{ order.customer.name }}{% endfor %}
`,
  });
});

test("rows that a user may see are rows of the model, the queryset or the permission", async () => {
  await expectMarked({
    "shop/permitted.py": `from django.shortcuts import _get_queryset
from guardian.shortcuts import get_objects_for_group, get_objects_for_user
from shop.models import Line, Order, Product


def allowed(klass, user):
    queryset = _get_queryset(klass)
    return queryset if user.is_superuser else queryset.none()


def orders(user):
    return [order.customer.name for order in allowed(Order, user)]  # expect: customer


def loaded_orders(user):
    return [order.customer.name for order in allowed(Order.objects.select_related("customer"), user)]


def lines(user):
    return [line.product.title for line in get_objects_for_user(user, "shop.view_line", Line.objects.all())]  # expect: product


def loaded_lines(user):
    return [line.product.title for line in get_objects_for_user(user, "view_line", klass=Line.objects.select_related("product"))]


def products(group):
    return [product.category.name for product in get_objects_for_group(group, ["shop.change_product"])]  # expect: category


def unknown(user, perms):
    return [product.category.name for product in get_objects_for_user(user, perms)]
`,
  });
});

test("a flag of the project's own has the users and groups that django-waffle gives it", async () => {
  await expectMarked({
    "shop/flags.py": `from waffle.models import AbstractUserFlag


class Flag(AbstractUserFlag):
    pass


def users():
    return [user.username for flag in Flag.objects.all() for user in flag.users.all()]  # expect: users


def groups():
    return [group.name for flag in Flag.objects.prefetch_related("groups") for group in flag.groups.all()]
`,
  });
});

test("an organization of the project's own has the users and the owner that django-organizations gives it", async () => {
  await expectMarked({
    "shop/teams.py": `from organizations.abstract import AbstractOrganization, AbstractOrganizationOwner, AbstractOrganizationUser


class Organization(AbstractOrganization):
    pass


class OrganizationUser(AbstractOrganizationUser):
    pass


class OrganizationOwner(AbstractOrganizationOwner):
    pass


def owners():
    return [one.owner.organization_user.user.username for one in Organization.objects.all()]  # expect: owner.organization_user.user


def members():
    return [one.user.username for one in OrganizationUser.objects.select_related("user")]


def users():
    return [user.username for one in Organization.objects.all() for user in one.users.all()]  # expect: users
`,
  });
});

test("a list of suggestions has a label for each row", async () => {
  await expectMarked({
    "shop/autocomplete.py": `from dal import autocomplete
from shop.models import Line, Order


class Orders(autocomplete.Select2QuerySetView):
    def get_queryset(self):
        found = Order.objects.all()
        return found.filter(status=self.q) if self.q else found

    def get_result_label(self, order):
        return order.customer.name  # expect: customer


class Loaded(autocomplete.Select2QuerySetView):
    queryset = Order.objects.select_related("customer")

    def get_result_label(self, order):
        return order.customer.name


class Lines(autocomplete.Select2QuerySetView):
    model = Line

    def get_selected_result_label(self, line):
        return line.product.title  # expect: product
`,
  });
});
