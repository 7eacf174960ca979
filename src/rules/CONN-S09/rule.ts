import type { DatabaseDraft, EvidenceInput, Rule, Said, SettingValue } from "../../model/index.ts";
import { auditEntries, confidenceOf, doubtOf, isOpen, optionOf, type Entry } from "../deployment/entries.ts";
import { filesEvidence } from "../deployment/evidence.ts";
import { isPerTransaction, poolerOf, type Pooler } from "../deployment/pooler.ts";
import { replaceValue, reviewFix } from "../deployment/setting-edits.ts";

export const rule: Rule = {
  meta: {
    id: "CONN-S09",
    chapter: "4.1",
    summary: "A prepare_threshold that does nothing, or that a pooler breaks",
    severity: "info",
    confidence: "certain",
    fix: "sometimes",
    stage: "stable",
  },
  audit: (input) => auditEntries(input, (entry) => draftsOf(entry, input)),
};

/** Django hands the driver None unless OPTIONS says otherwise, and binds on the client: only both options together prepare anything. */
function draftsOf(entry: Entry, { deployment }: EvidenceInput): DatabaseDraft[] {
  const { database } = entry;
  const threshold = optionOf(database, "prepare_threshold");
  if (threshold === null || threshold.spot === null || typeof threshold.value !== "number") return [];
  const bindsOnServer = optionOf(database, "server_side_binding")?.value === true;
  if (!bindsOnServer) return isOpen(database, "OPTIONS.server_side_binding", ["code"]) ? [] : [idle(entry, threshold)];
  const pooler = poolerOf(database, deployment);
  return pooler === null || !isPerTransaction(pooler) || keepsStatements(deployment.poolers) ? [] : [broken(entry, threshold, pooler)];
}

/** PgBouncer renames and keeps prepared statements where `max_prepared_statements` is above 0. */
function keepsStatements(poolers: EvidenceInput["deployment"]["poolers"]): boolean {
  return poolers.some(({ values }) => Number(values.get("max_prepared_statements")?.value ?? 0) > 0);
}

function idle(entry: Entry, threshold: Said<SettingValue>): DatabaseDraft {
  const { alias } = entry.database;
  return {
    ...common(entry, threshold),
    claim: `\`prepare_threshold\` of \`${alias}\` has no effect: without \`server_side_binding\` Django prepares no statement.`,
    reason: "Django's cursors bind parameters on the client, so that each statement's text is new to the server; nothing of it can be prepared.",
    remedy: "Leave the option out, or set `server_side_binding` to True as well and measure what planning costs.",
    doubt: doubtOf("cursors that the project opens on the driver itself do prepare", threshold),
    fixes: [],
  };
}

function broken(entry: Entry, threshold: Said<SettingValue>, pooler: Pooler): DatabaseDraft {
  const { alias } = entry.database;
  return {
    ...common(entry, threshold),
    severity: "warning",
    claim: `Database \`${alias}\` prepares statements behind a pooler (${pooler.why}) that forgets them between transactions.`,
    reason:
      'A statement is prepared in one server connection and asked for in another: "prepared statement does not exist". PgBouncer keeps them from 1.21 on, where `max_prepared_statements` is above 0.',
    remedy: "Set `prepare_threshold` to None, or `max_prepared_statements` in the pooler (PgBouncer 1.21), with psycopg 3.2 and libpq 17 on the client.",
    doubt: doubtOf(
      "the pooler's own default of max_prepared_statements is 200 from PgBouncer 1.24 on, and its version is not known here",
      threshold,
      pooler.said,
    ),
    fixes: reviewFix("Prepare nothing", [replaceValue(threshold, "None")]),
  };
}

function common(entry: Entry, threshold: Said<SettingValue>): Pick<DatabaseDraft, "key" | "confidence" | "places" | "evidence"> {
  return {
    key: [entry.database.alias, threshold.spot?.span.file ?? ""],
    confidence: confidenceOf(entry, threshold),
    places: threshold.spot === null ? [] : [threshold.spot],
    evidence: [filesEvidence(threshold.spot)],
  };
}
