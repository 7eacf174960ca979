/** What code puts on the rows of a page is not asked for again. */
import { expect, test } from "vitest";
import { analyseShop } from "../../tests/support/fixture-project.ts";
import { expectMarked } from "../../tests/support/framework-case.ts";

/** A viewset whose serializer counts for a whole list of rows what a property of the model counts for one of them. */
const counting = (view: string, { attach, mark = "" }: { readonly attach: string; readonly mark?: string }): Record<string, string> => ({
  "shop/papers.py": `from django.db import models
from django.utils.functional import cached_property
from rest_framework import serializers, viewsets


class Paper(models.Model):
    title = models.CharField(max_length=9)

    @cached_property
    def word_count(self):
        return self.words.count()  ${mark}

    @cached_property
    def note_count(self):
        return self.notes.count()  ${mark.replace("words", "notes")}


class Word(models.Model):
    paper = models.ForeignKey(Paper, models.CASCADE, related_name="words")


class Note(models.Model):
    paper = models.ForeignKey(Paper, models.CASCADE, related_name="notes")


class PaperSerializer(serializers.ModelSerializer):
    class Meta:
        model = Paper
        fields = ["word_count", "note_count"]
        counted = {"word_count": "words", "note_count": "notes"}

    @classmethod
    def attach(cls, queryset):
        ${attach.replaceAll("\n", "\n        ")}
        return queryset


class PaperViewSet(viewsets.ReadOnlyModelViewSet):
    queryset = Paper.objects.all()
    serializer_class = PaperSerializer

${view}
`,
});

const FILTERED = `    def filter_queryset(self, queryset):
        return self.get_serializer_class().attach(super().filter_queryset(queryset))`;

test("each of the names that a loop sets is set", async () => {
  const attach = `queryset = list(queryset)
for name in cls.Meta.counted:
    for row in queryset:
        setattr(row, name, 0)`;
  await expectMarked(counting(FILTERED, { attach }));
});

const ATTACH = `for row in queryset:
    row.word_count = 0
    row.note_count = 0`;

const PAGED = (condition: string, then = ""): string => `    def paginate_queryset(self, queryset):
        page = super().paginate_queryset(queryset)
        model = getattr(queryset, "model", None)
        ${then}
        if ${condition}:
            again = model.objects.filter(id__in=[row.id for row in page])
            found = {row.id: row for row in self.get_serializer_class().attach(again)}
            page = [found[row.id] for row in page]
        return page`;

test("a page that is false has no rows on which nothing was put", async () => {
  await expectMarked(counting(PAGED("page"), { attach: ATTACH }));
  await expectMarked(counting(PAGED("page and model"), { attach: ATTACH }));
});

test("an attribute that nothing ever sets is none of a queryset's", async () => {
  const unset = 'if hasattr(queryset, "as_it_is"):\n            return page';
  await expectMarked(counting(PAGED("page", unset), { attach: ATTACH }));
  const isSet = `${PAGED("page", unset)}

    def mark(self, queryset):
        queryset.as_it_is = True
        return queryset`;
  await expectMarked(counting(isSet, { attach: ATTACH, mark: "# expect: words?" }));
});

test("where code puts it on the rows under a condition, that it is asked for is doubtful", async () => {
  await expectMarked(counting(PAGED("page and self.request.user.is_staff"), { attach: ATTACH, mark: "# expect: words?" }));
});

test("a number out of a dictionary that has one for each row is no None", async () => {
  const told = async (given: string): Promise<readonly string[]> => {
    const report = await analyseShop({
      "shop/work.py": `from django.db.models import Count
from shop.models import Customer, Order


def counted(customer):
    known = getattr(customer, "order_count", None)
    if known is not None:
        return known
    return customer.orders.count()


def work(request):
    counts = {one["customer_id"]: one["n"] for one in Order.objects.values("customer_id").annotate(n=Count("pk"))}
    for customer in Customer.objects.all():
        customer.order_count = ${given}
        print(counted(customer))
`,
    });
    return report.findings.flatMap(({ rule, confidence }) => (rule === "aggregate-in-loop" ? [confidence] : []));
  };
  expect(await told("counts.get(customer.pk, 0)")).toEqual([]);
  expect(await told("counts.get(customer.pk)")).toEqual(["certain"]);
});
