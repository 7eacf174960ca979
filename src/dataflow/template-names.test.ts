import { test } from "vitest";
import { expectMarked } from "../../tests/support/framework-case.ts";

test.each([
  ["Django", "{% for line in object.lines.all %}"],
  ["Jinja", "{% for line in object.lines.all() %}"],
])("a name that a loop of a template gives to its rows is what it was before, after the loop: %s", async (language, loop) => {
  await expectMarked({
    ...(language === "Jinja"
      ? {
          "config/settings.py": `INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes", "shop"]
ROOT_URLCONF = "config.urls"
TEMPLATES = [{"BACKEND": "django.template.backends.jinja2.Jinja2", "DIRS": ["pages"]}]
DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql"}}
`,
        }
      : {}),
    "shop/views.py": `from django.shortcuts import render
from shop.models import Order, Product


def product(request, pk):
    context = {"object": Product.objects.get(pk=pk), "object_list": Order.objects.all()}
    return render(request, "product.html", context)
`,
    [language === "Jinja" ? "pages/product.html" : "shop/templates/product.html"]: `{% for object in object_list %}{{ object.status }}{% endfor %}
${loop}{{ line.order.status }}{{ line.product.title }}{% endfor %}{# expect: lines.order #}
`,
  });
});

test("a template that extends its own name extends the one that it hides", async () => {
  const view = {
    "config/settings.py": `INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes", "shop"]
ROOT_URLCONF = "config.urls"
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "DIRS": ["pages"], "APP_DIRS": True}]
DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql"}}
`,
    "shop/views.py": `from django.shortcuts import render
from shop.models import Line


def lines(request):
    return render(request, "shop/lines.html", {"lines": Line.objects.all()})
`,
  };
  const body = "{% for line in lines %}{{ line.product.title }}{% endfor %}{# expect: product #}\n";
  // Of a package, or of an app of the project's own.
  await expectMarked({ ...view, "pages/shop/lines.html": `{% extends "shop/lines.html" %}\n{% block content %}\n${body}{% endblock %}\n` });
  await expectMarked({
    ...view,
    "pages/shop/lines.html": '{% extends "shop/lines.html" %}\n{% block title %}Lines{% endblock %}\n',
    "shop/templates/shop/lines.html": `{% block title %}{% endblock %}\n${body}`,
  });
});
