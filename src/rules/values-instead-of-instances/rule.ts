import { chainable } from "../../fixes/chain-edit.ts";
import { fitText, roomAt } from "../../fixes/fit-text.ts";
import { quoted, styleOf } from "../../fixes/source-text.ts";
import type { Expr, FindingDraft, FixDraft, Model, Rule, RuleInput } from "../../model/index.ts";
import { pathTo } from "../../python/syntax-tree.ts";
import { knownReads, type KnownReads } from "../known-reads.ts";
import { isMadeByProject, isPutByProject } from "../model-columns.ts";
import { holderName, listed, modelName } from "../names.ts";
import { oncePerPlace } from "../runs.ts";
import { isValuesEnough } from "../values-enough.ts";

/** Below this many columns an instance costs little; ours, override `values-instead-of-instances`. */
const LEAST_COLUMNS = 5;

export const rule: Rule = {
  meta: {
    id: "values-instead-of-instances",
    chapter: "3.1",
    summary: "Instances are made to read a column or two",
    severity: "info",
    confidence: "likely",
    fix: "sometimes",
    stage: "stable",
  },
  check: (input) =>
    knownReads(input)
      .filter((one) => isGuilty(one, input))
      .map((one) => toDraft(one, input)),
};

function isGuilty(known: KnownReads, input: RuleInput): boolean {
  if (known.read.some((field) => isPutByProject(field, input))) return false;
  return known.columns.length >= (input.thresholds["values-instead-of-instances"] ?? LEAST_COLUMNS) && isValuesEnough(known, input);
}

function toDraft({ origin, model, columns, runs }: KnownReads, input: RuleInput): FindingDraft {
  const names = [...origin.columns];
  const flat = names.length === 1 ? ", flat=True" : "";
  const isFew = isOfOneUser(origin, model, input);
  return {
    key: [origin.symbol, origin.model],
    ...(isFew ? { confidence: "possible" } : {}),
    claim: `\`${holderName(origin.symbol, input.program)}\` makes \`${modelName(origin.model)}\` instances of ${columns.length} columns to read ${listed(names)}.`,
    reason: "Making a model instance costs several times what a tuple does, and every column is sent.",
    remedy: `Iterate \`values_list(${names.map((name) => `"${name}"`).join(", ")}${flat})\` instead.`,
    doubt: isFew ? "one user may have few of these rows" : "a field's class may convert its value only on instances",
    model: origin.model,
    places: [{ role: "queryset", span: origin.span }, ...runs.slice(0, 1).map((run) => ({ role: "access" as const, span: run.span }))],
    fixes: valuesFix(runs, model, input),
  };
}

/** `filter(user=request.user)`: a page that asks for a user's own rows has few of them, as a rule. */
function isOfOneUser({ calls }: KnownReads["origin"], { fields }: Model, { graph, project }: RuleInput): boolean {
  const user = graph.byLabel(project.authUserModel)?.concrete;
  const isOfUser = (name: string): boolean => {
    const relation = [...fields.values()].find((field) => field.name === name || field.attname === name)?.relation;
    return relation?.kind === "fk" && user !== undefined && graph.byLabel(relation.target ?? "")?.concrete === user;
  };
  return calls.some((call) => call.name === "filter" && call.keywords.some(({ name }) => isOfUser(name)));
}

/** `[row.name for row in rows]` becomes `list(rows.values_list("name", flat=True))`. */
function valuesFix(runs: KnownReads["runs"], model: Model, input: RuleInput): FixDraft[] {
  // A function that is followed in several ways runs its queryset in each.
  const [run, ...others] = oncePerPlace(runs);
  const whole = run === undefined || others.length > 0 ? undefined : pathTo(input.program, run.span).findLast((node) => node.kind === "comprehension");
  if (run === undefined || whole?.kind !== "comprehension" || (whole.type !== "list" && whole.type !== "set")) return [];
  const [clause] = whole.clauses;
  const row = clause?.target.kind === "name" ? clause.target.name : "";
  const names = columnsOf(whole.element, row);
  if (clause === undefined || clause.conditions.length > 0 || clause.isAsync || names === null || !isChain(clause.iterable)) return [];
  const { file } = run.span;
  const text = input.text(file);
  const style = styleOf(text, input.lineLength);
  const flat = whole.element.kind === "sequence" ? "" : ", flat=True";
  const rows = chainable(text.slice(clause.iterable.start, clause.iterable.end), model.label, input);
  const values = `${rows}.values_list(${names.map((name) => quoted(name, style)).join(", ")}${flat})`;
  const safety = names.every((name) => isPlainColumn(model, name)) && !isMadeSpecially(model, input) ? "safe" : "review";
  return [
    {
      title: `Read ${names.join(", ")} alone`,
      safety,
      edits: [{ span: { file, start: whole.start, end: whole.end }, text: fitText(`${whole.type}(${values})`, roomAt(text, whole), style) }],
    },
  ];
}

/** `row.a` or `(row.a, row.b)`. */
function columnsOf(element: Expr, row: string): string[] | null {
  if (element.kind === "sequence" && element.type !== "tuple") return null;
  const items = element.kind === "sequence" ? element.items : [element];
  const names = items.flatMap((item) => (item.kind === "attribute" && item.object.kind === "name" && item.object.name === row ? [item.name] : []));
  return names.length === items.length && names.length > 0 ? names : null;
}

function isChain(expr: Expr): boolean {
  return expr.kind === "call" && expr.callee.kind === "attribute";
}

/** Making an instance does something of the project's own. */
function isMadeSpecially(model: Model, input: RuleInput): boolean {
  return model.signals.length > 0 || isMadeByProject(model, input);
}

/** Columns whose value an instance does not wrap: no files, no class of the project's own. */
function isPlainColumn(model: Model, name: string): boolean {
  const field = [...model.fields.values()].find((one) => one.attname === name);
  const declared = field?.declaration;
  const cls = declared?.kind === "call" && (declared.callee.kind === "attribute" || declared.callee.kind === "name") ? declared.callee.name : "";
  return (
    field?.relation === null &&
    /^(?:Char|Text|Slug|Email|URL|Integer|BigInteger|SmallInteger|Positive\w*Integer|Boolean|Date|DateTime|Decimal|Float|UUID)Field$/.test(cls)
  );
}
