import type { DatabaseDraft, EvidenceInput, Rule, RuleInput } from "../../model/index.ts";
import type { TransactionTotals } from "../../model/recording.ts";
import { modelName } from "../names.ts";
import { blockAround, type AtomicBlock } from "../transactions/blocks.ts";
import { lockBefore } from "../transactions/locks.ts";
import { isTestFile } from "../test-files.ts";
import {
  callSpots,
  isRecorded,
  moreTransactions,
  ms,
  nearestOfEach,
  ownFrame,
  placeOf,
  spanOfLine,
  waitingEvidence,
  waitings,
  type Waiting,
} from "../transactions/outside.ts";
import { formatCount, formatSpan } from "../../model/numbers.ts";

export const rule: Rule = {
  meta: {
    id: "long-transaction",
    chapter: "4.2",
    summary: "A transaction keeps row locks for as long as something slow takes",
    severity: "warning",
    confidence: "likely",
    fix: "never",
    stage: "stable",
  },
  audit: (input) => {
    const { source, recording, thresholds } = input;
    if (source === null) return { drafts: [], unjudged: [{ object: "", why: "needs the source" }], examined: "" };
    const waiting = waitings(input).filter(({ kind }) => kind !== "sleep");
    const locked = waitingBlocks(waiting, source);
    const slow = held(input, source, thresholds["long-transaction"] ?? LEAST_HELD_MS, waiting);
    return { drafts: [...locked, ...slow], unjudged: [], examined: recording === null ? "" : `${recording.transactions.length} kinds of transactions` };
  },
};

/** One finding a block, whatever number of calls it waits for, and one where several blocks come to the same lock and the same call: the nearest. */
function waitingBlocks(waiting: readonly Waiting[], source: RuleInput): DatabaseDraft[] {
  const found = new Map<string, LockedWaiting>();
  for (const one of waiting) {
    const { block } = one;
    if (block === null) continue;
    const key = `${block.file}:${block.start}`;
    const lock = found.has(key) ? null : lockBefore(source, block, { root: one.root, steps: [...one.calls, one.span] });
    if (lock !== null) found.set(key, { ...one, block, lock });
  }
  return nearestOfEach([...found.values()], (one) => `${placeOf(one.lock)} ${placeOf(one)}`).map((one) => lockedDraft(one));
}

type LockedWaiting = Waiting & { readonly block: AtomicBlock; readonly lock: NonNullable<ReturnType<typeof lockBefore>> };

function lockedDraft(one: LockedWaiting & { readonly others: number }): DatabaseDraft {
  const { block, lock, others, kind, target, recorded, calls, span } = one;
  const rows = lock.model === null ? "rows" : `\`${modelName(lock.model)}\` rows`;
  const name = block.holder === "" ? "The block" : `\`${block.holder}\``;
  return {
    key: [block.file, block.holder],
    confidence: isRecorded(one) ? "certain" : "likely",
    claim: `${name} locks ${rows} with \`${lock.how}\` and then waits for \`${target}\` before it commits.`,
    reason: `Whoever wants the same rows waits as long${recorded === null ? "" : `: ${formatSpan(ms(recorded.slowest))} in the recording`}. A service that hangs holds them until its own timeout.${moreTransactions(others)}`,
    remedy:
      kind === "mail"
        ? "Send it from `transaction.on_commit(…)`: the locks are gone by then, and a transaction that is rolled back has sent nothing."
        : "Ask first, then open the transaction for the writes alone, and check in it that the row is still as it was.",
    doubt: recorded === null ? "how long the other side takes was not measured" : "a recording shows what ran, not what production's network does",
    places: [
      { role: "definition", span: block.head, label: "the transaction begins" },
      { role: "call", span: lock.span, label: "rows are locked" },
      ...callSpots(calls),
      { role: "call", span, label: "waits here" },
    ],
    evidence: waitingEvidence(one),
    fixes: [],
  };
}

/** Median of one name's transactions. A page is felt to be slow from one second on (Nielsen), and a lock that long is felt by others. Ours. */
const LEAST_HELD_MS = 1000;
/** These hold one transaction for their whole work, by design and with nobody waiting for their rows. */
const OWN_TIME: ReadonlySet<string> = new Set(["migrate", "loaddata", "flush", "test", "createcachetable"]);

function held({ recording }: EvidenceInput, source: RuleInput, leastMs: number, known: readonly Waiting[]): DatabaseDraft[] {
  return (recording?.transactions ?? []).flatMap((one) => {
    if (
      one.held.median < leastMs * 1000 ||
      OWN_TIME.has(one.label) ||
      known.some(({ recorded, block }) => block !== null && recorded?.labels.includes(one.label) === true)
    )
      return [];
    const draft = heldDraft(one, source);
    return draft === null ? [] : [draft];
  });
}

function heldDraft(one: TransactionTotals, source: RuleInput): DatabaseDraft | null {
  const { label, transactions, statements, idle } = one;
  const frame = ownFrame(one.before) ?? ownFrame(one.after);
  if (frame === null || isTestFile(frame.file)) return null;
  const span = spanOfLine(source, frame);
  if (span === null) return null;
  const block = blockAround(source, span);
  return {
    key: [label],
    confidence: "certain",
    claim: `A transaction of \`${label}\` is open for ${formatSpan(ms(one.held.median))} in the median, ${formatSpan(ms(one.held.max))} at most.`,
    reason: `It sends ${formatCount(statements.median, "statement")}, and of its time ${formatSpan(ms(idle.median))} pass in one silence. Its locks and its connection are kept to the end.`,
    remedy:
      block === null
        ? `Open a transaction in \`${label}\` around the writes alone.`
        : `Split the work of \`${block.holder}\` into transactions of one batch each, or take out what needs no transaction.`,
    doubt: "a recorder slows Python down, and a small database's statements are faster than production's",
    places: [
      ...(block === null ? [] : [{ role: "definition" as const, span: block.head, label: "the transaction begins" }]),
      { role: "call", span, label: "the last statement before its longest silence" },
    ],
    evidence: [
      {
        kind: "recorded",
        note: `recording: ${transactions} ${transactions === 1 ? "transaction" : "transactions"} of ${label}`,
        transactions,
        heldMedian: ms(one.held.median),
        heldMost: ms(one.held.max),
        statements: statements.median,
      },
    ],
    fixes: [],
  };
}
