/** What the settings never come to is only possible, for rules that read the text alone as well. */
import { expect, test } from "vitest";
import { analyseShop } from "../../tests/support/fixture-project.ts";

async function sure(setting: string, condition: string): Promise<readonly string[]> {
  const { findings } = await analyseShop({
    "config/settings.py": `INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes", "shop"]\n${setting}\n`,
    "shop/work.py": `from django.conf import settings

from shop.models import Order


def work():
    if ${condition}:
        return Order.objects.filter(lines__quantity=1).distinct()
    return Order.objects.none()
`,
  });
  return findings.filter(({ rule }) => rule === "distinct-over-join").map(({ confidence }) => confidence);
}

test("an arm that the settings do not take", async () => {
  expect(await sure("USE_LINES = False", "settings.USE_LINES")).toEqual(["possible"]);
  expect(await sure("USE_LINES = True", "not settings.USE_LINES")).toEqual(["possible"]);
});

test("an arm that they take, or that they leave open", async () => {
  expect(await sure("USE_LINES = True", "settings.USE_LINES")).toEqual(["likely"]);
  expect(await sure("import os\n\nUSE_LINES = bool(os.environ.get('LINES'))", "settings.USE_LINES")).toEqual(["likely"]);
});
