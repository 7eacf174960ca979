import { expect, test } from "vitest";
import { analyseShop } from "../../tests/support/fixture-project.ts";
import { ownThresholds } from "./to-finding.ts";

test("a finding says which thresholds of its rule the project has set", () => {
  const thresholds = { "plan.ms": 1, "plan-triggers.ms": 5, "unused-index": 10, "SCALE-D.lag": 3 };
  expect(ownThresholds("plan-triggers", thresholds)).toEqual(["this project sets the thresholds `plan.ms` to 1 and `plan-triggers.ms` to 5"]);
  expect(ownThresholds("SCALE-D03", thresholds)).toEqual(["this project sets the threshold `SCALE-D.lag` to 3"]);
  expect(ownThresholds("unused-index-part", thresholds)).toEqual([]);
});

test("one line that makes the querysets of many models tells nothing of whose rows get here, but for what code of one model's own reads", async () => {
  const reads = { Order: "customer.name", Line: "order.status", Product: "category.name", Review: "product.name", Category: "parent.name" };
  const serializers = Object.entries(reads).map(
    ([model, path]) => `class ${model}Serializer(serializers.ModelSerializer):
    shown = serializers.SerializerMethodField()

    class Meta:
        model = ${model}
        fields = ["shown"]

    def get_shown(self, row):
        return row.${path}


class ${model}View(BaseView):
    stored = ${model}
    serializer_class = ${model}Serializer
`,
  );
  const kinds = ["Box", "Crate", "Sack", "Can", "Jar"];
  const { findings } = await analyseShop({
    "shop/stores.py": `from django.db import models
from shop.models import Customer
${kinds.map((kind) => `\n\nclass ${kind}(models.Model):\n    customer = models.ForeignKey(Customer, models.CASCADE)\n\n    def label(self):\n        return self.customer.name\n`).join("")}`,
    "shop/api.py": `from django.http import HttpResponse
from django.views import View
from rest_framework import generics, serializers
from shop.stores import ${kinds.join(", ")}
from shop.models import ${Object.keys(reads).join(", ")}


def rows_of(model):
    return model.objects.all()


class BaseView(generics.ListAPIView):
    def get_queryset(self):
        return rows_of(self.stored).order_by("pk")


class BaseNames(View):
    def get(self, request):
        return HttpResponse([row.label() for row in rows_of(self.stored)])


${serializers.join("\n\n")}

${kinds.map((kind) => `class ${kind}Names(BaseNames):\n    stored = ${kind}\n`).join("\n\n")}`,
  });
  const told = findings.filter(({ rule }) => rule === "n-plus-one").map(({ model, relation, confidence }) => `${model} ${relation} ${confidence}`);
  expect(told.toSorted()).toEqual([
    ...["Box", "Can"].map((kind) => `shop.${kind} customer possible`),
    "shop.Category parent certain",
    ...["Crate", "Jar"].map((kind) => `shop.${kind} customer possible`),
    "shop.Line order certain",
    "shop.Order customer certain",
    "shop.Product category certain",
    "shop.Review product certain",
    "shop.Sack customer possible",
  ]);
});
