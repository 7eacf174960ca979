import { describe, expect, test } from "vitest";
import { readSource } from "../src/analyse.ts";
import { NO_DEPLOYMENT } from "../src/deployment/no-deployment.ts";
import type { Advice } from "../src/model/index.ts";
import { emptyRecording } from "./support/empty-recording.ts";
import { withTraffic, type GivenTraffic } from "./support/replay-of.ts";
import { SHOP_FILES } from "./support/shop-project.ts";
import { temporaryFolder } from "./support/temporary-folder.ts";
import { advisor } from "../src/advisors/cache/advisor.ts";

const VIEWS = `from django.shortcuts import render
from shop.models import Category, Product, Tag


def menu(request):
    return render(request, "menu.html", {"categories": list(Category.objects.select_related("parent").order_by("name"))})


def in_stock(request, least):
    rows = Product.objects.filter(stock__gte=least).order_by("title")
    return render(request, "stock.html", {"titles": [row.title for row in rows]})


def tagged(request):
    return render(request, "tags.html", {"tags": list(Tag.objects.filter(products__stock=1).order_by("name"))})


def retag(product: Product, tags):
    product.tags.set(tags)


def rename_all():
    Category.objects.filter(name="old").update(name="new")


def rename(category: Category):
    category.name = "new"
    category.save()
`;
const MENU = "SELECT c.id, c.name, p.name FROM shop_category c LEFT JOIN shop_category p ON c.parent_id = p.id ORDER BY c.name";
const TAGGED =
  "SELECT t.id, t.name FROM shop_tag t INNER JOIN shop_product_tags l ON t.id = l.tag_id INNER JOIN shop_product p ON p.id = l.product_id WHERE p.stock = 1 ORDER BY t.name";
const STOCK = "SELECT id, title FROM shop_product WHERE stock >= %s ORDER BY title";
const RENAME = "UPDATE shop_category SET name = %s WHERE id = %s";

async function adviceFor(statements: GivenTraffic["statements"]): Promise<readonly Advice[]> {
  const root = temporaryFolder({ ...SHOP_FILES, "shop/views.py": VIEWS });
  const source = await readSource({ root, exclude: [], jobs: 1, cache: false, settings: [], sourceRoots: [], conventions: [], thresholds: {} });
  const recording = await withTraffic(emptyRecording(), { seconds: 600, statements });
  return advisor.advise({ source, deployment: NO_DEPLOYMENT, database: null, recording, thresholds: {}, findings: [] });
}

const reads = { sql: MENU, stack: ["shop/views.py:6 menu"], count: 1200, every: 0.5, ms: 6, rows: 40, scope: "GET /menu/" };
const silent = { sql: RENAME, stack: ["shop/views.py:23 rename_all"], count: 4, every: 100, after: 50, kind: "write" as const };
const told = { sql: `${RENAME} `, stack: ["shop/views.py:28 rename"], count: 4, every: 100, after: 90, kind: "write" as const };

const cell = (advice: Advice | undefined, row: string, column: string): string | undefined => {
  const [table] = advice?.tables ?? [];
  return table?.rows.find(([name = ""]) => name.includes(row))?.[table.head.indexOf(column)];
};

describe("what each way would have done", () => {
  test("is counted on the same reads and changes", async () => {
    const [, , ways] = await adviceFor([reads, silent, told]);
    expect(cell(ways, "generations", "stale hits")).toBe("0");
    expect(cell(ways, "delete() in signals", "write sites missed")).toBe("1 of 2");
    const [timeout = 0, signals = 0, cacheops = 0] = ["timeout alone", "delete() in signals", "cacheops"].map((way) =>
      Number(cell(ways, way, "stale hits")?.replaceAll(",", "")),
    );
    expect(timeout).toBeGreaterThan(signals);
    expect(signals).toBeGreaterThan(0);
    expect(cacheops).toBe(signals);
    expect(cell(ways, "cachalot", "stale hits")).toBe("0");
  });
});

