/** Comprehensions and sorts directly over a queryset whose rows nothing else uses. */
import type { Comprehension, Expr, Model, QueryRun, RuleInput } from "../model/index.ts";
import { pathTo, type SyntaxNode } from "../python/syntax-tree.ts";
import { exprAt } from "./code.ts";
import { areRowsUsedElsewhere, oncePerPlace, startsAtModel } from "./runs.ts";

export interface RowLoop {
  readonly run: QueryRun;
  readonly span: QueryRun["span"];
  readonly model: Model;
  readonly comprehension: Comprehension;
  /** Name of the row. */
  readonly target: string;
  readonly conditions: readonly Expr[];
  /** The node that holds the comprehension. */
  readonly parent: SyntaxNode | null;
}

export function rowLoops(input: RuleInput): RowLoop[] {
  const loops = input.facts.runs.flatMap((run) => {
    if (run.how !== "iterate" || !isFresh(run)) return [];
    const path = pathTo(input.program, run.span);
    const at = path.findLastIndex((node) => node.kind === "comprehension");
    const comprehension = path[at];
    const iterable = exprAt(input, run.span);
    const model = input.graph.byLabel(run.model);
    if (comprehension?.kind !== "comprehension" || comprehension.clauses.length !== 1 || iterable === null || model === null) return [];
    const [clause] = comprehension.clauses;
    if (
      clause?.iterable !== iterable ||
      clause.target.kind !== "name" ||
      areRowsUsedElsewhere(input, run.span.file, iterable) ||
      !startsAtModel(input, run.span.file, iterable)
    )
      return [];
    return [{ run, span: run.span, model, comprehension, target: clause.target.name, conditions: clause.conditions, parent: path[at - 1] ?? null }];
  });
  return oncePerPlace(loops);
}

/** Rows of one queryset that was made here, in whole. */
export function isFresh(run: QueryRun): boolean {
  return (
    !run.cached && run.doubts.length === 0 && !run.related && !run.sliced && !run.inTemplate && run.origin.kind !== "parameter" && run.origin.kind !== "raw"
  );
}
