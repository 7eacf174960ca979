/** Something to be done, after what it needs. */
export interface Step {
  readonly key: string;
  /** Of steps that could come next, the smallest comes first: the order does not depend on oids. */
  readonly rank: string;
  readonly needs: readonly string[];
}

/**
 * Sorts steps so that each follows what it needs. What goes in circles is cut at the smallest rank; needs of steps that are not there
 * count as met.
 */
export function inOrder<One extends Step>(steps: readonly One[]): One[] {
  const sorted = steps.toSorted((a, b) => (a.rank < b.rank ? -1 : a.rank > b.rank ? 1 : 0));
  const byKey = new Map(sorted.map((one) => [one.key, one]));
  const states = new Map<string, "open" | "done">();
  const result: One[] = [];
  for (const step of sorted) visit(step);
  return result;

  /** Depth first, with a stack of its own: chains of views can be long. */
  function visit(first: One): void {
    const stack: { readonly step: One; readonly needs: One[] }[] = [];
    enter(first);
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const next = top.needs.shift();
      if (next !== undefined) enter(next);
      else {
        states.set(top.step.key, "done");
        result.push(top.step);
        stack.pop();
      }
    }

    function enter(step: One): void {
      if (states.has(step.key)) return;
      states.set(step.key, "open");
      const needs = step.needs.flatMap((key) => byKey.get(key) ?? []);
      stack.push({ step, needs: needs.toSorted((a, b) => (a.rank < b.rank ? -1 : 1)) });
    }
  }
}
