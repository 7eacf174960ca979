/** Would dictionaries or tuples do? */
import type { Comprehension, RuleInput } from "../model/index.ts";
import { pathTo, visit } from "../python/syntax-tree.ts";
import type { KnownReads } from "./known-reads.ts";

/** More columns than this are easier to read as attributes. */
const FEW_COLUMNS = 3;

/** A comprehension over the queryset reads a few of its own columns and nothing else. */
export function isValuesEnough({ origin, runs, beyond }: KnownReads, input: RuleInput): boolean {
  if (origin.asInstances || beyond.length > 0 || origin.columns.size === 0 || origin.columns.size > FEW_COLUMNS) return false;
  if (input.facts.eagerLoads.some((one) => one.origin.id === origin.id)) return false;
  return runs.every((run) => run.how === "iterate" && isComprehensionSource(run.span, input));
}

function isComprehensionSource(span: KnownReads["origin"]["span"], input: RuleInput): boolean {
  const path = pathTo(input.program, span);
  const holder = path.findLast((one) => one.kind === "comprehension");
  return (
    holder !== undefined &&
    readsColumnsOnly(holder) &&
    holder.clauses.length === 1 &&
    holder.clauses.some((clause) => clause.iterable.start === span.start && clause.iterable.end === span.end)
  );
}

/** The row itself goes nowhere: its name is only ever the left side of a dot. */
function readsColumnsOnly(holder: Comprehension): boolean {
  const target = holder.clauses[0]?.target;
  if (target?.kind !== "name") return false;
  let isPassedOn = [holder.element, holder.value].some((one) => one?.kind === "name" && one.name === target.name);
  visit(holder, (node, parent) => {
    if (node.kind === "name" && node.name === target.name && node !== target && parent.kind !== "attribute") isPassedOn = true;
  });
  return !isPassedOn;
}
