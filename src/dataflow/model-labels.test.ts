/** A model that is named by a text: `app, name = LABEL.split(".")`. */
import { test } from "vitest";
import { expectMarked } from "../../tests/support/framework-case.ts";

test("a label that is split names a model", async () => {
  await expectMarked({
    "shop/labels.py": `from django.apps import apps

LABEL = "shop.Order"


def split():
    app, name = LABEL.split(".")
    return [order.customer.name for order in apps.get_model(app, name).objects.all()]  # expect: customer


def unpacked():
    return [order.customer.name for order in apps.get_model(*LABEL.split(".")).objects.all()]  # expect: customer


def parts(text):
    return apps.get_model(*text.rsplit(".", 1))
`,
  });
});

test("so does a project's own way to the user model", async () => {
  await expectMarked({
    "shop/users.py": `from django.apps import apps
from django.conf import settings

USER = getattr(settings, "AUTH_USER_MODEL", "auth.User")
USER_APP, USER_NAME = USER.rsplit(".", 1)


def get_user_model():
    return apps.get_model(USER_APP, USER_NAME)


Account = get_user_model()


def groups():
    return [user.groups.count() for user in Account.objects.all()]  # expect: groups
`,
  });
});

test("and a setting, of the project or one that an app has a default for", async () => {
  await expectMarked({
    "config/settings.py": `INSTALLED_APPS = ["shop"]
DATABASES = {}
SHOP_BILL_MODEL = "shop.Invoice"
`,
    "shop/conf.py": `from appconf import AppConf
from django.conf import settings


class ShopConf(AppConf):
    ORDER_MODEL = "shop.Order"


class OtherConf(AppConf):
    PART_MODEL = "shop.Line"

    class Meta:
        prefix = "parts"
`,
    "shop/swapped.py": `from django.apps import apps
from shop.conf import settings


def get_order_model():
    try:
        app, name = settings.SHOP_ORDER_MODEL.split(".")
    except ValueError:
        raise RuntimeError("no label")
    return apps.get_model(app, name)


def orders():
    return [order.customer.name for order in get_order_model().objects.all()]  # expect: customer


def bills():
    return [bill.order.customer for bill in apps.get_model(settings.SHOP_BILL_MODEL).objects.all()]  # expect: order.customer


def parts():
    model = apps.get_model(getattr(settings, "PARTS_PART_MODEL"))
    return [line.product.title for line in model.objects.all()]  # expect: product
`,
  });
});

test("a setting may name a class or a function of the project, and so may any text that is imported", async () => {
  await expectMarked({
    "config/settings.py": `INSTALLED_APPS = ["shop"]
DATABASES = {}
SHOP_PRINTER = "shop.printers.Printer"
SHOP_ELSEWHERE = "other.printers.Printer"
`,
    "shop/printers.py": `class Printer:
    def cell(self, order):
        return order.customer.name  # expect: customer


def number(order):
    return order.invoice.number  # expect: invoice
`,
    "shop/pages.py": `from importlib import import_module

from django.conf import settings
from django.utils.module_loading import import_string
from shop.models import Order


def cells():
    printer = import_string(settings.SHOP_PRINTER)()
    return [printer.cell(order) for order in Order.objects.all()]


def numbers():
    printers = import_module("shop.printers")
    return [printers.number(order) for order in Order.objects.all()]


def elsewhere():
    return [import_string(settings.SHOP_ELSEWHERE)().cell(order) for order in Order.objects.select_related("customer")]
`,
  });
});

test("a setting may list what the project plugs in, by dotted names", async () => {
  await expectMarked({
    "config/settings.py": `INSTALLED_APPS = ["shop"]
DATABASES = {}
SHOP_CELLS = ["shop.cells.Customer"]
SHOP_COLUMNS = {"invoice": {"class": "shop.cells.Invoice"}}
SHOP_PARTS = [("parcels", "shop.cells.Parcels")]
`,
    "shop/cells.py": `class Customer:
    def cell(self, order):
        return order.customer.name  # expect: customer


class Invoice:
    def cell(self, order):
        return order.invoice.number  # expect: invoice


class Parcels:
    def cell(self, order):
        return [one.id for one in order.shipments.all()]  # expect: shipments
`,
    "shop/pages.py": `from importlib import import_module

from django.conf import settings
from django.utils.module_loading import import_string
from shop.models import Order


class Plugged:
    def __init__(self):
        self.cells = None

    def all(self):
        if self.cells is None:
            self.cells = [import_string(path)() for path in settings.SHOP_CELLS]
        return self.cells


plugged = Plugged()


def listed():
    return [one.cell(order) for order in Order.objects.all() for one in plugged.all()]


def chosen():
    module, cls = settings.SHOP_COLUMNS["invoice"]["class"].rsplit(".", 1)
    cell = getattr(import_module(module), cls)()
    return [cell.cell(order) for order in Order.objects.all()]


def taken_apart():
    found = {}
    for name, path in settings.SHOP_PARTS:
        module, _, cls = path.rpartition(".")
        found[name] = getattr(import_module(module), cls)
    return [found["parcels"]().cell(order) for order in Order.objects.all()]
`,
  });
});
