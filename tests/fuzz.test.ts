/** Real-looking projects with their text mutated: the analysis ends, and never with an error of its own. */
import { cpSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { analyse } from "../src/analyse.ts";
import { temporaryFolder } from "./support/temporary-folder.ts";

/** CI has a minute for this; a developer who runs all tests, a few seconds. */
const BUDGET_MS = process.env["CI"] === undefined ? 10_000 : 60_000;
/** Nothing that fits a file of this size may take so long. */
const SLOWEST_MS = 20_000;

const examples = path.resolve(import.meta.dirname, "../examples/bookshop");

interface Mutation {
  readonly at: number;
  readonly length: number;
  readonly from: number;
  readonly kind: "delete" | "copy" | "replace" | "rename";
}

const WORDS = [
  "self",
  "objects",
  "for x in",
  "(",
  "[",
  "]",
  ")",
  "{%",
  "%}",
  "{{",
  "yield",
  "lambda: ",
  "class ",
  "\\",
  '"""',
  "\u0000",
  "\uD800",
  "\t",
  "=",
  "super()",
  "*",
  "await ",
];

function mutate(text: string, { at, length, from, kind }: Mutation): string {
  const start = at % (text.length + 1);
  const end = Math.min(text.length, start + length);
  if (kind === "delete") return text.slice(0, start) + text.slice(end);
  if (kind === "replace") return text.slice(0, start) + (WORDS[from % WORDS.length] ?? "") + text.slice(end);
  const source = from % (text.length + 1);
  if (kind === "copy") return text.slice(0, start) + text.slice(source, source + length) + text.slice(start);
  // One name becomes another: cycles of calls, classes and templates come of it.
  const names = text.match(/[A-Za-z_]\w+/g) ?? [];
  const pick = (index: number): string => names[index % Math.max(1, names.length)] ?? "x";
  return text.replaceAll(pick(at), pick(from));
}

test("mutated projects are analysed to the end", async () => {
  const cwd = temporaryFolder();
  cpSync(examples, cwd, { recursive: true, filter: (source) => !/__pycache__|\.luthier|node_modules/.test(source) });
  const files = readdirSync(cwd, { recursive: true, encoding: "utf8" })
    .filter((file) => /\.(?:py|html)$/.test(file))
    .toSorted();
  const mutation = fc.record({
    file: fc.constantFrom(...files),
    at: fc.nat(50_000),
    length: fc.nat(400),
    from: fc.nat(50_000),
    kind: fc.constantFrom("delete", "copy", "replace", "rename"),
  });
  const property = fc.asyncProperty(fc.array(mutation, { minLength: 1, maxLength: 20 }), async (mutations) => {
    const originals = new Map(mutations.map(({ file }) => [file, readFileSync(path.join(cwd, file), "utf8")]));
    for (const one of mutations) {
      const file = path.join(cwd, one.file);
      writeFileSync(file, mutate(readFileSync(file, "utf8"), one));
    }
    const start = performance.now();
    const options = { root: cwd, exclude: [], jobs: 1, cache: false, settings: [], sourceRoots: [], conventions: [], thresholds: {} };
    const report = await analyse(options, () => {});
    for (const [file, text] of originals) writeFileSync(path.join(cwd, file), text);
    expect(report.schema).toBe("luthier-report/1");
    expect(performance.now() - start).toBeLessThan(SLOWEST_MS);
  });
  await fc.assert(property, { interruptAfterTimeLimit: BUDGET_MS, numRuns: 100_000, endOnFailure: true });
}, 180_000);
