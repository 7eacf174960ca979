import { test } from "vitest";
import { expectMarked } from "../../tests/support/framework-case.ts";

test("a macro sees the variables of the template only when it is imported with context", async () => {
  await expectMarked({
    "config/settings.py": `INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes", "shop"]
TEMPLATES = [{"BACKEND": "django.template.backends.jinja2.Jinja2", "APP_DIRS": True}]
`,
    "shop/views.py": `from django.shortcuts import render
from shop.models import Line, Order


def orders(request):
    return render(request, "orders.html", {"orders": Order.objects.all()})


def lines(request):
    return render(request, "lines.html", {"lines": Line.objects.all()})
`,
    "shop/jinja2/orders.html": `{% from "macros.html" import names with context %}{{ names() }}
`,
    "shop/jinja2/lines.html": `{% from "macros.html" import titles %}{{ titles() }}
`,
    "shop/jinja2/macros.html": `{% macro names() %}
{% for order in orders %}
{{ order.customer.name }}{# expect: customer #}
{% endfor %}
{% endmacro %}
{% macro titles() %}
{% for line in lines %}
{{ line.product.title }}
{% endfor %}
{% endmacro %}
`,
  });
});

const jinjaPage = (settings: string, page: string, files: Readonly<Record<string, string>>): Record<string, string> => ({
  "config/settings.py": `INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes", "shop"]
TEMPLATES = [{"BACKEND": "django.template.backends.jinja2.Jinja2", "APP_DIRS": True, "OPTIONS": {${settings}}}]
`,
  "shop/views.py": `from django.shortcuts import render
from shop.models import Order


def orders(request):
    return render(request, "orders.html", {"orders": Order.objects.all()})
`,
  "shop/jinja2/orders.html": `{% for order in orders %}{{ ${page} }}{% endfor %}\n`,
  ...files,
});

const ENVIRONMENT = `from jinja2 import Environment


def named(order):
    return order.customer.name  # expect: customer


def environment(**options):
    env = Environment(**options)
    env.globals.update({"named": named})
    env.filters["named"] = named
    return env
`;

test("functions and filters of the project's environment are called", async () => {
  for (const page of ["named(order)", "order|named"]) {
    await expectMarked(jinjaPage('"environment": "shop.environment.environment"', page, { "shop/environment.py": ENVIRONMENT }));
  }
});

test("a function that a library registers for Jinja2 renders its template", async () => {
  await expectMarked(
    jinjaPage("", "link(order)", {
      "shop/jinja_library.py": `from django_jinja import library


@library.global_function
@library.render_with("link.html")
def link(order):
    return {"linked": order}
`,
      "shop/jinja2/link.html": "{{ linked.customer.name }}{# expect: customer #}\n",
    }),
  );
});

test("whichever template an include is given is followed", async () => {
  await expectMarked({
    "shop/views.py": `from django.shortcuts import render
from shop.models import Order


def orders(request):
    part = "shop/_rows.html" if "HX-Request" in request.headers else "shop/_cards.html"
    return render(request, "shop/orders.html", {"orders": Order.objects.all(), "part": part})
`,
    "shop/templates/shop/orders.html": `{% for order in orders %}{% include part %}{% endfor %}
`,
    "shop/templates/shop/_rows.html": `{{ order.status }}
`,
    "shop/templates/shop/_cards.html": `{{ order.customer.name }}{# expect: customer #}
`,
  });
});

test("a name that begins with dots is beside the template whose tag names it", async () => {
  await expectMarked({
    "shop/views.py": `from django.shortcuts import render
from shop.models import Line


def lines(request):
    return render(request, "shop/lines/page.html", {"lines": Line.objects.all()})
`,
    "shop/templates/shop/base.html": `{% block content %}{% endblock %}
`,
    "shop/templates/shop/lines/page.html": `{% extends "../base.html" %}
{% block content %}
{% for line in lines %}
{% include "./row.html" %}
{% endfor %}
{% endblock %}
`,
    "shop/templates/shop/lines/row.html": `{{ line.product.title }}{# expect: product #}
`,
  });
});
