import type { FindingDraft, Rule, RuleInput } from "../../model/index.ts";
import { holderName } from "../names.ts";
import { byPlace, isRecorded, ms, waitingEvidence, waitingPlaces, waitings, type Waiting } from "../transactions/outside.ts";

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
    const found = byPlace(waitings(input, input.thresholds["external-call-in-transaction"]).filter(({ kind }) => kind !== "sleep"));
    return {
      drafts: found.map((one) => ({ ...toDraft(one, source), evidence: waitingEvidence(one) })),
      unjudged: [],
      examined: `${source.facts.outsideCalls?.length ?? 0} calls out of the process`,
    };
  },
};

const WAITS: Readonly<Record<Waiting["kind"], string>> = {
  http: "the other service answers",
  cloud: "the other service answers",
  mail: "the mail server has taken the message",
  process: "the other program ends",
  task: "a worker has run the task",
  sleep: "the time is over",
  other: "the other service answers",
};

function toDraft(one: Waiting & { readonly others: number }, source: RuleInput): FindingDraft {
  const { block, target, kind, recorded } = one;
  const where = holderName(one.symbol, source.program);
  const opened =
    block === null
      ? "the transaction that ATOMIC_REQUESTS opens"
      : block.holder === where || block.holder === ""
        ? "its transaction"
        : `the transaction of \`${block.holder}\``;
  const seen = recorded === null ? "" : ` The slowest of ${recorded.calls} took ${ms(recorded.slowest)} ms.`;
  return {
    key: [where, target, block === null ? "request" : block.holder],
    confidence: isRecorded(one) ? "certain" : "likely",
    claim: `\`${where}\` calls \`${target}\` inside ${opened}.`,
    reason: `Until ${WAITS[kind]}, the connection is taken and every row lock of the transaction is kept.${one.others === 0 ? "" : ` ${one.others} more ${one.others === 1 ? "transaction reaches" : "transactions reach"} this line.`}${seen}`,
    remedy: remedyOf(one),
    doubt:
      kind === "mail"
        ? "an e-mail backend that only stores or prints messages waits for nobody"
        : recorded === null
          ? "how long the call takes was not measured"
          : "a recording shows what ran, not what production's network does",
    places: waitingPlaces(one, "waits here"),
    fixes: [],
  };
}

function remedyOf({ block, kind }: Waiting): string {
  if (kind === "mail") return `Send it from \`transaction.on_commit(…)\`: a transaction that is rolled back has then sent nothing.`;
  if (block === null) return "Decorate the view with `@transaction.non_atomic_requests` and open `transaction.atomic()` around the writes alone.";
  return `Make the call before \`${block.holder === "" ? "the block" : block.holder}\` opens its transaction, or from \`transaction.on_commit(…)\` when its answer is not needed there.`;
}