describe("the code", () => {
  test("keeps the expression that runs the queryset, and names its tables", async () => {
    const [code] = await adviceFor([reads]);
    const [example] = code?.examples ?? [];
    expect(example).toMatchObject({ file: "shop/views.py", line: 6 });
    expect(example?.after).toContain('make=lambda: list(Category.objects.select_related("parent").order_by("name")),');
    expect(example?.after).toContain('tables=("shop_category",),');
    expect(code?.artefacts.map(({ path }) => path)).toEqual(["cache/generations.py", "cache/cache_signals.py"]);
    expect(code?.artefacts[1]?.text).toContain("from shop.models import Category");
  });

  test("puts what the question depends on into the key, and makes rows of a queryset", async () => {
    const [code] = await adviceFor([{ sql: STOCK, stack: ["shop/views.py:11 in_stock"], count: 1200, every: 0.5, ms: 6, keys: 3 }]);
    expect(code?.examples[0]?.after).toContain('rows = cached(\n        "shop.views.in_stock",\n        (least,),');
    expect(code?.examples[0]?.after).toContain('make=lambda: list(Product.objects.filter(stock__gte=least).order_by("title")),');
  });

  test("hears of links of a many-to-many field where Django tells of them: no module has a class of its own for them", async () => {
    const [code, writes] = await adviceFor([{ sql: TAGGED, stack: ["shop/views.py:15 tagged"], count: 1200, every: 0.5, ms: 6 }]);
    const text = code?.artefacts[1]?.text ?? "";
    expect(text).toContain("from django.db.models.signals import m2m_changed, post_delete, post_save");
    expect(text).toContain('m2m_changed.connect(_changed, sender=Product.tags.through, dispatch_uid="generation of Product.tags.through")');
    expect(text).not.toContain("Product_tags");
    expect(writes?.claim).toContain("1 of them sends neither post_save nor post_delete");
    expect(writes?.reasons[0]).toMatch(/shop\/views\.py:19\. m2m_changed tells of them\.$/);
  });

  test("stands beside the write that sends no signal", async () => {
    const [, writes] = await adviceFor([reads]);
    expect(writes?.claim).toContain("1 of them sends neither post_save nor post_delete");
    expect(writes?.examples[0]?.after).toContain('update(name="new")\n    changed("shop_category")');
  });
});

test("nothing to cache is an answer with reasons", async () => {
  const [code, ...others] = await adviceFor([{ ...reads, ms: 0.2 }]);
  expect(others.map(({ section, claim }) => [section, claim])).toEqual([["6.3", "None of 1 statement is worth a cache, so that no library for it is either."]]);
  expect(code?.claim).toMatch(/^None of 1 statement is worth a cache/);
  expect(code?.tables[0]?.rows[0]?.at(-1)).toBe("the cache's answer costs as much as the database's");
  expect(code?.plots).toEqual([]);
});

test("fewer than a hundred reads make a row, and no curve", async () => {
  const [code] = await adviceFor([{ ...reads, count: 60 }]);
  expect(code?.tables[0]?.rows).toHaveLength(1);
  expect(code?.plots).toEqual([]);
});

test("where nothing was seen, each section says what is needed, and that rules look at it", async () => {
  const root = temporaryFolder({ ...SHOP_FILES, "shop/views.py": VIEWS });
  const source = await readSource({ root, exclude: [], jobs: 1, cache: false, settings: [], sourceRoots: [], conventions: [], thresholds: {} });
  const advice = await advisor.advise({ source, deployment: NO_DEPLOYMENT, database: null, recording: null, thresholds: {}, findings: [] });
  expect(advice.map(({ section, missing }) => [section, missing.split(".")[0]])).toEqual([
    ["6.1", "needs a recording of traffic, or a snapshot with pg_stat_statements"],
    ["6.3", "needs a recording of traffic, or a snapshot with pg_stat_statements: luthier record -- COMMAND"],
  ]);
});
