import type { Edit, Finding, Place } from "../../src/model/finding.ts";
import type { Report } from "../../src/model/report.ts";
import type { RuleMeta } from "../../src/model/rule-meta.ts";
import type { RenderContext } from "../../src/report/render-context.ts";
import { shortIds } from "../../src/select/short-id.ts";
import type { PlaceRole } from "../../src/model/span.ts";

/** An invented bookshop with a finding of every kind that a reporter has to draw. */
export const SAMPLE_FILES: Readonly<Record<string, string>> = {
  "shop/reports.py": lines(57, '    qs.annotate(n=Count("lines"), c=Count("coupons"))'),
  "shop/views/orders.py": lines(30, "        return Order.objects.filter(shop=self.shop)"),
  "shop/templates/orders/list.html": lines(11, "    {% for order in orders %}\n      {% include 'orders/_row.html' %}"),
  "shop/templates/orders/_row.html":
    "<tr>\n  <td>{{ order.number }}</td>\n  <td>{{ order.placed_at }}</td>\n" +
    "         <td>{{ order.customer.address.city }}</td>\n\n\n\n\n  <td>{{ order.lines.count }}</td>\n</tr>\n",
  "shop/admin.py": lines(43, "    list_per_page = 50"),
  "catalog/models.py": lines(61, '        return f"{self.title} by {self.authors.all()[0]}"'),
  "catalog/search.py": lines(89, "        return [b for b in books if b.is_published]"),
  "catalog/views/list.py": lines(26, '        Book.objects.only("title")'),
  "catalog/views/feed.py": lines(11, '        Book.objects.only("title")') + lines(27, "        b = Book.objects") + lines(30, "        c = Book.objects"),
};

function lines(before: number, code: string): string {
  return `${"\n".repeat(before)}${code}\n`;
}

function place(role: PlaceRole, file: string, line: number, text: string, label?: string): Place {
  const column = (SAMPLE_FILES[file]?.split("\n")[line - 1] ?? "").indexOf(text) + 1;
  if (column === 0) throw new Error(`${file}:${line} does not hold ${text}`);
  const spot = { role, file, line, column, endLine: line, endColumn: column + text.length };
  return label === undefined ? spot : { ...spot, label };
}

function edit(file: string, expected: string, text: string): Edit {
  const source = SAMPLE_FILES[file] ?? "";
  const start = Buffer.byteLength(source.slice(0, source.indexOf(expected)));
  return { file, start, end: start + Buffer.byteLength(expected), expected, text };
}

function finding(id: string, rule: string, chapter: string, facts: Partial<Finding>): Finding {
  const claim = facts.claim ?? rule;
  return {
    id: `${id}0123456789`,
    rule,
    chapter,
    severity: "warning",
    confidence: "certain",
    message: `${claim} It costs one query a row. Load it with the queryset.`,
    claim,
    remedy: "Load it with the queryset.",
    doubt: "a page of one row saves nothing",
    places: [],
    evidence: [{ kind: "inferred" }],
    impact: {},
    fixes: [],
    ...facts,
  };
}

const perMinute = (seconds: number): Finding["impact"] => ({ milliseconds: { before: seconds * 1000, per: "minute" } });

const onlyTitle = (id: string, file: string, line: number, text: string): Finding =>
  finding(id, "only-without-foreign-key", "3.5", {
    severity: "info",
    claim: "The list loads `title` alone, then reads the foreign key of each book.",
    places: [place("queryset", file, line, text)],
  });

