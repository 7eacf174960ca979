import type { Expr, FindingDraft, FixDraft, QueryRun, Rule, RuleInput, Stmt } from "../../model/index.ts";
import { pathTo } from "../../python/syntax-tree.ts";
import { exprAt } from "../code.ts";
import { askedIfAny } from "../../sql/restate.ts";
import { judgeRestated } from "../database/restated.ts";
import { areRowsUsedElsewhere, isOnlyTested, nameOf, oncePerPlace, runPlaces, startsAtModel } from "../runs.ts";

export const rule: Rule = {
  meta: {
    id: "bool-for-exists",
    chapter: "2.2",
    summary: "All rows are fetched to see whether there is one",
    severity: "warning",
    confidence: "likely",
    fix: "sometimes",
    stage: "stable",
  },
  check: (input) => oncePerPlace(input.facts.runs.filter((run) => isGuilty(run, input))).map((run) => toDraft(run, input)),
  proposes: true,
  judge: (input) => judgeRestated(input, askedIfAny),
};

function isGuilty(run: QueryRun, input: RuleInput): boolean {
  if (run.how !== "bool" || run.cached || run.sliced || run.inTemplate) return false;
  const tested = testedAt(run, input);
  return tested !== null && isOnlyTested(input, run.span.file, tested) && !areRowsUsedElsewhere(input, run.span.file, tested);
}

/** The queryset's expression: the argument of `bool()`, or the condition itself. */
function testedAt(run: QueryRun, input: RuleInput): Expr | null {
  const expr = exprAt(input, run.span);
  if (expr?.kind === "call" && expr.callee.kind === "name" && expr.callee.name === "bool") return expr.args[0] ?? null;
  return expr?.kind === "not" ? expr.operand : expr;
}

const ONE: ReadonlySet<string> = new Set(["first", "last", "get", "latest", "earliest"]);

/** `if rows: return rows.first().name`: the method that asks for one row after all. */
function asksAgain(run: QueryRun, tested: Expr | null, { facts, program }: RuleInput): string | null {
  if (tested?.kind !== "name") return null;
  const again = facts.runs.find(({ how, span, symbol, order }) => {
    if (!ONE.has(how) || symbol !== run.symbol || span.file !== run.span.file || order < run.order) return false;
    const call = pathTo(program, span).findLast((one) => one.kind === "call" && one.callee.kind === "attribute" && one.callee.name === how);
    return call?.kind === "call" && call.callee.kind === "attribute" && call.callee.object.kind === "name" && call.callee.object.name === tested.name;
  });
  return again?.how ?? null;
}

/** `if rows: rows.delete()`, and nothing else: the call that writes, by its name. */
function onlyWrites(tested: Expr | null, { span }: QueryRun, { program, text }: RuleInput): OnlyWrite | null {
  const choice = pathTo(program, span).findLast(({ kind }) => kind === "if");
  if (tested?.kind !== "name" || choice?.kind !== "if" || choice.test !== tested || choice.otherwise.length > 0) return null;
  if (text(span.file).startsWith("elif", choice.start)) return null;
  const [write, ...more] = choice.then;
  const callee = write?.kind === "expr" && write.value.kind === "call" && write.value.callee.kind === "attribute" ? write.value.callee : null;
  if (write === undefined || more.length > 0 || callee?.object.kind !== "name" || callee.object.name !== tested.name) return null;
  return callee.name === "delete" || callee.name === "update" ? { name: callee.name, choice, write } : null;
}

interface OnlyWrite {
  readonly name: string;
  readonly choice: Stmt;
  readonly write: Stmt;
}

function toDraft(run: QueryRun, input: RuleInput): FindingDraft {
  const tested = testedAt(run, input);
  const again = asksAgain(run, tested, input);
  const write = onlyWrites(tested, run, input);
  const isOwn = run.doubts.length === 0 && tested !== null && startsAtModel(input, run.span.file, tested);
  const end = tested?.end ?? run.span.end;
  const isCall = tested?.kind === "call" || tested?.kind === "name";
  return {
    key: [run.symbol, run.model],
    confidence: isOwn && run.atMostOne !== true ? "likely" : "possible",
    claim: `Every matching \`${nameOf(run.model)}\` row is fetched to see whether there is one.`,
    reason: "The truth of a queryset loads all its rows; nothing reads them here.",
    remedy:
      write !== null
        ? `Call \`${write.name}()\` without asking: where there is no row it changes none.`
        : again === null
          ? "Use `.exists()`: it stops at the first row."
          : `Ask for \`${again}()\` once, before the condition, and test what it gives: it is asked for after it anyway.`,
    doubt: !isOwn
      ? "a caller that prefetches these rows makes the test free"
      : run.atMostOne === true
        ? "the filter names one row: no more than that one is fetched"
        : "rows that are used later would make the test free",
    model: run.model,
    places: runPlaces(run, "loads every row"),
    fixes:
      write !== null
        ? [unasked(write, run, input)]
        : isCall && again === null
          ? [{ title: "Ask with exists()", safety: "safe", edits: [{ span: { file: run.span.file, start: end, end }, text: ".exists()" }] }]
          : [],
  };
}

function unasked({ name, choice, write }: OnlyWrite, { span: { file } }: QueryRun, { text }: RuleInput): FixDraft {
  const edit = { span: { file, start: choice.start, end: choice.end }, text: text(file).slice(write.start, write.end) };
  return { title: `Call ${name}() without asking`, safety: "review", edits: [edit] };
}
