/** A phantom as what the search for indexes asks. */
import type { Known, Planner, Priced } from "../../advisors/indexes/planner.ts";
import type { Plan } from "../../model/index.ts";
import { readPlan } from "../../postgres/plans/read-plan.ts";
import type { PreparedStatement, Trial } from "./trial.ts";

/** `bytes`: of the part that has the name, where a table has partitions. */
export interface AddedCandidate {
  readonly number: number;
  readonly bytes: number;
}

/** `careful`: what a plan would cost if memory were small, by the candidates that have been added, by number. */
export function trialPlanner(
  trial: Trial,
  questions: readonly PreparedStatement[],
  careful: (plan: Plan, added: (name: string) => AddedCandidate | undefined) => number,
): Planner & { readonly careful: (plan: Plan) => number } {
  const names = new Map<string, number>();
  const sizes = new Map<string, number>();
  let count = 0;
  const addedOf = (name: string): AddedCandidate | undefined => {
    const [number, bytes] = [names.get(name), sizes.get(name)];
    return number === undefined || bytes === undefined ? undefined : { number, bytes };
  };
  return {
    careful: (plan) => careful(plan, addedOf),
    add: async (indexes) => {
      const added = await trial.add(indexes);
      return added.map((one): Known => {
        const number = count;
        count += 1;
        if ("refused" in one) return one;
        for (const { name } of one.parts) {
          names.set(name, number);
          sizes.set(name, one.size.bytes / one.parts.length);
        }
        return { bytes: one.size.bytes, isGuess: one.size.basis === "guess", doubts: one.doubts, names: one.parts.map(({ name }) => name) };
      });
    },
    price: async (asked, present) => {
      const statements = asked.flatMap((one) => questions[one] ?? []);
      const plans = await trial.explain(statements, { shown: present });
      return plans.map((plan) => {
        const read = readPlan(plan, { file: "", line: 0 });
        return plan === null || read === null ? NO_PLAN : { ...pricedOf(plan, names), careful: careful(read, addedOf) };
      });
    },
  };
}

const NO_PLAN: Priced = { cost: Infinity, used: [] };

/** Total cost and the indexes of a plan as EXPLAIN (FORMAT JSON) writes it. */
export function pricedOf(explained: object, names: ReadonlyMap<string, number>): Priced {
  const root: unknown = "Plan" in explained ? explained.Plan : null;
  const used = new Set<number>();
  visit(root, (index) => {
    const number = names.get(index);
    if (number !== undefined) used.add(number);
  });
  const cost = typeof root === "object" && root !== null && "Total Cost" in root ? Number(root["Total Cost"]) : Infinity;
  return { cost, used: [...used].toSorted((a, b) => a - b) };
}

function visit(node: unknown, onIndex: (name: string) => void): void {
  if (typeof node !== "object" || node === null) return;
  if ("Index Name" in node) onIndex(String(node["Index Name"]));
  if ("Plans" in node && Array.isArray(node.Plans)) for (const child of node.Plans) visit(child, onIndex);
}
