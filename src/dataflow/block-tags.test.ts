/** Tags of `simple_block_tag`: what stands between them is the function's first argument. */
import { test } from "vitest";
import { expectMarked } from "../../tests/support/framework-case.ts";

test("the arguments that the tag writes follow it", async () => {
  await expectMarked({
    "shop/templatetags/boxes.py": `from django import template

register = template.Library()


@register.simple_block_tag
def box(content, order):
    return content + order.customer.name  # expect: customer


@register.simple_block_tag(takes_context=True)
def numbered(context, content, order):
    return content + str(order.invoice.number)  # expect: invoice
`,
    "shop/views.py": `from django.shortcuts import render
from shop.models import Order


def orders(request):
    return render(request, "shop/boxes.html", {"orders": Order.objects.all()})
`,
    "shop/templates/shop/boxes.html": `{% load boxes %}
{% for order in orders %}
  {% box order %}{{ order.status }}{% endbox %}
  {% numbered order %}No.{% endnumbered %}
{% endfor %}
`,
  });
});
