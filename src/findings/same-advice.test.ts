import { expect, test } from "vitest";
import type { Finding } from "../model/index.ts";
import { withMadeOnce, withoutSameAdvice, withWaitsToldOnce } from "./same-advice.ts";

const finding = (rule: string, object: string, role: "index" | "table" = "index"): Finding => ({
  id: `${rule} ${object}`,
  rule,
  chapter: "1.2",
  severity: "info",
  confidence: "certain",
  message: "",
  claim: "",
  doubt: "",
  places: [{ role, object, file: "", line: 0, column: 0, endLine: 0, endColumn: 0 }],
  evidence: [],
  impact: {},
  fixes: [],
});

const left = (...findings: readonly Finding[]): readonly string[] => withoutSameAdvice(findings).map(({ id }) => id);

test("an index that goes anyway is named once, with the best reason", () => {
  expect(left(finding("unused-index", "public.a"), finding("redundant-index", "public.a"), finding("null-heavy-index", "public.a"))).toEqual([
    "redundant-index public.a",
  ]);
});

test("another index keeps its own finding", () => {
  expect(left(finding("unused-index", "public.a"), finding("redundant-index", "public.b"))).toEqual(["unused-index public.a", "redundant-index public.b"]);
});

test("rules that say something else stay", () => {
  const both = [finding("unused-index", "public.a"), finding("bloated-index", "public.a"), finding("dead-tuples", "public.a", "table")];
  expect(withoutSameAdvice(both)).toEqual(both);
});

test("statistics that several statements want are made once, and the finding names them all", () => {
  const fix = (sql: string): Finding["fixes"][number] => ({
    title: "",
    kind: "sql",
    safety: "review",
    edits: [],
    sql: { forward: [sql], reverse: [], isTransactional: true },
  });
  const wants = (object: string, sql: string): Finding => ({ ...finding("plan-misestimate", object, "table"), message: "It is wrong.", fixes: [fix(sql)] });
  const [one, other] = ["CREATE STATISTICS a ON b, c FROM d", "CREATE STATISTICS a ON b, e FROM d"] as const;
  const all = withMadeOnce([wants("1", one), wants("2", other), wants("3", one), finding("plan-jit", "4"), finding("plan-jit", "4")]);
  expect(all.map(({ message, places }) => [message, places.map(({ object }) => object)])).toEqual([
    ["It is wrong. The same holds for 1 other statement.", ["1", "3"]],
    ["It is wrong.", ["2"]],
    ["", ["4"]],
    ["", ["4"]],
  ]);
});

test("a wait that keeps locks is told once", () => {
  const place = (line: number, role: "definition" | "call", label: string): Finding["places"][number] => ({
    role,
    label,
    file: "a.py",
    line,
    column: 1,
    endLine: line,
    endColumn: 2,
  });
  const waits = (rule: string, ...lines: readonly number[]): Finding => ({
    ...finding(rule, ""),
    id: `${rule} ${lines.join(" ")}`,
    places: lines.map((line, index) => place(line, index === 0 ? "definition" : "call", index === 0 ? "the transaction begins" : "waits here")),
  });
  const all = [waits("external-call-in-transaction", 1, 5), waits("external-call-in-transaction", 2, 5), waits("long-transaction", 1, 5)];
  const sureness = (of: readonly Finding[]): readonly string[] => withWaitsToldOnce(of).map(({ confidence }) => confidence);
  expect(sureness(all)).toEqual(["possible", "certain", "certain"]);
  expect(sureness(all.slice(0, 2))).toEqual(["certain", "certain"]);
});
