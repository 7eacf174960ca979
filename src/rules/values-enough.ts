/** Would dictionaries or tuples do? */
import type { RuleInput } from "../model/index.ts";
import type { KnownReads } from "./known-reads.ts";
import { nodesAt } from "./source-index.ts";

/** More columns than this are easier to read as attributes. */
const FEW_COLUMNS = 3;

/** A comprehension over the queryset reads a few of its own columns and nothing else. */
export function isValuesEnough({ origin, runs, beyond }: KnownReads, input: RuleInput): boolean {
  if (origin.asInstances || beyond.length > 0 || origin.columns.size === 0 || origin.columns.size > FEW_COLUMNS) return false;
  if (input.facts.eagerLoads.some((one) => one.origin.id === origin.id)) return false;
  return runs.every((run) => run.how === "iterate" && isComprehensionSource(run.span, input));
}

function isComprehensionSource(span: KnownReads["origin"]["span"], input: RuleInput): boolean {
  const path = nodesAt(input.program, span);
  const holder = path.findLast((one) => one.kind === "comprehension");
  return holder !== undefined && holder.clauses.length === 1 && holder.clauses.some((clause) => clause.iterable.start === span.start && clause.iterable.end === span.end);
}
