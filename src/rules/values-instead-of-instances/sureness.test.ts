import { expect, test } from "vitest";
import { analyseShop } from "../../../tests/support/fixture-project.ts";

async function sureness(condition: string): Promise<readonly (readonly string[])[]> {
  const report = await analyseShop({
    "shop/work.py": `from shop.models import Review


def texts(request, product):
    return [review.text for review in Review.objects.filter(${condition})]
`,
  });
  return report.findings.filter(({ rule }) => rule === "values-instead-of-instances").map(({ confidence, doubt }) => [confidence, doubt]);
}

test("one user's own rows may be few", async () => {
  const few = [["possible", "one user may have few of these rows"]];
  expect(await sureness("author=request.user")).toEqual(few);
  expect(await sureness("author_id=request.user.pk")).toEqual(few);
  const shown = [["likely", "a field's class may convert its value only on instances"]];
  expect(await sureness("product=product")).toEqual(shown);
  expect(await sureness("author__in=request.GET")).toEqual(shown);
});
