import type { DatabaseDraft, EvidenceInput, Rule } from "../../model/index.ts";
import { auditEntries, oncePerFile, type Entry } from "../deployment/entries.ts";
import { timeoutDrafts, type TimeoutKind } from "../deployment/missing-timeouts.ts";

export const rule: Rule = {
  meta: {
    id: "missing-timeout",
    chapter: "4.3",
    summary: "Nothing ends a statement that runs for ever",
    severity: "warning",
    confidence: "likely",
    fix: "sometimes",
    stage: "stable",
  },
  audit: (input) => oncePerFile(auditEntries(input, (entry) => draftsOf(entry, input), "OPTIONS.options")),
};

const STATEMENT: TimeoutKind = {
  names: ["statement_timeout", "transaction_timeout"],
  setting: "statement_timeout",
  claim: (alias) => `Nothing ends a statement of \`${alias}\`: no \`statement_timeout\` is set, and a request that was given up runs on in the server.`,
  reason:
    "A web server that kills a worker, or a client that goes away, does not end the statement: PostgreSQL notices at the next row that it sends. Until then it holds its locks, its memory and its connection.",
};

function draftsOf(entry: Entry, input: EvidenceInput): DatabaseDraft[] {
  return timeoutDrafts(entry, input, STATEMENT);
}
