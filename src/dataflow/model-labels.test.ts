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
