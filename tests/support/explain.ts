/** `-- explain:` lines of a fixture: statements that the fixture's database runs under EXPLAIN, and plans that nothing can bring about. */
import type { Plan } from "../../src/model/index.ts";
import { readPlan } from "../../src/postgres/plans/read-plan.ts";

const OPTIONS: Readonly<Record<string, string>> = { explain: "ANALYZE, BUFFERS, FORMAT JSON", estimate: "FORMAT JSON" };

/**
 *     -- explain: SELECT * FROM orders                     run, with figures
 *     -- explain: SET work_mem = '64kB'; SELECT …          with settings of this session
 *     -- estimate: SELECT * FROM orders                    not run
 *     -- plan: {"Plan": {"Node Type": "Result", …}}        as EXPLAIN (FORMAT JSON) would print it
 */
export function plansOf(sql: string, run: (statements: string) => string): Plan[] {
  return sql.split("\n").flatMap((text, index) => {
    const [, kind = "", rest = ""] = /^-- (explain|estimate|plan): (.+)$/.exec(text) ?? [];
    const source = { file: "plans.json", line: index + 1 };
    if (kind === "") return [];
    if (kind === "plan") return planOf(JSON.parse(rest), null, source);
    const parts = rest
      .split(";")
      .map((one) => one.trim())
      .filter((one) => one !== "");
    const statement = parts.pop() ?? "";
    const output = run(`${parts.map((one) => `${one};\n`).join("")}EXPLAIN (${OPTIONS[kind]}) ${statement};\n`);
    const [value] = JSON.parse(output) as unknown[];
    return planOf(value, statement, source);
  });
}

function planOf(value: unknown, sql: string | null, source: Plan["source"]): Plan[] {
  const plan = readPlan(value, source);
  if (plan === null) throw new Error(`line ${source.line} of the fixture is no plan`);
  return [{ ...plan, sql: sql ?? plan.sql }];
}
