import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { hostileHandbook } from "../../../../tests/support/hostile-handbook.ts";
import { hostileReport } from "../../../../tests/support/hostile-report.ts";
import { largeHandbook, SAMPLE_HANDBOOK, sampleHandbookContext, untimedHandbook } from "../../../../tests/support/sample-handbook.ts";
import type { Handbook } from "../../../model/handbook.ts";
import { shortIds } from "../../../select/short-id.ts";
import { findingAnchor } from "./anchors.ts";
import { renderHandbookPage } from "./handbook-page.ts";

function render(handbook: Handbook): string {
  return renderHandbookPage(handbook, sampleHandbookContext(handbook));
}

/** Text of a piece of the page, as a person reads it. */
function words(markup: string): string {
  return markup
    .replaceAll(/<\/?(?:code|b|u|strong)(?:\s[^>]*)?>/g, "")
    .replaceAll(/<[^>]*>/g, " ")
    .replaceAll("&#39;", "'")
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&quot;", '"')
    .replaceAll("&amp;", "&")
    .replaceAll(/\s+/g, " ")
    .trim();
}

function between(text: string, from: string, to: string): string {
  const start = text.indexOf(from);
  if (start < 0) throw new Error(`no ${from}`);
  const end = text.indexOf(to, start);
  return text.slice(start, end < 0 ? undefined : end);
}

const PAGE = render(SAMPLE_HANDBOOK);

test("equal handbooks give equal bytes", () => {
  expect(render(SAMPLE_HANDBOOK)).toBe(PAGE);
});

test("the first page is in the order of one who must decide", () => {
  const order = ["<h1>", 'class="lede"', 'class="split"', 'id="ten"', 'id="rests"', 'id="since"', 'id="where"', 'id="c-1"', 'id="c-7"', "<footer>"];
  const places = order.map((piece) => PAGE.indexOf(piece));
  expect(places).toEqual(places.toSorted((a, b) => a - b));
  expect(places).not.toContain(-1);
});

