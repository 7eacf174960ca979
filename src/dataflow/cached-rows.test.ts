/** Rows that Django's own caches give: no query each time, and what they are is known. */
import { expect, test } from "vitest";
import { analyseShop } from "../../tests/support/fixture-project.ts";

const EACH_ROUND = new Set(["n-plus-one", "query-in-loop", "aggregate-in-loop"]);

test.each([
  ["a content type by its key", "ContentType.objects.get_for_id(order.pk).model"],
  ["a content type by its name", 'ContentType.objects.get_by_natural_key("shop", "order").model'],
  ["the site", "Site.objects.get_current().domain"],
  ["an address", "User.objects.normalize_email(order.status)"],
])("%s", async (_what, expression) => {
  const { findings, coverage } = await analyseShop({
    "shop/work.py": `from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.contrib.sites.models import Site
from shop.models import Order


def work():
    return [${expression} for order in Order.objects.all()]
`,
  });
  expect(findings.filter(({ rule }) => EACH_ROUND.has(rule))).toEqual([]);
  expect(coverage.unresolved).toEqual([]);
});

test.each([
  ["each row", "{% for order in orders %}{% cache 500 order order.pk %}{{ order.customer.name }}{% endcache %}{% endfor %}", "likely"],
  ["all of them", "{% cache 500 orders %}{% for order in orders %}{{ order.customer.name }}{% endfor %}{% endcache %}", "certain"],
])("a template's cache around %s", async (_what, body, sureness) => {
  const { findings } = await analyseShop({
    "shop/views.py": `from django.shortcuts import render
from shop.models import Order


def orders(request):
    return render(request, "shop/orders.html", {"orders": Order.objects.filter(paid=True)})
`,
    "shop/templates/shop/orders.html": `{% load cache %}${body}\n`,
  });
  expect(findings.filter(({ rule }) => EACH_ROUND.has(rule)).map(({ confidence }) => confidence)).toEqual([sureness]);
});

test.each([
  ["Order.customer.is_cached(order)", []],
  ["not Order.customer.is_cached(order)", ["certain"]],
  ['"customer" in order._state.fields_cache', []],
  ["Order.kind.is_cached(order)", ["certain"]],
])("what is read where %s", async (asked, sureness) => {
  const { findings } = await analyseShop({
    "shop/work.py": `from shop.models import Order


def work():
    for order in Order.objects.all():
        if ${asked}:
            print(order.customer.name)
`,
  });
  expect(findings.filter(({ rule }) => EACH_ROUND.has(rule)).map(({ confidence }) => confidence)).toEqual(sureness);
});