export const SAMPLE_FINDINGS: readonly Finding[] = [
  finding("c0aa", "multi-aggregate-join", "2.2", {
    severity: "error",
    claim: "Two joins multiply each other, so both counts are wrong for an order with more than one line and more than one coupon.",
    doubt: "right as it stands if an order never has a second coupon; the schema allows one",
    model: "shop.Order",
    places: [place("queryset", "shop/reports.py", 58, 'Count("lines")'), place("queryset", "shop/reports.py", 58, 'Count("coupons")', "joined twice")],
    fixes: [
      {
        title: "count each join's rows once",
        kind: "edit",
        safety: "review",
        edits: [
          edit(
            "shop/reports.py",
            'n=Count("lines"), c=Count("coupons"))',
            'n=Count("lines", distinct=True),\n                c=Count("coupons", distinct=True))',
          ),
        ],
      },
      { title: "count with a subquery per relation", kind: "edit", safety: "advice", edits: [] },
    ],
  }),
  finding("k3f9", "n-plus-one", "2.4", {
    claim: "The orders list loads each order's customer and address separately: 50 extra queries a page, 9.8 s of database time a minute.",
    doubt: "a page of one order saves 2 queries",
    model: "shop.Order",
    relation: "customer__address",
    places: [
      place("queryset", "shop/views/orders.py", 31, "Order.objects.filter(shop=self.shop)", "loads Order only"),
      place("loop", "shop/templates/orders/list.html", 12, "{% for order in orders %}"),
      place("call", "shop/templates/orders/list.html", 13, "{% include 'orders/_row.html' %}"),
      place("access", "shop/templates/orders/_row.html", 4, "order.customer.address", "2 queries a row, 25 rows"),
    ],
    evidence: [
      { kind: "inferred" },
      {
        kind: "recorded",
        note: "4,861 of 4,861 requests to GET /orders/",
        statements: 50,
        milliseconds: 82.5,
      },
    ],
    impact: { statements: { before: 50, after: 0, per: "request" }, ...perMinute(9.8) },
    fixes: [
      {
        title: "load customer and address with the orders list",
        kind: "edit",
        safety: "safe",
        edits: [edit("shop/views/orders.py", ".filter(shop=self.shop)", '.filter(shop=self.shop).select_related(\n            "customer__address")')],
      },
    ],
  }),
  finding("k90a", "aggregate-in-loop", "2.4", {
    claim: "The orders list counts each order's lines separately: 25 extra queries a page.",
    places: [place("access", "shop/templates/orders/_row.html", 9, "order.lines.count")],
    evidence: [{ kind: "recorded", statements: 25, milliseconds: 41.2 }],
    impact: perMinute(4.9),
    fixes: [{ title: "count lines in the query", kind: "edit", safety: "review", edits: [] }],
  }),
  finding("m2d7", "count-pagination", "2.2", {
    claim: "The admin's page of orders counts all of them: 610 counts a minute, 5.9 ms each",
    places: [place("queryset", "shop/admin.py", 44, "list_per_page")],
    evidence: [{ kind: "recorded", note: "610 counts a minute", milliseconds: 5.9 }],
    impact: perMinute(3.6),
  }),
  finding("b41e", "n-plus-one", "2.4", {
    claim: "`__str__` reads authors, 18 queries a page",
    places: [place("access", "catalog/models.py", 62, "self.authors.all()")],
    evidence: [{ kind: "recorded", statements: 18 }],
    impact: perMinute(2.6),
  }),
  finding("t7c2", "python-side-filter", "2.2", {
    claim: "Every book is loaded and most are dropped in Python.",
    places: [place("loop", "catalog/search.py", 90, "[b for b in books if b.is_published]")],
    fixes: [{ title: "drop the rows in the query", kind: "edit", safety: "advice", edits: [] }],
  }),
  onlyTitle("o001", "catalog/views/list.py", 27, "Book.objects"),
  onlyTitle("o002", "catalog/views/feed.py", 12, "Book.objects"),
  onlyTitle("o003", "catalog/views/feed.py", 40, "Book.objects"),
  onlyTitle("o004", "catalog/views/feed.py", 71, "Book.objects"),
];

export const SAMPLE_REPORT: Report = {
  schema: "luthier-report/1",
  tool: { name: "luthier", version: "0.1.0" },
  project: { root: ".", django: "5.2", apps: 2, models: 7, files: 387, lines: 41_202 },
  evidence: ["source", "recording"],
  coverage: {
    filesParsed: 386,
    filesFailed: 1,
    queryOrigins: 912,
    resolvedOrigins: 871,
    unresolved: [
      { why: "passed in from outside", count: 8, file: "shop/api.py" },
      { why: "built by getattr", count: 33, file: "catalog/search.py" },
    ],
    unknown: Array.from({ length: 38 }, (_, index) => ({ rule: `database-rule-${index}`, why: "needs a database" })),
    sections: [],
  },
  timing: { totalMs: 1400, phases: { parse: 900, link: 500 } },
  findings: SAMPLE_FINDINGS,
  notices: [{ file: "catalog/legacy.py", line: 14, column: 1, message: "syntax error, unexpected indent" }],
  silenced: { ignored: 0, baseline: 0, belowConfidence: 0 },
};

export const SAMPLE_RULES: readonly RuleMeta[] = [...new Set(SAMPLE_FINDINGS.map(({ rule }) => rule))].map((id) => ({
  id,
  chapter: SAMPLE_FINDINGS.find(({ rule }) => rule === id)?.chapter ?? "",
  summary: `What ${id} is about.`,
  severity: SAMPLE_FINDINGS.find(({ rule }) => rule === id)?.severity ?? "info",
  confidence: "certain",
  fix: "sometimes",
  stage: "stable",
  doc: `# ${id}\n\nWhat it finds, why it costs and when not to use it.\n`,
}));

export function sampleContext(findings: readonly Finding[] = SAMPLE_FINDINGS): RenderContext {
  return {
    read: (file) => SAMPLE_FILES[file],
    shortIds: shortIds(findings),
    pathPrefix: "",
    commands: new Set(["check", "fix", "fix --prove", "record", "rules", "snapshot"]),
    rules: SAMPLE_RULES,
    failOn: "warning",
  };
}
