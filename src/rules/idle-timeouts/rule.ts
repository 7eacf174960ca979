import type { DatabaseDraft, EvidenceInput, Rule } from "../../model/index.ts";
import { auditEntries, oncePerFile, type Entry } from "../deployment/entries.ts";
import { timeoutDrafts, type TimeoutKind } from "../deployment/missing-timeouts.ts";

export const rule: Rule = {
  meta: {
    id: "idle-timeouts",
    chapter: "4.3",
    summary: "Nothing ends a transaction that waits for its client",
    severity: "warning",
    confidence: "likely",
    fix: "sometimes",
    stage: "stable",
  },
  audit: (input) => oncePerFile(auditEntries(input, (entry) => draftsOf(entry, input), "OPTIONS.options")),
};

const IDLE: TimeoutKind = {
  names: ["idle_in_transaction_session_timeout", "transaction_timeout"],
  setting: "idle_in_transaction_session_timeout",
  claim: (alias) => `Nothing ends a transaction of \`${alias}\` whose client has stopped asking: no \`idle_in_transaction_session_timeout\` is set.`,
  reason:
    "A worker that hangs, or a shell that somebody left open within `atomic()`, keeps its row locks and the horizon of VACUUM for hours: what waits for the rows waits as long, and dead rows stay in every table.",
};

function draftsOf(entry: Entry, input: EvidenceInput): DatabaseDraft[] {
  return timeoutDrafts(entry, input, IDLE);
}
