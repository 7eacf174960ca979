import type { FindingDraft, FixDraft, QueryRun, Rule, RuleInput } from "../../model/index.ts";
import { nodesIn, pathTo, type SyntaxNode } from "../../python/syntax-tree.ts";
import { exprAt, functionAt } from "../code.ts";
import { judgeBySize } from "../database/table-size.ts";
import { isFresh } from "../row-loops.ts";
import { areRowsUsedElsewhere, nameOf, oncePerPlace } from "../runs.ts";

export const rule: Rule = {
  meta: {
    id: "missing-iterator",
    chapter: "2.2",
    summary: "A job loads a whole table into memory to go through it once",
    severity: "info",
    confidence: "possible",
    fix: "sometimes",
    stage: "stable",
  },
  check: (input) => oncePerPlace(input.facts.runs.filter((run) => isGuilty(run, input))).map((run) => toDraft(run, input)),
  judge: (input) => judgeBySize(input, { rule: "missing-iterator", severity: "warning", meaning: "they are all in memory at once" }),
};

function isGuilty(run: QueryRun, input: RuleInput): boolean {
  if (run.how !== "iterate" || !isFresh(run) || run.narrowed || run.loop !== null || run.origin.kind !== "manager") return false;
  const path = pathTo(input.program, run.span);
  const expr = exprAt(input, run.span);
  const loop = path.findLast((node) => node.kind === "for" || node.kind === "comprehension");
  if (expr === null || loop?.kind !== "for" || loop.iterable !== expr || !isJob(run, path)) return false;
  return !areRowsUsedElsewhere(input, run.span.file, expr);
}

/** A management command, or a task of Celery and its like. */
function isJob(run: QueryRun, path: readonly SyntaxNode[]): boolean {
  if (run.span.file.includes("management/commands/")) return true;
  const def = functionAt(path);
  return (
    def?.kind === "function" &&
    def.decorators.some((one) =>
      [...nodesIn(one)].some((node) => (node.kind === "name" || node.kind === "attribute") && /(?:^|_)(?:task|job)$/.test(node.name)),
    )
  );
}

function toDraft(run: QueryRun, input: RuleInput): FindingDraft {
  const prefetches = run.origin.calls.some((call) => call.name === "prefetch_related");
  return {
    key: [run.symbol, run.model],
    claim: `The job holds every \`${nameOf(run.model)}\` row in memory to go through them once.`,
    reason: "A queryset keeps all rows that it has fetched.",
    remedy: prefetches
      ? "Add `.iterator(chunk_size=2000)`: prefetches then run once a chunk."
      : "Add `.iterator()`: rows come from the server in chunks and are let go.",
    doubt: "a small table fits; PgBouncer in transaction mode needs DISABLE_SERVER_SIDE_CURSORS",
    model: run.model,
    places: [
      { role: "queryset", span: run.origin.span },
      { role: "access", span: run.span, label: "keeps every row" },
    ],
    fixes: fixesFor(run, input, prefetches),
  };
}

function fixesFor(run: QueryRun, input: RuleInput, prefetches: boolean): FixDraft[] {
  const expr = exprAt(input, run.span);
  if (expr?.kind !== "call") return [];
  return [
    {
      title: "Let go of rows as they are read",
      safety: "review",
      edits: [{ span: { ...run.span, start: run.span.end }, text: prefetches ? ".iterator(chunk_size=2000)" : ".iterator()" }],
    },
  ];
}
