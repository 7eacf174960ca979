/**
 * Many indexes that are not there, of which each plan sees some: they are made once, and shown or hidden by a flag. Unlike what-if they stay
 * until the trial ends, since thousands of plans are asked of them.
 */
import { rmSync } from "node:fs";
import { UsageError } from "../../model/usage-error.ts";
import { inlineParameters } from "../../postgres/phantom/inline-parameters.ts";
import { typedParameters } from "../../postgres/phantom/typed-parameters.ts";
import type { IndexSpec } from "../../postgres/phantom/index-spec.ts";
import { setStatement } from "../../postgres/phantom/planner-settings.ts";
import * as q from "../../postgres/phantom/phantom-queries.ts";
import { quoteQualified } from "../../postgres/quote.ts";
import { addIndex, type AddContext, type AddedIndex } from "./add-index.ts";
import type { Ask } from "./connection.ts";
import { explainThroughDoor, throughDoor } from "./door.ts";
import { messageOf } from "./load-schema.ts";
import type { Parameters } from "./plan-statement.ts";

export interface Trial {
  /** In the order of the specs; what PostgreSQL refuses says why. They are hidden until they are shown. */
  readonly add: (specs: readonly IndexSpec[]) => Promise<readonly TriedIndex[]>;
  /** How a statement is asked; its refusal where it has no plan. */
  readonly prepare: (sql: string, parameters: Parameters) => Promise<PreparedStatement | { readonly refused: string }>;
  /** The plans of statements while these added indexes are seen, and these existing ones are not: as EXPLAIN writes them, null where one fails. */
  readonly explain: (statements: readonly PreparedStatement[], sight: Sight) => Promise<readonly (object | null)[]>;
  readonly end: () => Promise<void>;
}

export type TriedIndex = AddedIndex | { readonly refused: string };

export interface PreparedStatement {
  /** Statements of which one gives the plan. */
  readonly text: string;
}

export interface Sight {
  /** Places in all that was added so far. */
  readonly shown: Iterable<number>;
  readonly hidden?: readonly { readonly schema: string; readonly name: string }[];
  readonly settings?: Readonly<Record<string, string>>;
  /** What else is done before each plan, and undone after it. Luthier's own SQL. */
  readonly inside?: readonly string[];
}

export interface TrialContext {
  /** Work on the phantom's one connection. */
  readonly use: <Result>(work: (ask: Ask) => Promise<Result>) => Promise<Result>;
  readonly context: Omit<AddContext, "ask">;
  readonly major: number;
}

export function openTrial({ use, context, major }: TrialContext): Trial {
  const parts: (readonly number[])[] = [];
  const files: string[] = [];
  const existing = new Map<string, readonly number[]>();
  let shown = new Set<number>();
  // What a broken connection left behind: then all is set anew.
  let isKnown = true;
  const made: string[] = [];
  const look = (statements: readonly PreparedStatement[], sight: Sight): Promise<(object | null)[]> =>
    use(async (ask) => {
      if (!isKnown) {
        shown = new Set();
        await ask(`UPDATE pg_catalog.pg_index SET indisvalid = false WHERE indexrelid IN (${[0, ...parts.flat()].join(", ")})`);
        isKnown = true;
      }
      const wanted = new Set([...sight.shown].flatMap((one) => parts[one] ?? []));
      const gone = (await Promise.all((sight.hidden ?? []).map((one) => partsOfExisting(ask, one, existing)))).flat();
      const toggle = toggles(shown, wanted);
      const settings = Object.entries(sight.settings ?? {}).map(([name, value]) => setStatement(name, value, true));
      try {
        if (toggle !== null) await ask(toggle);
        shown = wanted;
        const around = [
          ...settings,
          ...(gone.length === 0 ? [] : [`UPDATE pg_catalog.pg_index SET indisvalid = false WHERE indexrelid IN (${gone.join(", ")})`]),
          ...(sight.inside ?? []),
        ];
        return await explainAll(ask, statements, around);
      } catch (error) {
        isKnown = false;
        throw error;
      }
    });
  return {
    add: (specs) =>
      use(async (ask) => {
        const added: TriedIndex[] = [];
        for (const spec of specs) {
          const one = await addHidden({ ...context, ask }, spec, files);
          parts.push("refused" in one ? [] : one.parts.map(({ oid }) => oid));
          if (!("refused" in one)) made.push(...one.parts.slice(0, 1).map(({ oid }) => String(oid)));
          added.push(one);
        }
        return added;
      }),
    prepare: (sql, parameters) => use((ask) => prepare(ask, sql, parameters, major)),
    explain: async (statements, sight) => {
      try {
        return await look(statements, sight);
      } catch (error) {
        if (!isCrash(error)) throw error;
        return await eachAlone(look, statements, sight);
      }
    },
    end: () =>
      use(async (ask) => {
        for (const oid of made) await ask(`DO $$ BEGIN EXECUTE (SELECT 'DROP INDEX ' || ${oid}::pg_catalog.oid::pg_catalog.regclass); END $$`).catch(() => {});
        for (const file of files) rmSync(file, { force: true });
      }),
  };
}

