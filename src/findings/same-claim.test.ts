import { expect, test } from "vitest";
import type { Finding, Place } from "../model/index.ts";
import { withSameClaimsMerged } from "./same-claim.ts";

const at = (line: number, role: Place["role"] = "queryset", column = 1): Place => ({ role, file: "shop/views.py", line, column, endLine: line, endColumn: 20 });

const finding = (id: string, more: Partial<Finding> = {}): Finding => ({
  id,
  rule: "bool-for-exists",
  chapter: "2.2",
  severity: "warning",
  confidence: "possible",
  message: "Every matching `Order` row is fetched.",
  claim: "Every matching `Order` row is fetched.",
  doubt: "",
  places: [at(3), at(9, "access")],
  evidence: [],
  impact: {},
  fixes: [],
  ...more,
});

const insertion = (start: number, text: string): Finding["fixes"][number] => ({
  title: "Ask with exists()",
  kind: "edit",
  safety: "safe",
  edits: [{ file: "shop/views.py", start, end: start, expected: "", text }],
});

test("two ways to one queryset are one finding, with the places of both and the surer word", () => {
  const [only, ...more] = withSameClaimsMerged([finding("a"), finding("b", { confidence: "likely", places: [at(3, "queryset", 30), at(12, "access")] })]);
  expect(more).toEqual([]);
  expect([only?.id, only?.confidence, only?.places.map(({ line }) => line)]).toEqual(["a", "likely", [3, 12, 3, 9]]);
});

test("their edits are made together", () => {
  const [only] = withSameClaimsMerged([finding("a", { fixes: [insertion(40, ".exists()")] }), finding("b", { fixes: [insertion(90, ".exists()")] })]);
  expect(only?.fixes[0]?.edits.map(({ start }) => start)).toEqual([40, 90]);
});

test("edits of the same text keep them apart, and so does a fix that one of them lacks", () => {
  const clash = [finding("a", { fixes: [insertion(40, ".exists()")] }), finding("b", { fixes: [insertion(40, ".count()")] })];
  expect(withSameClaimsMerged(clash)).toEqual(clash);
  const half = [finding("a", { fixes: [insertion(40, ".exists()")] }), finding("b")];
  expect(withSameClaimsMerged(half)).toEqual(half);
});

test("other lines, other words and other objects of a database are other findings", () => {
  const table = { ...at(0, "table"), file: "snapshot.json", line: 0, object: "public.shop_order" };
  const all = [
    finding("a"),
    finding("b", { places: [at(4), at(9, "access")] }),
    finding("c", { claim: "Every matching `Line` row is fetched." }),
    finding("d", { places: [table] }),
    finding("e", { places: [table] }),
    finding("f", { places: [table, at(3)] }),
    finding("g", { places: [{ ...table, object: "public.shop_line" }, at(3)] }),
  ];
  expect(withSameClaimsMerged(all)).toEqual(all);
});
