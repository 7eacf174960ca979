import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { bookshop, knownDatabaseGaps, knownDemoGaps, knownGaps, planted, sourceFiles } from "./support/bookshop.ts";

const sources = sourceFiles().map((file) => ({ file, text: readFileSync(path.join(bookshop, file), "utf8") }));

describe("planted.json", () => {
  test.each(planted.map((row) => [row.marker, row] as const))("%s is well formed", (_, row) => {
    const objects = row.object === undefined ? [] : [{ object: expect.stringMatching(/^[a-z_]+$/) }];
    expect(row).toEqual({
      ...objects[0],
      id: expect.stringMatching(/^[a-z0-9]+(-[a-z0-9]+)*$/),
      rule: expect.stringMatching(/^[A-Za-z0-9-]+$/),
      chapter: expect.stringMatching(/^[1-7]\.[1-7]$/),
      file: expect.any(String),
      marker: expect.stringMatching(new RegExp(`^planted: ${row.id}( queryset| access)?$`)),
      role: expect.stringMatching(/^(queryset|access|loop|call|definition|write|statement|table)$/),
      relation: expect.stringMatching(/^(-|[a-z_]+)$/),
      twin: { ...objects[0], file: expect.any(String), marker: `twin: ${row.id}` },
      evidence: expect.arrayContaining([expect.stringMatching(/^[SRDPM]$/)]),
      note: expect.any(String),
    });
  });

  test("each marker stands on one line of its file, and nowhere else", () => {
    const wrong = planted.flatMap((row) => [row, row.twin]).filter(({ file, marker }) => filesWith(marker).join() !== file);
    expect(wrong).toEqual([]);
  });

  test("an N+1 names both its queryset and its access", () => {
    const rows = planted.filter(({ rule }) => rule === "n-plus-one");
    const rolesOf = (id: string) => rows.filter((row) => row.id === id).map(({ role }) => role);
    const half = rows.map(({ id }) => id).filter((id) => rolesOf(id).join() !== "queryset,access");
    expect(half).toEqual([]);
  });
});

describe("what the demo does not show", () => {
  test("is planted, and each row says why", () => {
    const names = planted.map(({ rule, id }) => `${rule} ${id}`);
    expect(Object.keys(knownDemoGaps).filter((name) => !names.includes(name))).toEqual([]);
    expect(Object.values(knownDemoGaps).filter((reason) => reason.length < 40)).toEqual([]);
  });

  test("is no row of which another list says that nothing finds it", () => {
    expect(Object.keys(knownDemoGaps).filter((name) => name in knownGaps || name in knownDatabaseGaps)).toEqual([]);
  });
});

/** The files that hold a marker, one entry for each line it stands on. */
function filesWith(marker: string): string[] {
  const pattern = new RegExp(`${marker}(?![a-z0-9-]| queryset| access)`, "g");
  return sources.flatMap(({ file, text }) => [...text.matchAll(pattern)].map(() => file));
}