test("the gains of the ten add up to the headline", () => {
  const ten = between(PAGE, '<table class="ten">', "</table>");
  const gains = [...ten.matchAll(/<b style="left:[^"]*">([^<]*)<\/b>/g)].map(([, figure]) => Number(figure));
  const sum = gains.reduce((total, gain) => total + gain, 0);
  expect(gains).toHaveLength(7);
  expect(words(between(PAGE, '<p class="lede">', "</p>"))).toContain(`remove ${sum.toFixed(1)} of the 48.0 seconds`);
  expect(words(between(PAGE, '<p class="sum">', "</p>"))).toContain(`${sum.toFixed(1)} s of 48.0 s together`);
});

test("risks have no bar and say so, at the end of the ten", () => {
  const rows = between(PAGE, '<table class="ten">', "</table>").split("<tr>").slice(2);
  expect(rows).toHaveLength(10);
  expect(rows.map((row) => row.includes("Risk, not time"))).toEqual([false, false, false, false, false, false, false, false, true, true]);
});

test("every finding has its parts, none in silence", () => {
  for (const { id } of SAMPLE_HANDBOOK.report.findings) {
    const anchor = findingAnchor(SAMPLE_HANDBOOK, id);
    const piece = between(PAGE, `id="${anchor}"`, "</dl></");
    const parts = [...piece.matchAll(/<div class="row"><dt>([^<]*)<\/dt><dd>(.*?)<\/dd><\/div>/gs)]
      .filter(([, , body = ""]) => words(body) !== "")
      .map(([, name]) => name);
    expect(parts, anchor).toEqual(expect.arrayContaining(["Places", "Evidence", "Fix", "Proof", "Doubt", "Silence"]));
  }
});

test("a finding of several ways shows the others in a fold", () => {
  const piece = words(between(PAGE, 'id="f-p81c"', "</dl></"));
  expect(piece).toContain("Alternatives One more way a BRIN index by placed_at");
  expect(piece).toContain("CREATE INDEX CONCURRENTLY order_customer_newest");
  expect(piece).toContain("It takes SHARE UPDATE EXCLUSIVE; about 40 s for 1.9 GB");
});

test("what was proven is said in pairs; what was not has the command to copy", () => {
  expect(words(between(PAGE, 'id="f-k3f9"', "</dl></"))).toContain("82 → 32 queries a request 9.8 → 0.70 seconds a minute");
  expect(words(between(PAGE, 'id="f-c0aa"', "</dl></"))).toContain("None yet: record a run that reaches line 58.");
});

describe("links", () => {
  test.each([
    ["sample", SAMPLE_HANDBOOK],
    ["untimed", untimedHandbook()],
    ["large", largeHandbook(600)],
  ])("%s: each link within the page has its place, and no place is there twice", (_, handbook) => {
    const page = render(handbook);
    const ids = [...page.matchAll(/\sid="([^"]*)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const missing = [...page.matchAll(/href="#([^"]*)"/g)].flatMap(([, to]) => (ids.includes(to) ? [] : [to]));
    expect(missing).toEqual([]);
  });

  test("all others lead to files beside the page", () => {
    const others = [...PAGE.matchAll(/href="([^#"][^"]*)"/g)].map(([, to = ""]) => to);
    expect(others.filter((to) => !/^(?:\.\.\/[\w/.-]+|[\w.-]+\.md(?:#\w+)?|patches\/[\w.-]+|artefacts\/[\w./-]+)$/.test(to))).toEqual([]);
    expect(others).toEqual(
      expect.arrayContaining(["../shop/views/orders.py", "n1-analysis.md", "patches/01-k3f9-orders-list.patch", "artefacts/pgbouncer.ini", "introduction.md"]),
    );
  });
});

describe("sections", () => {
  const piece = (section: string): string => words(between(PAGE, `id="s-${section}"`, "</section>"));

  test("each says what it found, or what was looked at", () => {
    expect(piece("1_2e1")).toContain("Nothing found. 41 tables were weighed; no column repeats what a key already says. The nearest miss:");
    expect(piece("1_2e5")).toContain("Not run: Permission denied for view monthly_sales.");
    expect(piece("2_2e1")).toContain("Partial. 17 of 1,204 statements were left out");
    expect(piece("7_2e3")).toContain("Unknown. 71 % of read time could move by what the code does");
    expect(piece("7_2e3")).toContain("luthier snapshot --db $REPLICA_URL");
  });

  test("the contents say where nobody looked", () => {
    const contents = words(between(PAGE, '<nav class="toc"', "</nav>"));
    expect(contents).toContain("1.1 Normalization and Denormalization none 1.2 Indexing Strategies 2");
    expect(contents).toContain("1.5 Using Views not run");
    expect(contents).toContain("2.1 Query Profiling partial");
    expect(contents).toContain("7.3 Using Read Replicas unknown");
    expect(contents).toContain("4.1 Connection Pooling Setup advice");
  });

  test("advice has its figures, its files, its code before and after, and its doubt", () => {
    const advice = piece("4_2e1");
    for (const part of [
      "advice: connections",
      "web, gunicorn gthread 6 5 6 180 90",
      "pgbouncer.ini 8 lines A pooler for 6 hosts",
      "For PgBouncer 1.18. Check: pgbouncer 1.18 starts with it.",
      "default_pool_size = 20",
      "Before, shop/mail.py:41",
      "transaction.on_commit(partial(send_mail, order))",
      "Doubt An autoscaler that starts more hosts",
    ])
      expect(advice).toContain(part);
  });

  test("where common advice is wrong, the truth stands beside it", () => {
    expect(piece("1_2e3")).toContain("Often advised Use varchar(n) instead of text, it is smaller. True Both are stored alike");
  });
});

test("without a time base no gain is shown and none is promised", () => {
  const page = render(untimedHandbook());
  const ten = between(page, '<table class="ten no-time">', "</table>");
  expect(ten).not.toContain("gainbar");
  expect(words(ten)).not.toContain("seconds of database time");
  expect(words(between(page, 'id="ten"', "</h2>"))).toContain("Ten changes, most severe and surest first");
  expect(words(between(page, 'id="where"', "</section>"))).toContain("Unknown: nothing measured the database's time.");
});

test("many findings: those of the ten and the first of each section are open, the last ones are a row that leads to Markdown", () => {
  const handbook = largeHandbook(2000);
  const page = render(handbook);
  expect(Buffer.byteLength(page)).toBeLessThan(3_500_000);
  expect(page.match(/<article class="f"/g)?.length).toBeLessThan(40);
  expect(page.match(/<details class="f"/g)?.length).toBeGreaterThan(150);
  expect([...page.matchAll(/<li id="f-[^"]*" data-s="[^"]*" data-r="[^"]*" data-x="[^"]*"><a class="t" href="chapter-\d\.md#\w+">/g)].length).toBeGreaterThan(
    1500,
  );
  for (const { id } of handbook.report.findings) expect(page).toContain(`id="${findingAnchor(handbook, id)}"`);
});

test("a handbook of nothing says so", () => {
  const nothing: Handbook = {
    ...SAMPLE_HANDBOOK,
    report: { ...SAMPLE_HANDBOOK.report, findings: [] },
    shortIds: new Map(),
    changes: [],
    overview: [],
    since: null,
    split: null,
    sections: SAMPLE_HANDBOOK.sections.map((section) => ({ ...section, findings: [], plots: [], advice: [], state: "clean" })),
  };
  expect(words(render(nothing))).toContain("Nothing was found to change.");
});

describe("hostile text", () => {
  /** Elements that a page without any text of the user's has, by name. */
  const elements = (page: string): readonly string[] =>
    [...new Set([...page.replaceAll(/<!--[\s\S]*?-->/g, "").matchAll(/<([a-z][a-z0-9]*)/gi)].map(([, name = ""]) => name))].toSorted();

  test("names that try to leave their place add no element, no attribute and no address", () => {
    const page = render(hostileHandbook());
    expect(elements(PAGE)).toEqual(expect.arrayContaining([...elements(page)]));
    expect(page.match(/<script/g)?.length).toBe(PAGE.match(/<script/g)?.length);
    expect(page).not.toMatch(/href="\s*javascript:/i);
    // Within quotes it is text.
    expect(page.replaceAll(/"[^"]*"/g, '""')).not.toMatch(/<[^>]*\son(?:error|load|click)=/i);
    // eslint-disable-next-line no-control-regex -- these must not be there
    expect(page).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f\u202a-\u202e\u2028\u2029\u2066-\u2069]/);
  });

  test("any findings at all", () => {
    fc.assert(
      fc.property(hostileReport(), ({ report, read }) => {
        const handbook: Handbook = {
          ...SAMPLE_HANDBOOK,
          report,
          shortIds: shortIds(report.findings),
          changes: [],
          since: null,
          overview: [],
          sections: SAMPLE_HANDBOOK.sections.map((section) => ({
            ...section,
            plots: [],
            advice: [],
            findings: report.findings.filter(({ chapter }) => chapter === section.section).map(({ id }) => id),
          })),
        };
        const page = renderHandbookPage(handbook, { ...sampleHandbookContext(handbook), read });
        expect(page.match(/<script/g)).toHaveLength(1);
        expect(page.match(/<\/main>/g)).toHaveLength(1);
        // eslint-disable-next-line no-control-regex -- these must not be there
        expect(page).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f\u202a-\u202e\u2028\u2029\u2066-\u2069]/);
      }),
      { numRuns: 60 },
    );
  });

  test("nothing may be fetched", () => {
    expect(PAGE).toContain(`http-equiv="Content-Security-Policy" content="default-src 'none'`);
    expect(PAGE).not.toMatch(/(?:src|href)="(?:https?:)?\/\//);
  });
});
