import fc from "fast-check";
import type { Finding, Place } from "../../src/model/finding.ts";
import type { Report } from "../../src/model/report.ts";
import { SAMPLE_REPORT } from "./sample-report.ts";

/** Text as a user's project may hold it: control characters, escape sequences, wide and combining characters, no spaces. */
const text = fc.oneof(
  fc.string({ unit: "binary", maxLength: 120 }),
  fc.string({ unit: "grapheme", maxLength: 120 }),
  fc.constantFrom(
    "\u001B[2J\u001B]0;title\u0007gone",
    "x".repeat(400),
    "数据库".repeat(60),
    "\u202Egnp.exe",
    "a\r\nb\tc",
    "| ``` <script> [x](1) @someone **bold** ::error::",
    "",
  ),
  fc.lorem({ maxCount: 40 }),
);

const path = fc
  .array(
    fc.string({ unit: "grapheme", minLength: 1, maxLength: 40 }).map((part) => part.replaceAll(/[/\0]/g, "_")),
    {
      minLength: 1,
      maxLength: 6,
    },
  )
  .map((parts) => parts.join("/"));

const place: fc.Arbitrary<Place> = fc
  .record({
    role: fc.constantFrom("queryset", "access", "loop", "call", "definition", "write", "statement", "table"),
    file: fc.oneof(path, fc.constantFrom("a.py", "b.html")),
    line: fc.integer({ min: 0, max: 30 }),
    column: fc.integer({ min: 1, max: 200 }),
    lines: fc.integer({ min: 0, max: 3 }),
    width: fc.integer({ min: 0, max: 120 }),
    label: fc.option(text, { nil: undefined }),
  })
  .map(({ role, file, line, column, lines, width, label }) => ({
    role,
    file,
    line,
    column,
    endLine: line + lines,
    endColumn: column + width,
    ...(label === undefined ? {} : { label }),
  }));

const finding: fc.Arbitrary<Finding> = fc.record({
  id: fc.string({ minLength: 1 }),
  rule: fc.constantFrom("n-plus-one", "save-in-loop", "only-without-foreign-key"),
  chapter: fc.constantFrom("2.4", "3.5"),
  severity: fc.constantFrom("error", "warning", "info"),
  confidence: fc.constantFrom("certain", "likely", "possible"),
  message: text,
  claim: text,
  doubt: text,
  relation: text,
  places: fc.array(place, { maxLength: 4 }),
  evidence: fc.array(
    fc.record({
      kind: fc.constantFrom("inferred", "recorded", "planned", "measured", "proven"),
      note: text,
      statements: fc.nat(),
    }),
    { maxLength: 2 },
  ),
  impact: fc.record({
    milliseconds: fc.record({ before: fc.double({ min: 0, max: 1e9, noNaN: true }), per: fc.constant("minute") }),
  }),
  fixes: fc.array(
    fc.record({
      title: text,
      kind: fc.constantFrom("edit", "migration", "sql", "config"),
      safety: fc.constantFrom("safe", "review", "advice"),
      edits: fc.array(
        fc.record({
          file: fc.constantFrom("a.py", "b.html", "new.py"),
          start: fc.constant(0),
          end: fc.constant(0),
          expected: fc.constant(""),
          text,
        }),
        { maxLength: 1 },
      ),
    }),
    { maxLength: 2 },
  ),
});

/** A report in which every text is hostile, and the files that it speaks of. */
export function hostileReport(): fc.Arbitrary<{ report: Report; read: (file: string) => string | undefined }> {
  return fc
    .record({
      findings: fc.array(finding, { minLength: 1, maxLength: 14 }),
      notices: fc.array(fc.record({ file: path, line: fc.nat(), column: fc.nat(), message: text }), { maxLength: 3 }),
      why: text,
      file: path,
      source: fc.array(text, { maxLength: 20 }).map((lines) => lines.join("\n")),
    })
    .map(({ findings, notices, why, file, source }) => ({
      report: {
        ...SAMPLE_REPORT,
        findings: findings.map((each, index) => ({ ...each, id: `${each.id}${index}` })),
        notices,
        coverage: {
          ...SAMPLE_REPORT.coverage,
          unresolved: [{ why, count: 41, file }],
          unknown: [
            { rule: "a", why },
            { rule: "b", why: "needs a database" },
          ],
        },
      },
      read: (name: string) => (["a.py", "b.html"].includes(name) ? source : undefined),
    }));
}
