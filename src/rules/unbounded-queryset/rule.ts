import type { DatabaseInput, FindingDraft, Model, QueryRun, Rule, RuleInput } from "../../model/index.ts";
import { nodesIn, pathTo } from "../../python/syntax-tree.ts";
import { enclosingFunction } from "../code.ts";
import { judgeBySize, LARGE_ROWS, rowsOf, tableOfModel } from "../database/table-size.ts";
import { nameOf, oncePerPlace } from "../runs.ts";
import { isSameSpan } from "../../model/span.ts";

export const rule: Rule = {
  meta: {
    id: "unbounded-queryset",
    chapter: "2.2",
    summary: "A page renders every row of a table that grows",
    severity: "info",
    confidence: "possible",
    fix: "never",
    stage: "stable",
  },
  check: (input) => oncePerPlace(input.facts.runs.filter((run) => isGuilty(run, input))).map(toDraft),
  judge: (input) =>
    judgeBySize(
      { ...input, checked: [...input.checked, ...elsewhere(input)] },
      { rule: "unbounded-queryset", severity: "warning", meaning: "each request reads them all" },
    ),
};

/** Rows of a table that is known to be large, outside pages too; jobs are another rule's. */
function elsewhere(input: DatabaseInput): FindingDraft[] {
  const { source, database, thresholds } = input;
  if (source === null) return [];
  const own = new Set([...source.program.modules.values()].flatMap(({ origin, ir }) => (origin === "project" ? [ir.file] : [])));
  const guilty = source.facts.runs.filter((run) => {
    if (!LOADS.has(run.how) || run.loop !== null || run.cached || run.related || run.sliced || run.narrowed || run.inTemplate || run.origin.kind !== "manager")
      return false;
    if (!own.has(run.span.file) || !isAnswer(run, source) || isGuilty(run, source)) return false;
    const table = tableOfModel(run.model, input);
    return table !== null && (rowsOf(table, database) ?? 0) >= (thresholds["unbounded-queryset.large"] ?? LARGE_ROWS);
  });
  return oncePerPlace(guilty).map((run) => ({
    ...toDraft(run),
    claim: `\`${run.symbol.split(".").at(-1) ?? ""}\` loads every \`${nameOf(run.model)}\` row, however many there are.`,
  }));
}

const LOADS: ReadonlySet<string> = new Set(["iterate", "list"]);

/** What answers a request: a function that takes one. */
function isAnswer({ trail: [first] }: QueryRun, source: RuleInput): boolean {
  return first !== undefined && /\brequest\b/.test(source.text(first.file).slice(first.start, first.end));
}

function isGuilty(run: QueryRun, input: RuleInput): boolean {
  if (run.how !== "iterate" || run.loop !== null || run.cached || run.related || !(run.inTemplate || isJson(run, input))) return false;
  if (run.sliced || run.narrowed || run.origin.asValues || (run.origin.kind !== "manager" && run.origin.kind !== "implicit")) return false;
  const model = input.graph.byLabel(run.model);
  if (model === null || !grows(model)) return false;
  return !input.facts.runs.some((other) => other.sliced && isSameSpan(other.span, run.span));
}

/** The view that goes through the rows answers with JSON. */
function isJson(run: QueryRun, input: RuleInput): boolean {
  const view = enclosingFunction(pathTo(input.program, run.span));
  if (view === null || run.calls.length > 0 || view.params[0]?.name !== "request") return false;
  return [...nodesIn(view)].some((node) => node.kind === "call" && node.callee.kind === "name" && node.callee.name === "JsonResponse");
}

/** A row has a moment of its own and belongs to another row: it is written as the application is used. */
function grows(model: Model): boolean {
  const fields = [...model.fields.values()];
  return fields.some((field) => field.type.endsWith(".DateTimeField")) && fields.some((field) => field.relation?.kind === "fk" && !field.relation.nullable);
}

function toDraft(run: QueryRun): FindingDraft {
  return {
    key: [run.origin.symbol, run.model],
    claim: `The ${run.inTemplate ? "page renders" : "answer holds"} every \`${nameOf(run.model)}\` row, however many there are.`,
    reason: "Nothing filters, slices or paginates the rows, and the table grows with use.",
    remedy: "Paginate the list, or slice it.",
    doubt: "a table that stays small needs no pages",
    model: run.model,
    places: [
      { role: "queryset", span: run.origin.span },
      { role: "access", span: run.span, label: "takes all rows" },
    ],
    fixes: [],
  };
}
