import type { DatabaseDraft, EvidenceInput, Rule, RuleInput } from "../../model/index.ts";
import type { TransactionTotals } from "../../model/recording.ts";
import { holderName } from "../names.ts";
import { blockAround } from "../transactions/blocks.ts";
import {
  isRecorded,
  ms,
  nearestOfEach,
  ownFrame,
  placeOf,
  spanOfLine,
  waitingEvidence,
  waitingPlaces,
  waitings,
  type Waiting,
} from "../transactions/outside.ts";
import { isTestFile } from "../test-files.ts";
import { formatSpan } from "../../model/numbers.ts";

export const rule: Rule = {
  meta: {
    id: "idle-in-transaction",
    chapter: "4.2",
    summary: "A transaction stays open while nothing is asked of the database",
    severity: "warning",
    confidence: "likely",
    fix: "never",
    stage: "stable",
  },
  audit: (input) => {
    const { source, recording, thresholds } = input;
    if (source === null) return { drafts: [], unjudged: [{ object: "", why: "needs the source" }], examined: "" };
    const all = waitings(input);
    const sleeping = nearestOfEach(
      all.filter(({ kind }) => kind === "sleep"),
      placeOf,
    ).map((one) => sleepDraft(one, source));
    const silent = silences(input, source, thresholds["idle-in-transaction"] ?? LEAST_IDLE_MS, all);
    return { drafts: [...sleeping, ...silent], unjudged: [], examined: recording === null ? "" : `${recording.transactions.length} kinds of transactions` };
  },
};

function sleepDraft(one: Waiting, source: RuleInput): DatabaseDraft {
  const { block, target, recorded } = one;
  const where = holderName(one.symbol, source.program);
  const opened =
    block === null
      ? "the transaction that ATOMIC_REQUESTS opens"
      : block.holder === where || block.holder === ""
        ? "its transaction"
        : `the transaction of \`${block.holder}\``;
  return {
    key: [where, target, block === null ? "request" : block.holder],
    confidence: isRecorded(one) ? "certain" : "likely",
    claim: `\`${where}\` sleeps inside ${opened}.`,
    reason: `The session is idle in transaction: it keeps its locks, and VACUUM keeps every row that died since it began.${recorded === null ? "" : ` Recorded: ${recorded.calls} times, ${formatSpan(ms(recorded.slowest))} at most.`}`,
    remedy: "Wait between transactions, and open one for the writes alone; inside one, under REPEATABLE READ nothing that others commit is seen anyway.",
    doubt: "a sleep of a few milliseconds costs little where nothing else wants the rows",
    places: waitingPlaces(one, "sleeps here"),
    evidence: waitingEvidence(one),
    fixes: [],
  };
}

/** Median silence within the transactions of one name. 250 ms: five times what this project's notes call a gap (CONN-T02), since a recorder is running. Ours. */
const LEAST_IDLE_MS = 250;

/** What silence a recording saw and no call out of the process explains. */
function silences({ recording }: EvidenceInput, source: RuleInput, leastMs: number, known: readonly Waiting[]): DatabaseDraft[] {
  return (recording?.transactions ?? []).flatMap((one) => {
    if (one.idle.median < leastMs * 1000) return [];
    const draft = silenceDraft(one, source);
    return draft === null || known.some(({ recorded }) => recorded?.labels.includes(one.label) === true) ? [] : [draft];
  });
}

function silenceDraft(one: TransactionTotals, source: RuleInput): DatabaseDraft | null {
  const { label, idle, held, transactions } = one;
  const [before, after] = [ownFrame(one.before), ownFrame(one.after)];
  if (before === null || isTestFile(before.file)) return null;
  const span = spanOfLine(source, before);
  if (span === null) return null;
  const block = blockAround(source, span);
  const next = after === null ? null : spanOfLine(source, after);
  return {
    key: [label, before.file, before.name],
    confidence: "certain",
    claim: `A transaction of \`${label}\` is silent for ${formatSpan(ms(idle.median))} in the median, ${formatSpan(ms(idle.max))} at most.`,
    reason: `After \`${before.name}\` no statement runs for that long, while locks and connection are kept; the whole transaction takes ${formatSpan(ms(held.median))}.`,
    remedy: `Do the work after \`${before.name}\` before the transaction begins, or after it has ended.`,
    doubt: "a recorder slows Python down; the share of silence is what counts",
    places: [
      ...(block === null ? [] : [{ role: "definition" as const, span: block.head, label: "the transaction begins" }]),
      { role: "call", span, label: "the last statement before the silence" },
      ...(next === null ? [] : [{ role: "call" as const, span: next, label: "the next one" }]),
    ],
    evidence: [
      {
        kind: "recorded",
        note: `recording: ${transactions} ${transactions === 1 ? "transaction" : "transactions"} of ${label}`,
        transactions,
        idleMedian: ms(idle.median),
        idleMost: ms(idle.max),
        heldMedian: ms(held.median),
      },
    ],
    fixes: [],
  };
}
