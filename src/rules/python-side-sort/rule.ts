import { chainable } from "../../fixes/chain-edit.ts";
import { quoted, styleOf } from "../../fixes/source-text.ts";
import type { Call, FindingDraft, FixDraft, QueryRun, Rule, RuleInput, Slice } from "../../model/index.ts";
import { pathTo } from "../../python/syntax-tree.ts";
import { callAt, sourceText } from "../code.ts";
import { columnOf } from "../own-columns.ts";
import { isFresh } from "../row-loops.ts";
import { areRowsUsedElsewhere, oncePerPlace, startsAtModel } from "../runs.ts";

export const rule: Rule = {
  meta: {
    id: "python-side-sort",
    chapter: "2.2",
    summary: "Rows are sorted in Python by a column of their own",
    severity: "info",
    confidence: "possible",
    fix: "sometimes",
    stage: "stable",
  },
  check: (input) => oncePerPlace(input.facts.runs.filter((run) => run.how === "sorted" && isFresh(run))).flatMap((run) => toDrafts(run, input)),
};

function toDrafts(run: QueryRun, input: RuleInput): FindingDraft[] {
  const call = callAt(input, run.span);
  const model = input.graph.byLabel(run.model);
  const rows = call?.args[0];
  if (call === null || model === null || rows === undefined || areRowsUsedElsewhere(input, run.span.file, rows) || !startsAtModel(input, run.span.file, rows))
    return [];
  const key = call.keywords.find((one) => one.name === "key")?.value;
  if (key?.kind !== "lambda" || key.params.length !== 1) return [];
  const column = columnOf(key.body, key.params[0]?.name ?? "", model)?.[0];
  if (column === undefined) return [];
  const takesPart = isCut(call, run, input);
  return [
    {
      key: [run.symbol, run.model, column],
      severity: takesPart ? "warning" : "info",
      confidence: takesPart ? "likely" : "possible",
      claim: takesPart
        ? `Every \`${model.name}\` row is fetched and sorted by \`${column}\` in Python, to keep a few.`
        : `\`${model.name}\` rows are sorted by \`${column}\` in Python.`,
      reason: takesPart ? "With ORDER BY and LIMIT the database sends those few alone." : "An index can give them in order for nothing.",
      remedy: `Use \`order_by("${column}")\`${takesPart ? " and slice the queryset" : ""}.`,
      doubt: "text sorts by the collation of the database, not by code point; NULL sorts last there and fails in Python",
      model: run.model,
      places: [
        { role: "queryset", span: run.origin.span },
        { role: "access", span: run.span, label: "sorts in Python" },
      ],
      fixes: orderFix(call, run, column, input),
    },
  ];
}

function isCut(call: Call, run: QueryRun, input: RuleInput): boolean {
  const path = pathTo(input.program, run.span);
  const parent = path[path.indexOf(call) - 1];
  return parent?.kind === "subscript" && parent.object === call;
}

/** `sorted(rows, key=…)` becomes `list(rows.order_by(…))`; where it is cut or looped over, the queryset will do. */
function orderFix(call: Call, run: QueryRun, column: string, input: RuleInput): FixDraft[] {
  const [rows] = call.args;
  const reverse = call.keywords.find((one) => one.name === "reverse")?.value;
  const isKnown = reverse === undefined || (reverse.kind === "constant" && (reverse.value === "true" || reverse.value === "false"));
  if (rows?.kind !== "call" || call.args.length > 1 || !isKnown) return [];
  const { file } = run.span;
  const style = styleOf(input.text(file));
  const isDescending = reverse?.kind === "constant" && reverse.value === "true";
  const ordered = `${chainable(sourceText(input, file, rows), run.model, input)}.order_by(${quoted(`${isDescending ? "-" : ""}${column}`, style)})`;
  const path = pathTo(input.program, run.span);
  const parent = path[path.indexOf(call) - 1];
  if (parent?.kind === "subscript" && parent.object === call && parent.index.kind === "slice") {
    const index = input.text(file).slice(call.end, parent.end);
    return isFromStart(parent.index)
      ? [
          {
            title: "Let the database sort and cut them",
            safety: "review",
            edits: [{ span: { file, start: call.start, end: parent.end }, text: `list(${ordered}${index})` }],
          },
        ]
      : [];
  }
  const isLooped = (parent?.kind === "for" && parent.iterable === call) || isCut(call, run, input);
  return [
    {
      title: "Let the database sort them",
      safety: "review",
      edits: [{ span: { file, start: call.start, end: call.end }, text: isLooped ? ordered : `list(${ordered})` }],
    },
  ];
}

/** A queryset takes no negative bounds. */
function isFromStart({ lower, upper, step }: Slice): boolean {
  return step === null && [lower, upper].every((bound) => bound === null || bound.kind === "num" || bound.kind === "name");
}
