import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { hostileReport } from "../../../../tests/support/hostile-report.ts";
import { foreignMarkup, linksOf, markdownNodes, textOf } from "../../../../tests/support/read-markdown.ts";
import { SAMPLE_HANDBOOK, sampleHandbookContext, untimedHandbook } from "../../../../tests/support/sample-handbook.ts";
import type { Handbook } from "../../../model/handbook.ts";
import { shortIds } from "../../../select/short-id.ts";
import { CHAPTERS } from "../../../handbook/outline.ts";
import type { MarkdownContext } from "./context.ts";
import { renderHandbook } from "./render-handbook.ts";

const context: MarkdownContext = { ...sampleHandbookContext(), folder: ".luthier/handbook", pathPrefix: "../../", plotStyle: "" };
const draw = (handbook: Handbook = SAMPLE_HANDBOOK, own: MarkdownContext = context): ReadonlyMap<string, string> => renderHandbook(handbook, own).pages;

const PAGES = [
  "README.md",
  "introduction.md",
  "chapter-1-schema.md",
  "index-analysis.md",
  "chapter-2-queries.md",
  "cache-analysis.md",
  "n1-analysis.md",
  "n1-examples.md",
  "lazy-loading-analysis.md",
  "lazy-loading-examples.md",
  "chapter-3-orm.md",
  "orm-fields-analysis.md",
  "orm-fields-examples.md",
  "chapter-4-connections.md",
  "chapter-5-maintenance.md",
  "chapter-6-caching.md",
  "cache-examples.md",
  "cache-invalidation.md",
  "third-party-possible-solutions.md",
  "chapter-7-scaling.md",
  "plan-of-work.md",
  "conclusion.md",
  "references.md",
];

test("the pages are those of the outline", () => expect([...draw().keys()]).toEqual(PAGES));

