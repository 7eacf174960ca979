/** What an annotation is called in the query. */
import { expect, test } from "vitest";
import { analyseShop } from "../../../tests/support/fixture-project.ts";

test("a count names the relation as queries do, a prefetch as rows do", async () => {
  const report = await analyseShop({
    "shop/work.py": `from django.contrib.auth.models import User


def work(request):
    return [user.review_set.count() for user in User.objects.all()]
`,
  });
  expect(report.findings.filter(({ rule }) => rule === "aggregate-in-loop").map(({ message }) => message.replace(/^.*(?=Annotate)/, ""))).toEqual([
    'Annotate `Count("review", distinct=True)`, or `prefetch_related("review_set")` where the rows are needed too.',
  ]);
});
