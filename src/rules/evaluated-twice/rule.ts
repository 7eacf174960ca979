import type { EditDraft, FindingDraft, FixDraft, QueryRun, Rule, RuleInput } from "../../model/index.ts";
import { pathTo } from "../../python/syntax-tree.ts";
import { fieldNamed } from "../chains.ts";
import { exprAt, sourceText } from "../code.ts";
import { isOncePerRun } from "../command-files.ts";
import { groupBy } from "../../model/group-by.ts";
import { isNamed, isWrittenBetween, nameOf, runsAfter } from "../runs.ts";
import { isInside, isSameSpan } from "../../model/span.ts";

export const rule: Rule = {
  meta: {
    id: "evaluated-twice",
    chapter: "2.2",
    summary: "The rows of one queryset are fetched twice on one path",
    severity: "warning",
    confidence: "likely",
    fix: "sometimes",
    stage: "stable",
  },
  check: (input) => pairs(input).map((pair) => toDraft(pair, input)),
};

/** Ways of running that fetch rows, so that the second could have used the first's. */
const FETCHES: ReadonlySet<string> = new Set([
  "iterate",
  "list",
  "len",
  "bool",
  "sorted",
  "sum",
  "text",
  "unpack",
  "index",
  "first",
  "last",
  "latest",
  "earliest",
]);
const WHOLE: ReadonlySet<string> = new Set(["iterate", "list", "len", "bool", "sorted", "sum", "text", "unpack"]);

type Pair = readonly [QueryRun, QueryRun];

function pairs(input: RuleInput): Pair[] {
  const found = new Map<string, Pair>();
  const fetched = input.facts.runs.filter((run) => FETCHES.has(run.how) && !run.cached && !run.atImport);
  for (const runs of groupBy(fetched, (run) => run.source).values()) {
    if (runs.length < 2) continue;
    for (const second of runs) {
      const first = runs.find((run) => isGuilty(run, second, input));
      const key = `${second.span.file}:${second.span.start}`;
      if (first !== undefined && !found.has(key)) found.set(key, [first, second]);
    }
  }
  return [...found.values()];
}

function isGuilty(first: QueryRun, second: QueryRun, input: RuleInput): boolean {
  if (first === second || isSameSpan(first.span, second.span)) return false;
  if (first.loop?.span.start !== second.loop?.span.start) return false;
  if (first.sliced && second.sliced) return false;
  if (!WHOLE.has(first.how) && !WHOLE.has(second.how) && !(first.how === "index" && second.how === "index")) return false;
  return runsAfter(input, first, second) && !isWrittenBetween(input, first.model, first.span, second.span);
}

function toDraft([first, second]: Pair, input: RuleInput): FindingDraft {
  return {
    key: [second.symbol, second.model, second.how],
    confidence:
      first.related ||
      first.symbol !== second.symbol ||
      first.calls.length + second.calls.length > 0 ||
      isBehindOperator(first, input) ||
      isOncePerRun({ span: second.trail[0] ?? second.span, loop: second.loop })
        ? "possible"
        : "likely",
    claim: `The same \`${nameOf(second.model)}\` rows are fetched twice: ${describe(first)}, then ${describe(second)}.`,
    reason: "A copy, a slice or a question that needs another order does not use the rows that were loaded.",
    remedy: remedyFor(first, second, input),
    doubt: isCounted(first, second)
      ? "rows that are used later make the number free"
      : "a part of a very large table is cheaper to ask for again than to cut out of all rows",
    model: second.model,
    places: [
      { role: "queryset", span: second.origin.span },
      { role: "access", span: first.span, label: "fetches the rows" },
      { role: "access", span: second.span, label: "fetches again" },
    ],
    fixes: shareFix(first, second, input),
  };
}

/** `if empty and rows[0].paid:` asks where the test before it lets it. */
function isBehindOperator({ span }: QueryRun, { program }: RuleInput): boolean {
  return pathTo(program, span).some((node) => node.kind === "bool" && node.items.slice(1).some((item) => isInside(span, item)));
}

/** A part of the rows was wanted, and of all of them only how many they are. */
function isCounted(first: QueryRun, second: QueryRun): boolean {
  return first.sliced && second.how === "len" && !second.sliced;
}

/** `if rows: row = rows.latest()` wants no other row than that one. */
function remedyFor(first: QueryRun, second: QueryRun, input: RuleInput): string {
  if (isCounted(first, second)) return "Ask `count()` for the number: `len()` loads every row to count them, those of the slice again.";
  if (first.how !== "bool" || !ONE_ROW.has(second.how) || mayGiveNone(second, input))
    return "Load the rows once, into a list where need be, and take both answers from it.";
  const asked = second.how === "first" || second.how === "last" ? `\`${second.how}()\`` : "`order_by(…).first()`";
  return `Ask for that one row alone, by ${asked}, and test what it gives: it is None where there is no row.`;
}

/** `values_list("number", flat=True).first()`: None is what a row without a number gives, too. */
function mayGiveNone({ origin, model }: QueryRun, input: RuleInput): boolean {
  const flat = origin.calls.findLast(({ name, keywords }) => name === "values_list" && keywords.some((one) => one.name === "flat"));
  const [column] = flat?.args ?? [];
  if (flat === undefined) return false;
  const of = input.graph.byLabel(model);
  return of === null || column?.kind !== "str" || fieldNamed(of, column.value)?.null !== false;
}

const ONE_ROW: ReadonlySet<string> = new Set(["first", "last", "latest", "earliest"]);

const WORDS: Readonly<Record<string, string>> = { iterate: "by a loop", index: "by an index", bool: "by a test", text: "as text" };

function describe(run: QueryRun): string {
  return `${WORDS[run.how] ?? `by \`${run.how}()\``}${run.sliced ? " over a slice" : ""}`;
}

/** `rows.all()` in both places copies the queryset; the queryset itself keeps its rows. */
function shareFix(first: QueryRun, second: QueryRun, input: RuleInput): FixDraft[] {
  const copies = [first, second].map((run) => copyOf(run, input));
  const [one, other] = copies;
  if (one == null || other == null || one.name !== other.name) return [];
  return [
    {
      title: `Go through \`${one.name}\` itself both times, not \`${one.name}.all()\`, which fetches its rows again`,
      safety: "review",
      edits: [one.edit, other.edit],
    },
  ];
}

function copyOf(run: QueryRun, input: RuleInput): { readonly name: string; readonly edit: EditDraft } | null {
  const expr = exprAt(input, run.span);
  const call = expr?.kind === "call" && expr.callee.kind === "name" ? expr.args[0] : expr;
  if (call?.kind !== "call" || call.callee.kind !== "attribute" || call.callee.name !== "all" || call.args.length > 0) return null;
  const { object } = call.callee;
  if (run.related || !isNamed(object)) return null;
  return { name: sourceText(input, run.span.file, object), edit: { span: { file: run.span.file, start: object.end, end: call.end }, text: "" } };
}
