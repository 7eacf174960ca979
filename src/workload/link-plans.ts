/** Plans joined with the statements that they are of. */
import { createHash } from "node:crypto";
import type { Plan, QueryShape, Statement } from "../model/index.ts";
import { shapeKey } from "../sql/compare-shapes.ts";
import type { SqlParser } from "../sql/open-parser.ts";

/** By the server's own id where the plan has it (`compute_query_id`), else by shape. */
export function linkPlans(plans: readonly Plan[], statements: readonly Statement[], parser: Pick<SqlParser, "shapeOf">): Plan[] {
  if (plans.length === 0) return [];
  const ids = new Set(statements.map(({ id }) => id));
  const byShape = new Map(statements.flatMap(({ id, shape }) => (shape === null ? [] : [[keyOf(shape), id] as const])));
  return plans.map((plan) => {
    const shape = plan.sql === null ? null : parser.shapeOf(plan.sql);
    const key = shape === null ? null : keyOf(shape);
    const statement = ownId(plan, ids) ?? (key === null ? null : (byShape.get(key) ?? null));
    return { ...plan, statement, fingerprint: key === null ? null : createHash("sha256").update(key).digest("hex").slice(0, 16) };
  });
}

const keyOf = (shape: QueryShape): string => shapeKey(shape, { constants: "erased" });

function ownId({ root }: Plan, ids: ReadonlySet<string>): string | null {
  const id = root.raw["Query Identifier"];
  const text = typeof id === "string" || typeof id === "number" ? String(id) : null;
  return text !== null && ids.has(text) ? text : null;
}