/** How often a statement is asked alone before it is taken for what breaks the server down: it takes the server a moment to be whole again. Ours. */
const ALONE = 3;

/** After one of them, or somebody from outside, broke the server down: that one has no plan, and the others have theirs. */
async function eachAlone(
  look: (statements: readonly PreparedStatement[], sight: Sight) => Promise<(object | null)[]>,
  statements: readonly PreparedStatement[],
  sight: Sight,
): Promise<(object | null)[]> {
  const plans: (object | null)[] = [];
  const alone = async (one: PreparedStatement, attempt: number): Promise<(object | null)[]> => {
    try {
      return await look([one], sight);
    } catch (error) {
      if (!isCrash(error)) throw error;
      return attempt < ALONE ? await alone(one, attempt + 1) : [null];
    }
  };
  for (const one of statements) plans.push(...(await alone(one, 1)));
  return plans;
}

const isCrash = (error: unknown): boolean => error instanceof UsageError && error.code === "planner-crash";

async function addHidden(context: AddContext, spec: IndexSpec, files: string[]): Promise<TriedIndex> {
  const { ask } = context;
  await ask("BEGIN");
  try {
    const added = await addIndex(context, spec, files);
    await ask(`UPDATE pg_catalog.pg_index SET indisvalid = false WHERE indexrelid IN (${[0, ...added.parts.map(({ oid }) => oid)].join(", ")}); COMMIT`);
    return added;
  } catch (error) {
    await ask("ROLLBACK");
    return { refused: messageOf(error) };
  }
}

function toggles(before: ReadonlySet<number>, wanted: ReadonlySet<number>): string | null {
  const changed = [...[...before].filter((one) => !wanted.has(one)), ...[...wanted].filter((one) => !before.has(one))];
  return changed.length === 0 ? null : `UPDATE pg_catalog.pg_index SET indisvalid = NOT indisvalid WHERE indexrelid IN (${changed.join(", ")})`;
}

async function partsOfExisting(
  ask: Ask,
  index: { readonly schema: string; readonly name: string },
  known: Map<string, readonly number[]>,
): Promise<readonly number[]> {
  const name = quoteQualified(index);
  const before = known.get(name);
  if (before !== undefined) return before;
  const rows = await ask<{ oid: number }>(q.PARTS_OF_INDEX, [name]);
  const oids = rows.map(({ oid }) => oid);
  known.set(name, oids);
  return oids;
}

// ------------------------------------------------------------------------------------------------------------ plans

