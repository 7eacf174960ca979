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
