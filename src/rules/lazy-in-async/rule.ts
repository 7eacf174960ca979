import { insertion } from "../../fixes/chain-edit.ts";
import { keepColumnFix } from "../../fixes/keep-column.ts";
import { lazyLoadFixes } from "../../fixes/lazy-load-fixes.ts";
import type { FindingDraft, FixDraft, LazyLoad, QueryRun, Rule, RuleInput, Spot, Write } from "../../model/index.ts";
import { pathTo } from "../../python/syntax-tree.ts";
import { callAt } from "../code.ts";
import { isAtLeast } from "../../model/django-at-least.ts";
import { isCoveredElsewhere, isRefused } from "../load-places.ts";
import { dotted, holderName, modelName } from "../names.ts";

export const rule: Rule = {
  meta: {
    id: "lazy-in-async",
    chapter: "2.5",
    summary: "A lazy load or a synchronous query runs in an async function, where Django refuses it",
    severity: "error",
    confidence: "likely",
    fix: "sometimes",
    stage: "stable",
  },
  check: (input) => firstOfEach([...loadDrafts(input), ...runDrafts(input), ...writeDrafts(input)]),
};

function loadDrafts(input: RuleInput): FindingDraft[] {
  return input.facts.loads
    .filter((load) => isRefused(load) && load.origin.kind !== "instance" && !isCoveredElsewhere(load, input.facts))
    .map((load) => ofLoad(load, input));
}

function ofLoad(load: LazyLoad, input: RuleInput): FindingDraft {
  const path = dotted(load.path);
  const what = load.reason === "deferred" ? `reads the left-out column \`${path}\`` : `reads \`${path}\``;
  return {
    ...shared,
    key: [load.origin.symbol, load.origin.model, load.path],
    confidence: load.doubts.length > 0 || load.origin.kind === "parameter" ? "possible" : "likely",
    claim: `\`${holderName(load.origin.symbol, input.program)}\` ${what} of \`${modelName(load.origin.model)}\` in an async function: Django raises SynchronousOnlyOperation.`,
    remedy:
      load.reason === "deferred"
        ? "Load the column with the row."
        : `Load it with the row: \`${load.joinable ? "select_related" : "prefetch_related"}("${load.path}")\`, or read it in \`sync_to_async\`.`,
    model: load.origin.model,
    relation: load.path,
    places: [{ role: "queryset", span: load.origin.span }, ...load.calls.map((span): Spot => ({ role: "call", span })), { role: "access", span: load.access }],
    fixes: load.reason === "deferred" ? keepColumnFix([load], input) : lazyLoadFixes(load, [load], input),
  };
}

function runDrafts(input: RuleInput): FindingDraft[] {
  return input.facts.runs
    .filter((run) => run.isAsync && !run.awaited && run.doubts.length === 0 && !run.cached && !run.related && !run.inTemplate && !run.atImport)
    .map((run) => ofRun(run, input));
}

function ofRun(run: QueryRun, input: RuleInput): FindingDraft {
  return {
    ...shared,
    key: [run.symbol, run.model, run.how],
    claim: `\`${holderName(run.symbol, input.program)}\` runs a \`${modelName(run.model)}\` query (${run.how}) in an async function: Django raises SynchronousOnlyOperation.`,
    remedy:
      run.how === "iterate" || run.how === "list"
        ? "Use `async for`, or wrap the call in `sync_to_async`."
        : "Await the asynchronous method (`aget`, `acount`, …), or wrap the call in `sync_to_async`.",
    model: run.model,
    places: [{ role: "queryset", span: run.origin.span }, ...run.calls.map((span): Spot => ({ role: "call", span })), { role: "access", span: run.span }],
    fixes: awaitFix(run, input),
  };
}

function writeDrafts(input: RuleInput): FindingDraft[] {
  return input.facts.writes.filter((write) => write.isAsync && !write.awaited).map((write) => ofWrite(write, input));
}

function ofWrite(write: Write, input: RuleInput): FindingDraft {
  const model = write.model === null ? "rows" : `\`${modelName(write.model)}\``;
  return {
    ...shared,
    key: [write.symbol, write.model ?? "", write.how],
    claim: `\`${holderName(write.symbol, input.program)}\` calls \`${write.how}()\` of ${model} in an async function: Django raises SynchronousOnlyOperation.`,
    remedy: `Await \`a${write.how}()\`, or wrap the call in \`sync_to_async\`.`,
    ...(write.model === null ? {} : { model: write.model }),
    places: [...write.calls.map((span): Spot => ({ role: "call", span })), { role: "access", span: write.span }],
    fixes: [],
  };
}

const shared = {
  reason: "Django's synchronous queries are refused while an event loop runs in the thread.",
  doubt: "the function is only run in a thread without a loop, or DJANGO_ALLOW_ASYNC_UNSAFE is set",
} as const;

function firstOfEach(drafts: readonly FindingDraft[]): FindingDraft[] {
  const seen = new Set<string>();
  return drafts.filter((draft) => {
    const span = draft.places.at(-1)?.span;
    const key = `${span?.file}:${span?.start}`;
    const isNew = !seen.has(key);
    seen.add(key);
    return isNew;
  });
}

/** Methods that have an asynchronous twin since Django 4.1. */
const TWINS: ReadonlySet<string> = new Set(["get", "first", "last", "count", "exists", "latest", "earliest", "aggregate", "in_bulk", "contains"]);

/** `Order.objects.get(…)` becomes `await Order.objects.aget(…)`, in brackets where it goes on. */
function awaitFix(run: QueryRun, input: RuleInput): FixDraft[] {
  const call = callAt(input, run.span);
  const path = pathTo(input.program, run.span);
  const holder = path.findLast((node) => node.kind === "function" || node.kind === "lambda" || node.kind === "comprehension");
  if (run.calls.length > 0 || call?.callee.kind !== "attribute" || !TWINS.has(call.callee.name) || !isAtLeast(input.project.djangoVersion, 4, 1)) return [];
  if (holder?.kind !== "function" || !holder.isAsync) return [];
  const parent = path[path.indexOf(call) - 1];
  const isAlone = parent === undefined || ["assign", "expr", "return", "if", "call"].includes(parent.kind);
  const { file } = run.span;
  const name = insertion(file, call.callee.nameStart, "a");
  const edits = isAlone ? [insertion(file, call.start, "await "), name] : [insertion(file, call.start, "(await "), name, insertion(file, call.end, ")")];
  return [{ title: `Await a${call.callee.name}()`, safety: "review", edits }];
}
