import type { Plan } from "../../model/index.ts";
import { UsageError } from "../../model/usage-error.ts";
import { inlineParameters } from "../../postgres/phantom/inline-parameters.ts";
import { typedParameters } from "../../postgres/phantom/typed-parameters.ts";
import { readPlan } from "../../postgres/plans/read-plan.ts";
import type { Ask } from "./connection.ts";
import { explainThroughDoor, runThroughDoor } from "./door.ts";

/** Values as text, null for NULL, in the order of `$1`; or the plan that serves any values. */
export type Parameters = { readonly literals: readonly (string | null)[] } | { readonly generic: true };

/** The first version that plans for any values by itself. */
const WITH_GENERIC_PLAN = 16;

export async function planStatement(ask: Ask, sql: string, parameters: Parameters, major: number): Promise<Plan> {
  const rows = await ("generic" in parameters ? planForAny(ask, sql, major) : planFor(ask, sql, parameters.literals));
  const [first] = Array.isArray(rows[0]?.["QUERY PLAN"]) ? (rows[0]["QUERY PLAN"] as readonly unknown[]) : [];
  const plan = readPlan(first, { file: "", line: 0 });
  if (plan === null) throw new UsageError("no-plan", "PostgreSQL gives no plan for this statement.", "Only queries and changes of rows have one.");
  return { ...plan, sql };
}

interface PlanRow {
  readonly "QUERY PLAN": unknown;
}

const EXPLAIN = "EXPLAIN (FORMAT JSON)";

/** Quoted, as the server decides a quoted literal's type from where it stands; where that is no type for it, bare numbers. */
async function planFor(ask: Ask, sql: string, literals: readonly (string | null)[]): Promise<PlanRow[]> {
  try {
    return await ask<PlanRow>(explainThroughDoor(`${EXPLAIN} ${inlineParameters(sql, literals, "quoted")}`));
  } catch (error) {
    const bare = inlineParameters(sql, literals, "bare numbers");
    if (literals.length === 0 || bare === inlineParameters(sql, literals, "quoted")) throw error;
    return await ask<PlanRow>(explainThroughDoor(`${EXPLAIN} ${bare}`));
  }
}

async function planForAny(ask: Ask, counted: string, major: number): Promise<PlanRow[]> {
  const sql = typedParameters(counted, major);
  if (major >= WITH_GENERIC_PLAN) return await ask<PlanRow>(explainThroughDoor(`EXPLAIN (GENERIC_PLAN, FORMAT JSON) ${sql}`));
  await runThroughDoor(ask, `PREPARE luthier_generic AS ${sql}`);
  try {
    const [row] = await ask<{ count: number }>(
      "SELECT pg_catalog.cardinality(p.parameter_types) AS count FROM pg_catalog.pg_prepared_statements p WHERE p.name = 'luthier_generic'",
    );
    const values = Array.from({ length: row?.count ?? 0 }, () => "NULL").join(", ");
    const [mode] = await ask<{ plan_cache_mode: string }>("SHOW plan_cache_mode");
    await ask("SET plan_cache_mode = force_generic_plan");
    try {
      return await ask<PlanRow>(explainThroughDoor(`${EXPLAIN} EXECUTE luthier_generic${values === "" ? "" : `(${values})`}`));
    } finally {
      await ask(`SET plan_cache_mode = ${mode?.plan_cache_mode ?? "auto"}`).catch(() => {});
    }
  } finally {
    await ask("DEALLOCATE luthier_generic").catch(() => {});
  }
}
