/** A row that the round has fetched already, by the same call a few lines up. */
import type { QueryRun, RuleInput } from "../../model/index.ts";
import { nodesIn, pathTo } from "../../python/syntax-tree.ts";
import { isInside, isSameSpan } from "../../model/span.ts";
import { changedNames, exprAt, namesIn, sourceText } from "../code.ts";
import type { Round } from "../same-rounds.ts";

const ONE: ReadonlySet<string> = new Set(["get", "first", "last", "latest", "earliest"]);

/** The run that fetched it. */
export function fetchedUpAbove({ run, loop, site }: Round, input: RuleInput): QueryRun | null {
  const expr = exprAt(input, run.span);
  if (!ONE.has(run.how) || run.calls.length > 0 || site.loop === null || expr === null) return null;
  const text = sourceText(input, run.span.file, expr);
  const names = namesIn(expr);
  const body = nodesIn(site.loop);
  const isKept = (from: number): boolean =>
    !body.some((node) => from <= node.start && node.end <= run.span.start && [...changedNames(node)].some((name) => names.has(name)));
  return (
    input.facts.runs.find(({ how, calls, loop: other, span }) => {
      if (how !== run.how || calls.length > 0 || other === null || !isSameSpan(other.span, loop.span) || span.end > run.span.start) return false;
      const before = exprAt(input, span);
      return before !== null && sourceText(input, span.file, before) === text && isReachedFirst(span, run, input) && isKept(span.end);
    }) ?? null
  );
}

/** Whoever comes to the later one came to the earlier. */
function isReachedFirst(span: QueryRun["span"], { span: later }: QueryRun, { program }: RuleInput): boolean {
  return pathTo(program, span)
    .filter(({ kind }) => ["if", "for", "while", "try", "match", "function", "lambda", "comprehension", "conditional", "bool"].includes(kind))
    .every(
      (node) =>
        isInside(later, node) && (node.kind !== "if" || isInside(span, node.test) || sameArm(node.then, span, later) || sameArm(node.otherwise, span, later)),
    );
}

function sameArm(block: readonly { readonly start: number; readonly end: number }[], one: QueryRun["span"], other: QueryRun["span"]): boolean {
  return [one, other].every((at) => block.some((stmt) => isInside(at, stmt)));
}
