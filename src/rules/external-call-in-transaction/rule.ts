import type { FindingDraft, Rule, RuleInput, Span } from "../../model/index.ts";
import { groupBy } from "../../model/group-by.ts";
import { callAt } from "../code.ts";
import { isCommandFile } from "../command-files.ts";
import { holderName } from "../names.ts";
import { comesBeforeStatements } from "../transactions/before-statements.ts";
import { lockBefore } from "../transactions/locks.ts";
import { isRecorded, moreTransactions, ms, nearestOfEach, placeOf, waitingEvidence, waitingPlaces, waitings, type Waiting } from "../transactions/outside.ts";

export const rule: Rule = {
  meta: {
    id: "external-call-in-transaction",
    chapter: "4.2",
    summary: "A call to another service, a mail server or another program runs while a transaction is open",
    severity: "warning",
    confidence: "likely",
    fix: "never",
    stage: "stable",
  },
  audit: (input) => {
    const { source } = input;
    if (source === null) return { drafts: [], unjudged: [{ object: "", why: "needs the source" }], examined: "" };
    const waiting = waitings(input, input.thresholds["external-call-in-transaction"]).filter(({ kind }) => kind !== "sleep");
    const found = behindOneCall(nearestOfEach(waiting, placeOf));
    return {
      drafts: found.map((one) => ({ ...toDraft(one, source), evidence: waitingEvidence(one) })),
      unjudged: [],
      examined: `${source.facts.outsideCalls?.length ?? 0} calls out of the process`,
    };
  },
};

type Last = Waiting & { readonly others: number };

/** One call of a block is one thing to move, also where it is served by several classes: its nearest wait, and the lines of the others. */
function behindOneCall(all: readonly Last[]): readonly (Last & { readonly beside: readonly Span[] })[] {
  const keyOf = ({ block, calls: [first], span }: Last): string => placeOf({ span: block !== null && first !== undefined ? first : span });
  return [...groupBy(all, keyOf).values()].flatMap((same) => {
    const [nearest, ...beside] = same.toSorted((a, b) => Number(isRecorded(b)) - Number(isRecorded(a)) || a.calls.length - b.calls.length);
    return nearest === undefined ? [] : [{ ...nearest, beside: beside.map(({ span }) => span) }];
  });
}

const WAITS: Readonly<Record<Waiting["kind"], string>> = {
  http: "the other service answers",
  cloud: "the other service answers",
  mail: "the mail server has taken the message",
  process: "the other program ends",
  task: "a worker has run the task",
  sleep: "the time is over",
  other: "the other service answers",
};

function toDraft(one: Last & { readonly beside: readonly Span[] }, source: RuleInput): FindingDraft {
  const { block, target, kind, recorded, others, beside } = one;
  const where = holderName(one.symbol, source.program);
  const opened =
    block === null
      ? "the transaction that ATOMIC_REQUESTS opens"
      : block.holder === where || block.holder === ""
        ? "its transaction"
        : `the transaction of \`${block.holder}\``;
  const minor = whyMinor(one, source);
  const seen = recorded === null ? "" : ` The slowest of ${recorded.calls} took ${ms(recorded.slowest)} ms.`;
  const alike = beside.length === 0 ? "" : ` The same call may come to ${beside.length} more that ${beside.length === 1 ? "waits" : "wait"}.`;
  return {
    key: [where, target, block === null ? "request" : block.holder],
    confidence: isRecorded(one) ? "certain" : minor !== null ? "possible" : "likely",
    claim: `\`${where}\` calls \`${target}\` inside ${opened}.`,
    reason: `Until ${WAITS[kind]}, the connection is taken and every row lock of the transaction is kept.${moreTransactions(others)}${alike}${seen}`,
    remedy: remedyOf(one),
    doubt:
      minor ??
      (kind === "mail"
        ? "an e-mail backend that only stores or prints messages waits for nobody"
        : recorded === null
          ? "how long the call takes was not measured"
          : "a recording shows what ran, not what production's network does"),
    places: [...waitingPlaces(one, "waits here"), ...beside.map((span) => ({ role: "call" as const, span, label: "or here" }))],
    fixes: [],
  };
}

/** A call that gives up so soon, in seconds, keeps a connection no longer than a slow statement does. Ours. */
const SHORT_TIMEOUT = 2;

/** Why nobody waits for the call, as far as the source tells; null where nothing says so, or a recording saw it. */
function whyMinor(one: Last, source: RuleInput): string | null {
  const { block, recorded, calls, span, root } = one;
  if (recorded !== null || block === null) return null;
  if (comesBeforeStatements(source, block, [...calls, span]))
    return "nothing is asked of the database before it: the transaction has locked no row yet, and PostgreSQL has not been told of it";
  if (lockBefore(source, block, { root, steps: [...calls, span] }) !== null) return null;
  const timeout = callAt(source, span)?.keywords.find(({ name }) => name === "timeout")?.value;
  if (timeout?.kind === "num" && timeout.value <= SHORT_TIMEOUT)
    return `the call gives up after ${timeout.value} s by its own timeout, and no row was seen to be locked before it`;
  return isCommandFile(block.file) ? "a command has a connection of its own, and no row was seen to be locked before the call" : null;
}

function remedyOf({ block, kind }: Waiting): string {
  if (kind === "mail") return `Send it from \`transaction.on_commit(…)\`: a transaction that is rolled back has then sent nothing.`;
  if (block === null) return "Decorate the view with `@transaction.non_atomic_requests` and open `transaction.atomic()` around the writes alone.";
  return `Make the call before \`${block.holder === "" ? "the block" : block.holder}\` opens its transaction, or from \`transaction.on_commit(…)\` when its answer is not needed there.`;
}