test.each(CHAPTERS)("chapter $chapter has its sections under the outline's titles", ({ page, chapter, title, sections }) => {
  const headings = markdownNodes(draw().get(page) ?? "")
    .filter(({ type, depth }) => type === "heading" && (depth ?? 9) < 3)
    .map(textOf);
  expect(headings).toEqual([`${chapter}. ${title}`, ...sections.map((one) => `${one.section} ${one.title.replaceAll("`", "")}`), "Not seen"]);
});

test.each(PAGES)("%s ends with what was not seen, or is a list; and has a region for notes", (name) => {
  const page = draw().get(name) ?? "";
  expect(page.endsWith(`<!-- notes: ${name.replace(/\.md$/, "")} -->\n<!-- /notes -->\n`)).toBe(true);
  if (!/plan-of-work|introduction|references/.test(name)) expect(page).toContain("\n## Not seen\n");
});

test("the first page", async () => {
  await expect(draw().get("README.md")).toMatchFileSnapshot("goldens/README.md");
});

test("a place that the action names is not said twice", () => {
  const [change, ...others] = SAMPLE_HANDBOOK.changes;
  if (change === undefined) throw new Error("there is no change");
  const row = (action: string): string => {
    const page = draw({ ...SAMPLE_HANDBOOK, changes: [{ ...change, action, place: "shop_order" }, ...others] }).get("README.md") ?? "";
    return /^\| 1 \|.*$/m.exec(page)?.[0] ?? "";
  };
  expect(row("Add the index `by_customer` to shop_order")).toContain("| Add the index `by_customer` to shop_order |");
  expect(row("Vacuum it")).toContain("| Vacuum it `shop_order` |");
});

test("the conclusion says which change its command is about", () => {
  expect(draw().get("conclusion.md")).toMatch(/Next: `luthier fix --select [^`]+`, the first change that is safe to apply: \[[^\]]+\]\([^)]+\) at `/);
});

test("an example begins and ends with code", () => {
  const blocks = [...(draw().get("n1-examples.md") ?? "").matchAll(/^```(?:python|html)\n([\s\S]*?)```$/gm)].map(([, code = ""]) => code);
  expect(blocks.length).toBeGreaterThan(1);
  expect(blocks.filter((code) => /^\s*\n|\n\s*\n$/.test(code))).toEqual([]);
});

test("the plan of work", async () => {
  await expect(draw().get("plan-of-work.md")).toMatchFileSnapshot("goldens/plan-of-work.md");
});

test("an analysis with a finding whole", async () => {
  await expect(draw().get("n1-analysis.md")).toMatchFileSnapshot("goldens/n1-analysis.md");
});

test("without any time there is no column of gains", () => {
  const page = draw(untimedHandbook()).get("README.md") ?? "";
  expect(page).toContain("no cost is known");
  expect(page).not.toContain("s/min");
  expect(page).toContain("|  | severity | change | evidence | fix | id |");
});

test("equal input gives equal bytes", () => expect([...draw()]).toEqual([...draw(structuredClone(SAMPLE_HANDBOOK))]));

test("the first ten gains add up to the sum that is said", () => {
  const removed = SAMPLE_HANDBOOK.changes.slice(0, 10).reduce((sum, { gain }) => sum + (gain?.marginal ?? 0), 0);
  expect(removed).toBeCloseTo(30.4);
  const rows = (draw().get("README.md") ?? "")
    .split("\n")
    .filter((line) => /^\| \d+ \|/.test(line))
    .slice(0, 10);
  const column = rows.map((row) => Number.parseFloat(row.split("|")[2] ?? "")).filter((value) => !Number.isNaN(value));
  expect(column.reduce((sum, value) => sum + value, 0)).toBeCloseTo(30.4, 0);
});

describe("each finding", () => {
  test("has its nine parts in their order, eight where nothing is to be tried", () => {
    const pages = [...draw().values()].join("\n");
    for (const { id, fixes } of SAMPLE_HANDBOOK.report.findings) {
      const end = pages.indexOf(`<!-- notes: ${id} -->`);
      const start = pages.lastIndexOf("<a id=", end);
      const text = pages.slice(start, end);
      const parts = [
        /^### /m,
        /^\| severity \|/m,
        /^- \w+ |^\*\*Places:/m,
        /^\*\*Evidence:\*\*/m,
        /^\*\*Fix:\*\*/m,
        ...(fixes[0] !== undefined && (fixes[0].edits.length > 0 || fixes[0].sql !== undefined) ? [/^\*\*Proof:\*\*/m] : []),
        /^\*\*Doubt:\*\*/m,
        ...(fixes.length > 1 ? [/<details><summary>(?:One more way|\d+ more ways)/] : []),
        /^\*\*Silence:\*\*/m,
      ];
      const places = parts.map((part) => text.search(part));
      expect(places, id).not.toContain(-1);
      expect(places.toSorted((a, b) => a - b)).toEqual(places);
    }
  });

  test("stands whole once", () => {
    const pages = [...draw().values()].join("\n");
    for (const { id } of SAMPLE_HANDBOOK.report.findings) expect(pages.split(`<!-- notes: ${id} -->`), id).toHaveLength(2);
  });
});

describe("links", () => {
  test("to other pages and findings all lead somewhere", () => {
    const pages = draw();
    const broken = [...pages].flatMap(([name, text]) =>
      linksOf(text)
        .filter((url) => !/^https?:|^\.\.\//.test(url) && !leadsTo(url, name, pages))
        .map((url) => `${name}: ${url}`),
    );
    expect(broken).toEqual([]);
  });

  test("to the source lead to lines that are there", () => {
    const urls = [...draw().values()].flatMap(linksOf).filter((url) => url.startsWith("../"));
    expect(urls.length).toBeGreaterThan(10);
    for (const url of urls) {
      const [, file = "", line = "1"] = /^\.\.\/\.\.\/([^#]+)(?:#L(\d+))?$/.exec(url) ?? [];
      expect((context.read(decodeURIComponent(file)) ?? "").split("\n").length, url).toBeGreaterThanOrEqual(Number(line));
    }
  });
});

function leadsTo(url: string, from: string, pages: ReadonlyMap<string, string>): boolean {
  const [page = "", anchor] = url.split("#");
  if (/^(?:patches|artefacts|plots)\//.test(page)) return renderHandbook(SAMPLE_HANDBOOK, context).files.has(page) || /^patches\/0\d-/.test(page);
  const text = pages.get(page === "" ? from : page);
  return text !== undefined && (anchor === undefined || text.includes(`<a id="${anchor}"></a>`));
}

describe("names that mean harm", () => {
  const HARM = [
    "](javascript:alert(1))",
    "<script>alert(1)</script>",
    "``` \n# h",
    "a|b|c",
    "<!-- /notes --><img src=x onerror=alert(1)>",
    "\u001B[2J\u0007",
    "![x](http://evil/x.png)",
    "--> <b>",
    "[x]: javascript:alert(1)",
    "@everyone #1",
    "</summary></details><script>",
  ];

  /** Between them they hold every kind of block; the others are made by the same functions. */
  const TOUCHED = new Set(["README.md", "chapter-2-queries.md", "n1-analysis.md", "chapter-4-connections.md", "cache-examples.md", "plan-of-work.md"]);

  const harmed = (words: string): Handbook => {
    const [first, ...rest] = SAMPLE_HANDBOOK.report.findings;
    if (first === undefined) throw new Error("no finding");
    const finding = {
      ...first,
      claim: words,
      message: words,
      doubt: words,
      rule: words,
      model: words,
      places: [
        { ...first.places[0], role: "table" as const, file: words, line: 0, column: 0, endLine: 0, endColumn: 0, object: words, label: words },
        ...first.places,
      ],
      evidence: [{ kind: "recorded" as const, note: words, [words]: words }],
    };
    const report = { ...SAMPLE_HANDBOOK.report, findings: [finding, ...rest], notices: [{ file: words, line: 1, column: 1, message: words }] };
    const statements = [
      {
        id: "s",
        sql: `SELECT ${words}`,
        calls: 1,
        meanMs: 1,
        time: 1,
        share: 0.1,
        places: [{ file: words, line: 3, how: words }],
        certainty: "unique" as const,
        source: words,
      },
    ];
    const plot = {
      kind: "bars" as const,
      question: words,
      answer: words,
      source: words,
      unit: words,
      bars: [{ label: words, value: 1, tone: "found" as const, note: words }],
    };
    const advice = {
      advisor: words,
      section: "4.1",
      claim: words,
      reasons: [words],
      tables: [{ title: words, head: [words], rows: [[words]], numeric: [], source: words }],
      plots: [plot],
      artefacts: [{ path: "a/b.ini", language: "ini" as const, text: words, purpose: words, check: words, version: words }],
      examples: [{ title: words, file: words, line: 1, before: words, after: words, language: "python" as const, note: words }],
      rung: "inferred" as const,
      examined: words,
      missing: words,
      doubt: words,
    };
    const sections = SAMPLE_HANDBOOK.sections.map((one) => ({
      ...one,
      stateLine: words,
      examined: words,
      missing: words,
      corrections: [{ advice: words, truth: words, shown: words }],
      advice: one.section === "4.1" || one.section === "6.1" ? [advice] : [],
      plots: [plot],
    }));
    return {
      ...SAMPLE_HANDBOOK,
      project: { ...SAMPLE_HANDBOOK.project, name: words, commit: words },
      headline: words,
      report,
      sections,
      statements,
      overview: [plot],
      behind: new Map([[finding.id, ["s"]]]),
      failures: [{ advisor: words, sections: [], why: words }],
      changes: SAMPLE_HANDBOOK.changes.map((one) => ({ ...one, action: words, place: words })),
      rests: [{ kind: "source", isThere: false, what: words, age: words, command: words }],
    };
  };

  test.each(HARM)("%j is text wherever it stands", (words) => {
    for (const [name, page] of draw(harmed(words))) {
      if (!TOUCHED.has(name)) continue;
      expect(foreignMarkup(page), name).toEqual([]);
      expect(
        linksOf(page).filter((url) => /javascript|evil/i.test(url) && !url.startsWith("../")),
        name,
      ).toEqual([]);
      expect(
        markdownNodes(page).filter(({ type, url = "" }) => type === "image" && !/^plots\/(?:bars|split)-[0-9a-f]{8}\.svg$/.test(url)),
        name,
      ).toEqual([]);
      // eslint-disable-next-line no-control-regex
      expect(/[\u0000-\u0008\u000B-\u001F\u007F]/.test(page), name).toBe(false);
    }
  });

  test("whatever a report holds, headings and tables stay as many", () => {
    fc.assert(
      fc.property(hostileReport(), ({ report, read }) => {
        const ids = report.findings.map(({ id }) => id);
        const sections = SAMPLE_HANDBOOK.sections.map((one) => ({
          ...one,
          findings: report.findings.filter(({ chapter }) => chapter === one.section && (one.section === "2.4" || one.section === "3.5")).map(({ id }) => id),
          plots: [],
          advice: [],
          corrections: [],
        }));
        const handbook = { ...SAMPLE_HANDBOOK, report, sections, changes: [], overview: [], shortIds: shortIds(report.findings) };
        const pages = draw(handbook, { ...context, read, shortIds: handbook.shortIds });
        const touched = ["README.md", "n1-analysis.md", "chapter-3-orm.md"].flatMap((name) => pages.get(name) ?? []);
        expect(touched.flatMap(markdownNodes).filter(({ type, depth }) => type === "heading" && depth === 3)).toHaveLength(ids.length);
        for (const page of touched) expect(foreignMarkup(page)).toEqual([]);
      }),
      { numRuns: 12 },
    );
  });
});

describe("the figures under a finding's evidence", () => {
  const [first] = SAMPLE_HANDBOOK.report.findings.filter(({ chapter }) => chapter === "2.4");
  const figures = (scopes: number): string => {
    const evidence = [
      { kind: "recorded" as const, note: "seen", statements: 10, milliseconds: 9, most: 12, scopes, totalStatements: 20, totalMilliseconds: 18 },
    ];
    const findings = SAMPLE_HANDBOOK.report.findings.map((one) => (one.id === first?.id ? { ...one, evidence } : one));
    const pages = draw({ ...SAMPLE_HANDBOOK, report: { ...SAMPLE_HANDBOOK.report, findings } });
    return /^Figures: .*$/m.exec(pages.get("n1-analysis.md") ?? "")?.[0] ?? "";
  };

  test("say in words what the sentence leaves out", () => {
    expect(figures(2)).toBe("Figures: most in one 12, times 2, statements in all 20, time in all 18 ms.");
  });
  test("are none where it happened once", () => {
    expect(figures(1)).toBe("");
  });
});

test("a place that is a statement says what it asks", () => {
  const [first] = SAMPLE_HANDBOOK.report.findings.filter(({ chapter }) => chapter === "2.4");
  const place = { role: "statement", object: "-42", file: "", line: 0, column: 0, endLine: 0, endColumn: 0, label: "3 calls" } as const;
  const findings = SAMPLE_HANDBOOK.report.findings.map((one) => (one.id === first?.id ? { ...one, places: [place, ...one.places] } : one));
  const sql = 'SELECT "shop_order"."id", "shop_order"."paid" FROM "shop_order" WHERE "shop_order"."id" = $1';
  const statement = { id: "-42", sql, calls: 3, meanMs: 1, time: null, share: 0, places: [], certainty: "unknown", source: "" } as const;
  const pages = draw({ ...SAMPLE_HANDBOOK, report: { ...SAMPLE_HANDBOOK.report, findings }, statements: [statement] });
  expect(pages.get("n1-analysis.md")).toContain("- statement `-42` 3 calls: `SELECT … FROM shop_order WHERE shop_order.id = $1`\n");
});

test("the references name what a rule links to, with words of its own or without", () => {
  const doc =
    "- [QuerySet API](https://docs.djangoproject.com/en/5.2/ref/models/querysets/)\n- https://docs.djangoproject.com/en/5.2/ref/models/querysets/#in-bulk\n- https://www.postgresql.org/docs/current/runtime-config-client.html#GUC-STATEMENT-TIMEOUT\n";
  const rules = context.rules.map((rule) => ({ ...rule, doc }));
  const page = draw(SAMPLE_HANDBOOK, { ...context, rules }).get("references.md") ?? "";
  expect(page).toMatch(/\[QuerySet API\]\(.*\[in bulk\]\(.*\[statement\\?_timeout\]\(/);
});
