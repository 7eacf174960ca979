import type { DatabaseDraft, Expr, FunctionDef, Rule, RuleInput, Span, Try } from "../../model/index.ts";
import { callsOf, pathTo } from "../../python/syntax-tree.ts";
import { isWithin } from "../../model/span.ts";
import { listed, modelName } from "../names.ts";
import { blockAround, lastName, type AtomicBlock } from "../transactions/blocks.ts";
import { isSameRoot, lockingBlocks, type Locking } from "../transactions/locks.ts";
import { isTestFile } from "../test-files.ts";

export const rule: Rule = {
  meta: {
    id: "unhandled-operational-error",
    chapter: "4.2",
    summary: "A transaction that locks rows is not tried again after a deadlock, a lock timeout or a lost connection",
    severity: "info",
    confidence: "possible",
    fix: "never",
    stage: "stable",
  },
  audit: ({ source }) => {
    if (source === null) return { drafts: [], unjudged: [{ object: "", why: "needs the source" }], examined: "" };
    const blocks = [...lockingBlocks(source).values()].filter(({ block }) => !isTestFile(block.file));
    const guilty = blocks.flatMap(({ block, locks }) => {
      const waiting = locks.filter((one) => one.manner !== "skips" && !isOfInner(source, block, one));
      return waiting.length === 0 || isHandled(source, block, waiting) ? [] : [toDraft(block, waiting)];
    });
    return { drafts: guilty, unjudged: [], examined: `${blocks.length} transactions that lock rows` };
  },
};

/** A lock that stands in a block of its own is that one's, although the outer block is the transaction. */
function isOfInner(source: RuleInput, block: AtomicBlock, { run }: Locking): boolean {
  const own = blockAround(source, run.span);
  return own !== null && (own.file !== block.file || own.start !== block.start);
}

function toDraft(block: AtomicBlock, locks: readonly Locking[]): DatabaseDraft {
  const models = [...new Set(locks.map(({ run }) => modelName(run.model)))];
  const isNowait = locks.some(({ manner }) => manner === "nowait");
  const isProne =
    isNowait ||
    locks.some((one) => locks.some((other) => other.run.model !== one.run.model && isSameRoot(one.run.trail[0], other.run.trail[0]))) ||
    locks.some((one) => isLoopOfBlock(one, block));
  const name = block.holder === "" ? "The block" : `\`${block.holder}\``;
  const [error, when] = isNowait
    ? ["LockNotAvailable, 55P03", "at once when another transaction has the row"]
    : ["DeadlockDetected, 40P01, or LockNotAvailable, 55P03", "when two transactions want the rows in different orders, or `lock_timeout` ends the wait"];
  return {
    key: [block.file, block.holder, ...models],
    severity: isProne ? "warning" : "info",
    confidence: isProne ? "likely" : "possible",
    claim: `${name} locks ${listed(models)} rows, and nothing tries again after an OperationalError.`,
    reason: `PostgreSQL raises one (${error}) ${when}; the transaction is lost and whoever asked sees a server error.`,
    remedy: "Catch `OperationalError` outside of the `atomic` block, and run the block again two or three times.",
    doubt: isProne
      ? "a caller that the source does not show, or a middleware, can try again"
      : "one row at a time in one order does not deadlock by itself; `lock_timeout` and a lost connection remain",
    places: [
      { role: "definition", span: block.head, label: "the transaction begins" },
      ...locks.slice(0, MOST_PLACES).map(({ run }) => ({ role: "call", span: run.span, label: "rows are locked" }) as const),
    ],
    evidence: [{ kind: "inferred", note: `source: no \`except\` for it around the block, in the function's decorators or in the functions that call ${name}` }],
    fixes: [],
  };
}

/** One transaction locks row after row; a loop around the block opens one for each row. */
function isLoopOfBlock({ run }: Locking, block: AtomicBlock): boolean {
  if (run.loop === null || !run.madeInLoop) return false;
  return isWithin(run.loop.span, block) || ![...run.calls, run.span].some((at) => isWithin(at, block));
}

