/** Luthier's findings on the example project, held to the list of what was planted there. */
import { beforeAll, describe, expect, test } from "vitest";
import { rules, type Finding, type RuleMeta } from "../src/index.ts";
import { analyseBookshop, isNear, isOn, knownGaps, planted, type Planted } from "./support/bookshop.ts";

const metas = new Map((await rules()).map((meta) => [meta.id, meta]));

/** Cases that source alone can show, of the rules that judge by source: an id's rows are one case for each rule. */
const cases = groupBy(
  planted.filter((row) => metas.has(row.rule) && metas.get(row.rule)?.needs === undefined && row.evidence.includes("S")),
  (row) => `${row.rule} ${row.id}`,
);

const GAPS = Object.keys(knownGaps);

let findings: readonly Finding[] = [];

beforeAll(async () => {
  findings = (await analyseBookshop()).findings;
});

describe("what is planted is found", () => {
  test.each([...cases].filter(([name]) => !GAPS.includes(name)))("%s", (_, rows) => {
    expect(miss(rows)).toBe("");
  });

  test("but for the known gaps, all of which are still open", () => {
    const open = GAPS.filter((name) => miss(cases.get(name) ?? []) !== "");
    expect(open).toEqual(GAPS);
  });

  test("and each of them says why", () => {
    expect(Object.values(knownGaps).filter((reason) => reason.trim().length < 20)).toEqual([]);
  });
});

describe("what only looks like it is not", () => {
  test.each([...cases])("%s", (_, [row]) => {
    expect(row === undefined ? [] : falseAlarms(row)).toEqual([]);
  });
});

function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return groups;
}

/** Why no finding is the case's, from near to far; empty when one is. */
function miss(rows: readonly Planted[]): string {
  const [first] = rows;
  const near = findings.filter((one) => one.rule === first?.rule && rows.some((row) => isNear(one, row)));
  if (near.length === 0) return `no finding near ${rows.map(({ file, marker }) => `${file} "${marker}"`).join(" or ")}`;
  const related = near.filter((one) => rows.every((row) => isRelated(one, row)));
  if (related.length === 0) return `found with ${near.map(({ relation }) => relation ?? "-").join(", ")} instead of ${first?.relation}`;
  const whole = related.filter((one) => rows.every((row) => isNear(one, row)));
  if (whole.length > 0) return "";
  return `found without ${
    rows
      .filter((row) => !related.some((one) => isNear(one, row)))
      .map(({ marker }) => marker)
      .join(", ") || "both ends in one finding"
  }`;
}

function falseAlarms(row: Planted): string[] {
  return findings.filter((one) => one.rule === row.rule && isShown(one) && isOn(one, row.twin) && isRelated(one, row)).map(describeFinding);
}

/** What is merely possible is not claimed, unless that is all the rule ever says. */
function isShown({ rule, confidence }: Finding): boolean {
  const meta: RuleMeta | undefined = metas.get(rule);
  return confidence !== "possible" || meta?.confidence === "possible";
}

function isRelated({ relation }: Finding, row: Planted): boolean {
  if (row.relation === "-" || relation === undefined || relation === row.relation) return true;
  return relation.startsWith(`${row.relation}__`) || row.relation.startsWith(`${relation}__`);
}

function describeFinding({ claim, relation, places }: Finding): string {
  return `${claim} (${relation ?? "-"}) ${places.map(({ role, file, line }) => `${role} ${file}:${line}`).join(", ")}`;
}
