import path from "node:path";
import { describe, expect, test } from "vitest";
import { analyse } from "./index.ts";
import type { AnalyseOptions, Report } from "./model/index.ts";
import { temporaryFolder, writeFiles } from "../tests/support/temporary-folder.ts";

const PROJECT = {
  "manage.py": 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")\n',
  "config/__init__.py": "",
  "config/settings.py": 'INSTALLED_APPS = ["acme_tree", "shop"]\n',
  "shop/__init__.py": "",
  "shop/models.py": `from acme_tree.models import Node
from django.db import models


class Order(Node):
    number = models.CharField(max_length=20)
    customer = models.ForeignKey("shop.Customer", models.CASCADE)


class Customer(models.Model):
    name = models.CharField(max_length=20)
`,
  "shop/views.py": `from acme_tree import TreeList
from acme_tree.helpers import described, labels
from shop.models import Order


class Orders(TreeList):
    model = Order

    def describe(self, order):
        return order.customer.name


class Joined(TreeList):
    model = Order

    def get_queryset(self):
        return super().get_queryset().select_related("customer", "owner")

    def describe(self, order):
        return order.customer.name


def owners(request):
    described(Order.objects.all())
    return labels(Order.objects.all())
`,
};

const PACKAGE = {
  "acme_tree/__init__.py": "from .views import TreeList\n",
  "acme_tree/apps.py": "",
  "acme_tree/models.py": `from django.contrib.auth.models import User
from django.db import models


class Node(models.Model):
    owner = models.ForeignKey(User, models.CASCADE)

    class Meta:
        abstract = True


class Leaf(models.Model):
    parent = models.ForeignKey("self", models.CASCADE)
`,
  "acme_tree/views.py": `from django.views.generic import ListView


class TreeList(ListView):
    def get(self, request, *args, **kwargs):
        for row in self.get_queryset():
            self.describe(row)
            row.owner.username

    def describe(self, row):
        pass
`,
  "acme_tree/helpers.py": `from acme_tree import conf
from acme_tree.models import Leaf


def described(rows):
    for row in rows:
        if conf.VERBOSE:
            print(row.owner.username)


def labels(rows):
    for leaf in Leaf.objects.all():
        print(leaf.parent.colour)
    return [row.owner.username for row in rows]
`,
  "acme_tree/conf.py": 'import os\nVERBOSE = os.environ.get("VERBOSE")\n',
  "acme_tree/unused.py": "this is not Python (\n",
  "requests/__init__.py": "broken = (\n",
  "Django-4.2.9.dist-info/METADATA": "Name: Django\n",
};

const SITE_PACKAGES = "lib/python3.12/site-packages";

function writeEnvironment(root: string, packages: Readonly<Record<string, string>> = PACKAGE): void {
  writeFiles(root, { "pyvenv.cfg": "" });
  writeFiles(path.join(root, SITE_PACKAGES), packages);
}

function loads({ findings }: Report): string[] {
  return findings
    .filter((one) => one.rule === "n-plus-one")
    .map(
      (one) => `${one.confidence === "possible" ? "perhaps " : ""}${one.relation} ${one.places[0]?.line} ${one.places.at(-1)?.file}:${one.places.at(-1)?.line}`,
    )
    .toSorted();
}

function report(prepare: (root: string) => Partial<AnalyseOptions>): Promise<Report> {
  const root = temporaryFolder(PROJECT);
  return analyse({ root, ...prepare(root) });
}

describe("packages of a virtual environment", () => {
  test("are followed, and what they read is placed in the project", async () => {
    const found = await report((root) => {
      writeEnvironment(path.join(root, ".venv"));
      return {};
    });
    expect(loads(found)).toEqual(["customer 6 shop/views.py:10", "owner 25 shop/views.py:25", "owner 6 shop/views.py:6", "perhaps owner 24 shop/views.py:24"]);
    expect(found.findings.flatMap((one) => one.places).filter((place) => !(place.file in PROJECT))).toEqual([]);
    expect(found.notices).toEqual([]);
  });

  test("are unknown without one, and a finding is lost, not invented", async () => {
    expect(loads(await report(() => ({})))).toEqual([]);
  });

  test("say which Django there is", async () => {
    const own = await report((root) => {
      writeEnvironment(path.join(root, "env"));
      writeFiles(root, { "requirements.txt": "Django==5.2.1\n" });
      return {};
    });
    expect(own.project.django).toBe("4.2");
  });

  test("come from the active environment where the project holds none", async () => {
    const active = temporaryFolder();
    writeEnvironment(active);
    expect(loads(await report(() => ({ activeEnvironment: active })))).toHaveLength(4);
  });

  test("of an environment without Django are left alone", async () => {
    const { "Django-4.2.9.dist-info/METADATA": _, ...others } = PACKAGE;
    const found = await report((root) => {
      writeEnvironment(path.join(root, ".venv"), others);
      return {};
    });
    expect(loads(found)).toEqual([]);
    expect(found.project.django).toBeNull();
  });

  test("do not take the place of stubs", async () => {
    const found = await report((root) => {
      writeEnvironment(path.join(root, ".venv"), { ...PACKAGE, "django/db/models.py": "", "django/views/generic.py": "", "django/apps.py": "" });
      return {};
    });
    expect(loads(found)).toHaveLength(4);
  });
});
