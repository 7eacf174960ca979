/** A phantom as what the search for indexes asks. */
import type { Known, Planner, Priced } from "../../advisors/indexes/planner.ts";
import type { PreparedStatement, Trial } from "./trial.ts";

export function trialPlanner(trial: Trial, questions: readonly PreparedStatement[]): Planner {
  const names = new Map<string, number>();
  let count = 0;
  return {
    add: async (indexes) => {
      const added = await trial.add(indexes);
      return added.map((one): Known => {
        const number = count;
        count += 1;
        if ("refused" in one) return one;
        for (const { name } of one.parts) names.set(name, number);
        return { bytes: one.size.bytes, isGuess: one.size.basis === "guess", doubts: one.doubts, names: one.parts.map(({ name }) => name) };
      });
    },
    price: async (asked, present) => {
      const statements = asked.flatMap((one) => questions[one] ?? []);
      const plans = await trial.explain(statements, { shown: present });
      return plans.map((plan) => (plan === null ? NO_PLAN : pricedOf(plan, names)));
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
