import { fitText, roomAt } from "../../fixes/fit-text.ts";
import { sourceOf, styleOf } from "../../fixes/source-text.ts";
import type { EditDraft, Expr, FindingDraft, QueryRun, Rule, RuleInput, Span } from "../../model/index.ts";
import { pathTo } from "../../python/syntax-tree.ts";
import { callAt, sourceText, statementOf } from "../code.ts";
import { areRowsUsedElsewhere, comparedWithNone, isOnlyTested, nameOf, oncePerPlace, runPlaces, startsAtModel, type Comparison } from "../runs.ts";

export const rule: Rule = {
  meta: {
    id: "len-for-count",
    chapter: "2.2",
    summary: "All rows are fetched to be counted in Python",
    severity: "warning",
    confidence: "likely",
    fix: "sometimes",
    stage: "stable",
  },
  check: (input) => oncePerPlace(input.facts.runs.filter((run) => isGuilty(run, input))).map((run) => toDraft(run, input)),
};

function isGuilty(run: QueryRun, input: RuleInput): boolean {
  if (run.how !== "len" || run.cached || run.sliced || run.inTemplate) return false;
  const counted = callAt(input, run.span)?.args[0];
  if (counted === undefined) return false;
  return !areRowsUsedElsewhere(input, run.span.file, counted);
}

function toDraft(run: QueryRun, input: RuleInput): FindingDraft {
  const model = nameOf(run.model);
  const counted = callAt(input, run.span)?.args[0];
  const isOwn = run.doubts.length === 0 && counted !== undefined && startsAtModel(input, run.span.file, counted);
  const unread = isUnread(run, input);
  const call = callAt(input, run.span);
  const compared = call === null ? null : comparedWithNone(input, run.span.file, call);
  const method = compared !== null || (call !== null && isOnlyTested(input, run.span.file, call)) ? "exists" : "count";
  const fixes =
    counted === undefined || unread
      ? []
      : [
          {
            title: method === "exists" ? "Ask with exists()" : "Let the database count",
            safety: "safe" as const,
            edits: withoutComparison(countEdits(run.span, counted, method, input), compared),
          },
        ];
  return {
    key: [run.symbol, run.model],
    confidence: isOwn && run.atMostOne !== true ? "likely" : "possible",
    ...(unread
      ? {
          claim: `Every \`${model}\` row is fetched for a number that nobody reads.`,
          reason: "`len()` loads the rows into memory; what is made of this queryset later asks again.",
          remedy: "Take the statement out.",
        }
      : {
          claim: `Every \`${model}\` row is fetched, only ${method === "exists" ? "to see whether there is one" : "to be counted"}.`,
          reason: "`len()` loads the rows into memory; nothing reads them here.",
          remedy: method === "exists" ? "Use `.exists()`: it stops at the first row." : "Use `.count()`: one number comes back.",
        }),
    doubt: !isOwn
      ? "a caller that prefetches these rows makes len() free"
      : run.atMostOne === true
        ? "the filter names one row: no more than that one is fetched"
        : "rows that are used later would make len() the better choice",
    model: run.model,
    places: runPlaces(run, "loads every row"),
    fixes,
  };
}

/** `len(rows)` as a statement of its own. */
function isUnread(run: QueryRun, input: RuleInput): boolean {
  const stmt = statementOf(pathTo(input.program, run.span));
  return stmt?.kind === "expr" && stmt.value.start === run.span.start && stmt.value.end === run.span.end;
}

/** `exists()` answers what the comparison asked. */
function withoutComparison(edits: EditDraft[], compared: Comparison | null): EditDraft[] {
  if (compared === null) return edits;
  return edits.map((edit, index) => ({
    ...edit,
    span: index === edits.length - 1 ? { ...edit.span, end: compared.end } : edit.span,
    text: index === 0 && compared.isNegated ? `not ${edit.text}` : edit.text,
  }));
}

function countEdits(span: Span, counted: Expr, method: "count" | "exists", input: RuleInput): EditDraft[] {
  const { file, start, end } = span;
  const whole = sourceText(input, file, span);
  if (!whole.includes("\n"))
    return [
      { span: { file, start, end: counted.start }, text: "" },
      { span: { file, start: counted.end, end }, text: `.${method}()` },
    ];
  const { text, lineLength } = sourceOf(input, file);
  const fitted = fitText(`${sourceText(input, file, counted)}.${method}()`, roomAt(text, span), styleOf(text, lineLength));
  if (!isBroken(fitted)) return [{ span, text: fitted }];
  // What the call held together over its lines, its brackets still do.
  return [
    { span: { file, start, end: start + whole.indexOf("(") }, text: "" },
    { span: { file, start: counted.end, end }, text: `${text.slice(counted.end, end).replace(",", "")}.${method}()` },
  ];
}

/** Some line ends outside of all brackets. */
function isBroken(text: string): boolean {
  let depth = 0;
  for (const character of text.replaceAll(/"[^"\n]*"|'[^'\n]*'/g, "")) {
    if ("([{".includes(character)) depth++;
    else if (")]}".includes(character)) depth--;
    else if (character === "\n" && depth === 0) return true;
  }
  return false;
}
