/** What middleware fetched for the request is there as it fetched it: whoever reads it gets no other row. */
import { expect, test } from "vitest";
import { analyseShop } from "../../tests/support/fixture-project.ts";

/** A helper reads a relation of lines: those that `select_related()` loads, and those of the request's order. */
async function told(fetch: string): Promise<readonly string[]> {
  const report = await analyseShop({
    "shop/middleware.py": `from django.shortcuts import get_object_or_404
from shop.models import Order


def order_middleware(get_response):
    def middleware(request):
        request.order = ${fetch}
        return get_response(request)

    return middleware
`,
    "shop/views.py": `from shop.models import Line


def label_of(line):
    return line.product.title


def view(request):
    return [label_of(line) for line in request.order.lines.all()]


def lines(request):
    return [label_of(line) for line in Line.objects.select_related("product")]
`,
  });
  return report.findings.filter(({ rule }) => rule === "n-plus-one").map(({ confidence, relation }) => `${confidence} ${relation}`);
}

test("that other code loads a relation eagerly says nothing of the row of the request", async () => {
  expect(await told("get_object_or_404(Order, pk=1)")).toEqual(["certain product"]);
});

test("what was loaded with the row is not asked for again", async () => {
  expect(await told('Order.objects.prefetch_related("lines__product").get(pk=1)')).toEqual([]);
});
