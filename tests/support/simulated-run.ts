/** A project that is only imagined: scopes with statements, and fixes that do this or that to them. */
import type { ChosenFix } from "../../src/fixes/plan-fixes.ts";
import type { Finding } from "../../src/model/finding.ts";
import type { ProofTrial } from "../../src/proof/prove.ts";
import type { RunFigures, ScopeFigures, StatementGroup } from "../../src/proof/run-figures.ts";

/** What a fix does; every effect is in the test named `scope`. */
export interface SimulatedFix {
  readonly id: string;
  readonly scope?: string;
  /** Statements that its relation is loaded with, and those that it needs itself. */
  readonly from?: number;
  readonly to?: number;
  readonly breaks?: boolean;
  readonly rows?: number;
  readonly slower?: number;
  /** It breaks its test only together with this other fix. */
  readonly breaksWith?: string;
  readonly place?: string;
}

export function chosenFix({ id, place = `${id}.py` }: SimulatedFix): ChosenFix {
  const at = { file: place, line: 1, column: 1, endLine: 1, endColumn: 2 };
  const finding: Finding = {
    id,
    rule: "n-plus-one",
    chapter: "2.4",
    severity: "warning",
    confidence: "certain",
    message: "",
    claim: "",
    doubt: "",
    relation: `relation_${id}`,
    places: [{ role: "access", ...at }],
    evidence: [],
    impact: {},
    fixes: [],
  };
  return {
    finding,
    fix: { title: `mend ${id}`, kind: "edit", safety: "safe", edits: [{ file: `${id}.py`, start: 0, end: 0, expected: "", text: id }] },
  };
}

export interface Simulation {
  readonly trial: ProofTrial;
  readonly runs: readonly string[][];
}

/** A command with one test for each scope that a fix names; `noise` changes the milliseconds from run to run. */
export function simulate(fixes: readonly SimulatedFix[], options: { readonly repeat?: number; readonly unstable?: readonly string[] } = {}): Simulation {
  const runs: string[][] = [];
  const trial: ProofTrial = {
    repeat: options.repeat ?? 2,
    checkBefore: () => {},
    run: (applied) => {
      const ids = applied.map(({ finding }) => finding.id);
      runs.push(ids);
      return Promise.resolve(runWith(fixes, new Set(ids), runs.length, options.unstable ?? []));
    },
  };
  return { trial, runs };
}

function runWith(fixes: readonly SimulatedFix[], applied: ReadonlySet<string>, number: number, unstable: readonly string[]): RunFigures {
  const names = [...new Set(fixes.map(({ scope, id }) => scope ?? id))];
  const scopes = names.map((name) =>
    scopeWith(
      name,
      fixes.filter(({ scope, id }) => (scope ?? id) === name),
      applied,
      unstable.includes(name) ? number : 0,
    ),
  );
  const hasFailed = scopes.some(({ outcome }) => outcome === "failed");
  return { status: hasFailed ? 1 : 0, scopes: new Map(scopes.map((scope) => [scope.key, scope])) };
}

function scopeWith(name: string, fixes: readonly SimulatedFix[], applied: ReadonlySet<string>, extra: number): ScopeFigures {
  const groups = new Map<string, StatementGroup>();
  groups.set("base", groupOf("base", "views.py", 1 + extra, 1));
  let isBroken = false;
  let rows = 4;
  for (const fix of fixes) {
    const isIn = applied.has(fix.id);
    const from = fix.from ?? 5;
    if (!isIn && from > 0) groups.set(fix.id, groupOf(fix.id, fix.place ?? `${fix.id}.py`, from, from));
    if (isIn && (fix.to ?? 1) > 0) groups.set(`${fix.id} mended`, groupOf(fix.id, fix.place ?? `${fix.id}.py`, fix.to ?? 1, 1 + (fix.slower ?? 0)));
    isBroken ||= isIn && (fix.breaks === true || (fix.breaksWith !== undefined && applied.has(fix.breaksWith)));
    if (isIn) rows += fix.rows ?? 0;
  }
  return {
    key: `test ${name}`,
    kind: "test",
    runs: 1,
    outcome: isBroken ? "failed" : "passed",
    milliseconds: 0,
    groups,
    fetches: new Map([["Book", { model: "shop.Book", frames: [{ file: "views.py", line: 3 }], count: 1, rows }]]),
    responses: [],
  };
}

function groupOf(id: string, file: string, count: number, milliseconds: number): StatementGroup {
  return { sql: `SELECT ${id}`, frames: [{ file, line: 1 }], read: null, count, milliseconds, rows: count };
}