/** All in one message, unless one of them fails. */
async function explainAll(ask: Ask, statements: readonly PreparedStatement[], around: readonly string[]): Promise<(object | null)[]> {
  const isPlain = around.length === 0;
  const plans: (object | null)[] = [];
  for (const { text } of statements) {
    try {
      const message = isPlain ? text : `BEGIN; ${around.join("; ")}; ${text}; ROLLBACK`;
      const plan = planIn(await ask(message));
      plans.push(plan === null ? null : await withAllParts(ask, message, plan));
    } catch (error) {
      await ask("ROLLBACK").catch(() => {});
      if (isConnectionLost(error)) throw error;
      plans.push(null);
    }
  }
  return plans;
}

const GENERIC = "SET LOCAL plan_cache_mode = force_generic_plan;";

/**
 * Before version 16, a plan for any values is shown for values: for no value at all, no partition is read, and none is shown. Without pruning the same plan is shown whole; where it is
 * another one, since a constant prunes too, the first stays.
 */
async function withAllParts(ask: Ask, message: string, plan: object): Promise<object> {
  if (!message.includes(GENERIC) || !JSON.stringify(plan).includes('"Subplans Removed"')) return plan;
  const whole = planIn(await ask(message.replace(GENERIC, `${GENERIC} SET LOCAL enable_partition_pruning = off;`)));
  return whole !== null && costIn(whole) === costIn(plan) ? whole : plan;
}

function costIn(explained: object): unknown {
  const root: unknown = "Plan" in explained ? explained.Plan : null;
  return typeof root === "object" && root !== null && "Total Cost" in root ? root["Total Cost"] : null;
}

/** Of several statements' results, the row that is a plan. */
function planIn(rows: readonly object[]): object | null {
  for (const row of rows) {
    const plan: unknown = "QUERY PLAN" in row ? row["QUERY PLAN"] : null;
    if (Array.isArray(plan) && typeof plan[0] === "object" && plan[0] !== null) return plan[0] as object;
  }
  return null;
}

function isConnectionLost(error: unknown): boolean {
  const code = typeof error === "object" && error !== null && "code" in error ? String(error.code) : "";
  return code === "" || code.startsWith("57P") || code.startsWith("08");
}

const EXPLAIN = "EXPLAIN (FORMAT JSON)";
const WITH_GENERIC_PLAN = 16;

async function prepare(ask: Ask, sql: string, parameters: Parameters, major: number): Promise<PreparedStatement | { readonly refused: string }> {
  const texts =
    "generic" in parameters
      ? [await genericText(sql, major)]
      : (["quoted", "bare numbers"] as const).map((style) => explainThroughDoor(`${EXPLAIN} ${inlineParameters(sql, parameters.literals, style)}`));
  let refused = "it has no plan";
  for (const text of texts) {
    try {
      if (planIn(await ask(text)) !== null) return { text };
    } catch (error) {
      await ask("ROLLBACK").catch(() => {});
      await ask("DEALLOCATE luthier_generic").catch(() => {});
      if (isConnectionLost(error)) throw error;
      refused = messageOf(error);
    }
  }
  return { refused };
}

async function genericText(counted: string, major: number): Promise<string> {
  const sql = typedParameters(counted, major);
  if (major >= WITH_GENERIC_PLAN) return explainThroughDoor(`EXPLAIN (GENERIC_PLAN, FORMAT JSON) ${sql}`);
  const count = await countParameters(sql);
  if (count === 0) return explainThroughDoor(`${EXPLAIN} ${sql}`);
  const values = Array.from({ length: count }, () => "NULL").join(", ");
  return `BEGIN; ${GENERIC} ${throughDoor(`PREPARE luthier_generic AS ${sql}`)}; ${explainThroughDoor(`${EXPLAIN} EXECUTE luthier_generic(${values})`)}; DEALLOCATE luthier_generic; ROLLBACK`;
}

/** As PostgreSQL's own scanner reads them. */
async function countParameters(sql: string): Promise<number> {
  const { loadModule, parseSync } = await import("libpg-query");
  await loadModule();
  const numbers = [...JSON.stringify(parseSync(sql)).matchAll(/"ParamRef":\{"number":(\d+)/g)].map((one) => Number(one[1]));
  return Math.max(0, ...numbers);
}
