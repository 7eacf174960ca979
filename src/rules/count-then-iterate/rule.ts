import type { FindingDraft, FixDraft, QueryRun, Rule, RuleInput, Span } from "../../model/index.ts";
import { pathTo } from "../../python/syntax-tree.ts";
import { askedPairs, BEFORE_WRITES, isBeforeWrites, type AskedPair } from "../asked-then-iterated.ts";
import { callAt, sourceText } from "../code.ts";
import { isNamed, nameOf } from "../runs.ts";
import { isOncePerRun } from "../command-files.ts";
import { isInside } from "../../model/span.ts";

/** A limit above this guards against loading too many rows: the count has to come first. */
const GUARD = 50;

export const rule: Rule = {
  meta: {
    id: "count-then-iterate",
    chapter: "2.2",
    summary: "count() is asked of a queryset whose rows are loaded anyway",
    severity: "warning",
    confidence: "likely",
    fix: "sometimes",
    stage: "stable",
  },
  check: (input) =>
    askedPairs(input, "count")
      .filter((pair) => !isGuard(pair.asked, input))
      .map((pair) => toDraft(pair, input)),
};

/** `if rows.count() > 1000: refuse`. */
function isGuard(asked: QueryRun, input: RuleInput): boolean {
  const path = pathTo(input.program, asked.span);
  return path.some(
    (node) =>
      node.kind === "compare" &&
      node.operators.some((operator) => operator.startsWith("<") || operator.startsWith(">")) &&
      [node.left, ...node.rights].some((one) => !isSmall(one) && !isInside(asked.span, one)),
  );
}

function isSmall(expr: { readonly kind: string; readonly value?: unknown }): boolean {
  return expr.kind === "num" && typeof expr.value === "number" && expr.value < GUARD;
}

function toDraft({ asked, loaded }: AskedPair, input: RuleInput): FindingDraft {
  const isConditional = asked.branch !== loaded.branch;
  const mayDiffer = isAnnotated(asked);
  const isMinor = isBeforeWrites({ asked, loaded }, input);
  return {
    key: [asked.symbol, asked.model],
    confidence: asked.related || asked.symbol !== loaded.symbol || isConditional || mayDiffer || isOncePerRun(asked) || isMinor ? "possible" : "likely",
    claim: `\`count()\` asks about \`${nameOf(asked.model)}\` rows that are then loaded: two queries for one answer.`,
    ...(asked.inTemplate
      ? { reason: "The `length` filter loads the rows and keeps them for the loop.", remedy: "Use the `length` filter here: the rows are needed anyway." }
      : {
          reason: "`len()` of the queryset loads the rows and keeps them for the loop.",
          remedy: "Use `len()` on the queryset here: the rows are needed anyway.",
        }),
    doubt: mayDiffer
      ? "count() leaves out annotations that nothing asks for, and a join of theirs repeats rows: the two numbers can differ"
      : isMinor
        ? BEFORE_WRITES
        : "if the rows are often not loaded afterwards, count() is the cheaper question",
    model: asked.model,
    places: [
      { role: "queryset", span: asked.origin.span },
      { role: "access", span: asked.span, label: "one query more" },
      { role: "access", span: loaded.span, label: "loads the rows" },
    ],
    fixes: mayDiffer ? [] : fixesFor(asked, input),
  };
}

/** Since Django 4.2 `count()` strips annotations that no filter and no order uses, and with them the joins that they bring. */
function isAnnotated({ origin }: QueryRun): boolean {
  return origin.calls.some(({ name }) => name === "annotate");
}

function fixesFor(asked: QueryRun, input: RuleInput): FixDraft[] {
  if (asked.inTemplate) return templateFix(asked.span, input);
  const call = callAt(input, asked.span);
  if (call?.callee.kind !== "attribute" || !isNamed(call.callee.object)) return [];
  return [
    {
      title: "Count the rows at hand",
      safety: "review",
      edits: [{ span: asked.span, text: `len(${sourceText(input, asked.span.file, call.callee.object)})` }],
    },
  ];
}

/** `{{ rows.count }}` of Django's templates and `{{ rows.count() }}` of Jinja's. */
function templateFix(span: Span, input: RuleInput): FixDraft[] {
  const asked = /^[\w.]+?(\.count(?:\(\))?)$/.exec(sourceText(input, span.file, span));
  if (asked?.[1] === undefined) return [];
  return [{ title: "Count the rows at hand", safety: "review", edits: [{ span: { ...span, start: span.end - asked[1].length }, text: "|length" }] }];
}