const MOST_PLACES = 3;

function isHandled(input: RuleInput, block: AtomicBlock, locks: readonly Locking[]): boolean {
  if (isCaught(input, block.head) || (block.def !== null && isRetried(block.def))) return true;
  if (locks.every(({ run }) => isTurnedAway(input, run.span))) return true;
  if (locks.every(({ run }) => run.trail.some((span) => isCaught(input, span)))) return true;
  return block.def !== null && isCalledSafely(input, block.def.name);
}

const CAUGHT =
  /^(?:OperationalError|DatabaseError|Error|Exception|BaseException|LockNotAvailable|DeadlockDetected|TransactionRollbackError|SerializationFailure)$/;

/** Within the body of a `try` whose handlers take the error; the block itself has to be inside. */
function isCaught(input: RuleInput, span: Span): boolean {
  const path = pathTo(input.program, span);
  const from = path.findLastIndex(({ kind }) => kind === "function");
  const tries = path.slice(from + 1).filter((node): node is Try => node.kind === "try");
  const holder = path[from];
  return (
    tries.some((one) => one.body.some((stmt) => stmt.start <= span.start && stmt.end >= span.end) && one.handlers.some(({ type }) => takes(type))) ||
    (holder?.kind === "function" && isRetried(holder))
  );
}

/** The error of the lock itself makes another one of it (`raise self.retry()`), or ends the function: nothing goes on in the lost transaction. */
function isTurnedAway(input: RuleInput, span: Span): boolean {
  const path = pathTo(input.program, span);
  const tries = path.slice(path.findLastIndex(({ kind }) => kind === "function") + 1).filter((node): node is Try => node.kind === "try");
  return tries.some(
    ({ body, handlers }) =>
      body.some((stmt) => stmt.start <= span.start && stmt.end >= span.end) &&
      handlers.some(({ type, body: then }) => {
        const last = then.at(-1);
        return takes(type) && (last?.kind === "return" || (last?.kind === "raise" && last.value !== null));
      }),
  );
}

function takes(type: Expr | null): boolean {
  if (type === null) return true;
  if (type.kind === "sequence") return type.items.some(takes);
  return CAUGHT.test(lastName(type));
}

/** tenacity, backoff, celery's `autoretry_for`, and what projects write themselves. */
const RETRY = /retry|backoff|tenacity|stamina|try_again/i;

function isRetried({ decorators }: FunctionDef): boolean {
  return decorators.some(
    (one) => RETRY.test(lastName(one)) || RETRY.test(moduleName(one)) || (one.kind === "call" && one.keywords.some(({ name }) => name === "autoretry_for")),
  );
}

function moduleName(expr: Expr): string {
  if (expr.kind === "call") return moduleName(expr.callee);
  return expr.kind === "attribute" ? lastName(expr.object) : "";
}

/** Every call by that name that the project makes is inside a `try` that takes the error; none is no answer. */
function isCalledSafely(input: RuleInput, name: string): boolean {
  const calls = callsByName(input).get(name) ?? [];
  return calls.length > 0 && calls.every((span) => isCaught(input, span));
}

const namedCalls = new WeakMap<RuleInput["program"], ReadonlyMap<string, readonly Span[]>>();

function callsByName({ program }: RuleInput): ReadonlyMap<string, readonly Span[]> {
  const known = namedCalls.get(program);
  if (known !== undefined) return known;
  const found = new Map<string, Span[]>();
  for (const { origin, ir } of program.modules.values()) {
    if (origin !== "project" || isTestFile(ir.file)) continue;
    for (const node of callsOf(ir)) {
      const name = lastName(node.callee);
      const spans = found.get(name) ?? [];
      spans.push({ file: ir.file, start: node.start, end: node.end });
      found.set(name, spans);
    }
  }
  namedCalls.set(program, found);
  return found;
}
