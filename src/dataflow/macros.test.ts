/** Ways that values go into Jinja2's macros. */
import { describe, expect, test } from "vitest";
import { analyseShop } from "../../tests/support/fixture-project.ts";

const SETTINGS = `INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes", "shop"]
TEMPLATES = [{"BACKEND": "django.template.backends.jinja2.Jinja2", "APP_DIRS": True}]
`;

async function found(queryset: string, templates: Readonly<Record<string, string>>): Promise<readonly string[]> {
  const files = Object.entries(templates).map(([name, text]): [string, string] => [`shop/jinja2/${name}`, `${text}\n`]);
  const report = await analyseShop({
    "config/settings.py": SETTINGS,
    "shop/views.py": `from django.shortcuts import render
from shop.models import Order


def orders(request):
    return render(request, "page.html", {"orders": ${queryset}})
`,
    ...Object.fromEntries(files),
  });
  return report.findings.filter(({ rule }) => rule === "n-plus-one" || rule === "unused-eager-load").map(({ rule }) => rule);
}

const EACH = "{% for order in orders %}{{ row(order) }}{% endfor %}";
const ROW = "{% macro row(order) %}{{ order.customer.name }}{% endmacro %}";

const WAYS: readonly (readonly [string, Readonly<Record<string, string>>])[] = [
  ["an argument", { "page.html": `${ROW}${EACH}` }],
  ["a keyword", { "page.html": `${ROW}{% for one in orders %}{{ row(order=one) }}{% endfor %}` }],
  [
    "further arguments",
    {
      "page.html": `{% macro row(title) %}{% for one in varargs %}{{ one.customer.name }}{% endfor %}{% endmacro %}{% for order in orders %}{{ row("x", order) }}{% endfor %}`,
    },
  ],
  [
    "one of the further arguments",
    { "page.html": `{% macro row(title) %}{{ varargs[0].customer.name }}{% endmacro %}{% for order in orders %}{{ row("x", order) }}{% endfor %}` },
  ],
  [
    "further keywords",
    { "page.html": `{% macro row(title) %}{{ kwargs.order.customer.name }}{% endmacro %}{% for order in orders %}{{ row("x", order=order) }}{% endfor %}` },
  ],
  [
    "further keywords by subscript",
    { "page.html": `{% macro row(title) %}{{ kwargs["order"].customer.name }}{% endmacro %}{% for order in orders %}{{ row("x", order=order) }}{% endfor %}` },
  ],
  [
    "arguments handed on",
    { "page.html": `${ROW}{% macro outer() %}{{ row(*varargs, **kwargs) }}{% endmacro %}{% for one in orders %}{{ outer(one) }}{% endfor %}` },
  ],
  [
    "keywords handed on",
    { "page.html": `${ROW}{% macro outer() %}{{ row(*varargs, **kwargs) }}{% endmacro %}{% for one in orders %}{{ outer(order=one) }}{% endfor %}` },
  ],
  [
    "a loop in the macro",
    { "page.html": "{% macro rows(orders) %}{% for order in orders %}{{ order.customer.name }}{% endfor %}{% endmacro %}{{ rows(orders) }}" },
  ],
  ["a macro that calls a macro", { "page.html": `${ROW}{% macro rows(all) %}{% for one in all %}{{ row(one) }}{% endfor %}{% endmacro %}{{ rows(orders) }}` }],
  [
    "a macro that calls one written after it",
    { "page.html": `{% macro rows(all) %}{% for one in all %}{{ row(one) }}{% endfor %}{% endmacro %}${ROW}{{ rows(orders) }}` },
  ],
  ["a default that reads a parameter", { "page.html": `{% macro row(order, customer=order.customer) %}{{ customer.name }}{% endmacro %}${EACH}` }],
  [
    "a macro handed to a macro",
    { "page.html": `${ROW}{% macro rows(all, show) %}{% for one in all %}{{ show(one) }}{% endfor %}{% endmacro %}{{ rows(orders, row) }}` },
  ],
  ["import as", { "page.html": `{% import "m.html" as m %}{% for one in orders %}{{ m.row(one) }}{% endfor %}`, "m.html": ROW }],
  ["from import", { "page.html": `{% from "m.html" import row %}${EACH}`, "m.html": ROW }],
  ["from import as", { "page.html": `{% from "m.html" import row as show %}{% for one in orders %}{{ show(one) }}{% endfor %}`, "m.html": ROW }],
  [
    "an imported macro with context",
    {
      "page.html": `{% from "m.html" import rows with context %}{{ rows() }}`,
      "m.html": "{% macro rows() %}{% for order in orders %}{{ order.customer.name }}{% endfor %}{% endmacro %}",
    },
  ],
  [
    "an imported macro that calls one of its file",
    {
      "page.html": `{% from "m.html" import rows %}{{ rows(orders) }}`,
      "m.html": `${ROW}{% macro rows(all) %}{% for one in all %}{{ row(one) }}{% endfor %}{% endmacro %}`,
    },
  ],
  [
    "an imported macro that calls an imported one",
    {
      "page.html": `{% from "m.html" import rows %}{{ rows(orders) }}`,
      "m.html": `{% import "n.html" as n %}{% macro rows(all) %}{% for one in all %}{{ n.row(one) }}{% endfor %}{% endmacro %}`,
      "n.html": ROW,
    },
  ],
  ["a macro under a condition of its file", { "page.html": `{% from "m.html" import row %}${EACH}`, "m.html": `{% if true %}${ROW}{% endif %}` }],
  [
    "an import in a child's block",
    {
      "page.html": `{% extends "base.html" %}{% block main %}{% from "m.html" import row %}${EACH}{% endblock %}`,
      "base.html": "{% block main %}{% endblock %}",
      "m.html": ROW,
    },
  ],
  [
    "an import above a child's block",
    {
      "page.html": `{% extends "base.html" %}{% from "m.html" import row %}{% block main %}${EACH}{% endblock %}`,
      "base.html": "{% block main %}{% endblock %}",
      "m.html": ROW,
    },
  ],
  [
    "a macro above a child's block",
    { "page.html": `{% extends "base.html" %}${ROW}{% block main %}${EACH}{% endblock %}`, "base.html": "{% block main %}{% endblock %}" },
  ],
  [
    "what a call's body is called with",
    {
      "page.html": `{% macro rows(all) %}{% for one in all %}{{ caller(one) }}{% endfor %}{% endmacro %}{% call(order) rows(orders) %}{{ order.customer.name }}{% endcall %}`,
    },
  ],
  [
    "a call's body that reads around it",
    {
      "page.html": `{% macro box() %}<b>{{ caller() }}</b>{% endmacro %}{% for order in orders %}{% call box() %}{{ order.customer.name }}{% endcall %}{% endfor %}`,
    },
  ],
  [
    "a call's body in a macro's loop",
    {
      "page.html": `{% macro box() %}{{ caller() }}{% endmacro %}{% macro rows(all) %}{% for order in all %}{% call box() %}{{ order.customer.name }}{% endcall %}{% endfor %}{% endmacro %}{{ rows(orders) }}`,
    },
  ],
  [
    "a call's body of an imported macro",
    {
      "page.html": `{% import "m.html" as m %}{% call(order) m.rows(orders) %}{{ order.customer.name }}{% endcall %}`,
      "m.html": "{% macro rows(all) %}{% for one in all %}{{ caller(one) }}{% endfor %}{% endmacro %}",
    },
  ],
  [
    "a caller that is handed on",
    {
      "page.html": `{% macro inner(all, show) %}{% for one in all %}{{ show(one) }}{% endfor %}{% endmacro %}{% macro outer(all) %}{{ inner(all, caller) }}{% endmacro %}{% call(order) outer(orders) %}{{ order.customer.name }}{% endcall %}`,
    },
  ],
  ["a macro in a set block", { "page.html": `${ROW}{% for order in orders %}{% set text %}{{ row(order) }}{% endset %}{{ text }}{% endfor %}` }],
  ["a set value", { "page.html": `${ROW}{% for one in orders %}{% set text = row(one) %}{{ text }}{% endfor %}` }],
  ["a filter of its answer", { "page.html": `${ROW}{% for one in orders %}{{ row(one)|trim }}{% endfor %}` }],
  ["an included page", { "page.html": `{% from "m.html" import row %}{% include "part.html" %}`, "part.html": EACH, "m.html": ROW }],
  [
    "a dictionary",
    { "page.html": `{% macro row(options) %}{{ options.order.customer.name }}{% endmacro %}{% for one in orders %}{{ row({"order": one}) }}{% endfor %}` },
  ],
  [
    "a recursion",
    {
      "page.html": `{% macro rows(all, depth) %}{% for one in all %}{{ one.status }}{% if depth %}{{ rows(all, depth - 1) }}{% else %}{{ one.customer.name }}{% endif %}{% endfor %}{% endmacro %}{{ rows(orders, 3) }}`,
    },
  ],
];

describe.each(WAYS)("%s", (_, templates) => {
  test("is read", async () => {
    expect(await found("Order.objects.all()", templates)).toEqual(["n-plus-one"]);
  });

  test("uses what was loaded", async () => {
    expect(await found('Order.objects.select_related("customer")', templates)).toEqual([]);
  });
});

test("a chain of macros too long to follow leaves the rows to whoever reads them", async () => {
  const macros = Array.from({ length: 40 }, (_, at) => `{% macro row${at}(order) %}{{ row${at + 1}(order) }}{% endmacro %}`).join("");
  const page = `${macros}{% macro row40(order) %}{{ order.customer.name }}{% endmacro %}{% for order in orders %}{{ row0(order) }}{% endfor %}`;
  expect(await found('Order.objects.select_related("customer")', { "page.html": page })).toEqual([]);
});
