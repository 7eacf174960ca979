import { gapIn } from "../database/evidence.ts";
import type { Backend, Database, DatabaseDraft } from "../../model/index.ts";
import { isBlind, judged, liveRule, lookEvidence, NEEDS_MONITOR, round3, secondsBefore, settingSpot } from "../connections/live.ts";

/** Seconds that a transaction of a web application has been open: this project's notes (CONN-D04). */
const WARNING_S = 60;
const ERROR_S = 15 * 60;
/** Programs whose one transaction is as long as their work, by design. */
const LONG_BY_DESIGN = /^(?:pg_dump|pg_dumpall|pg_basebackup|pg_restore|vacuumdb|reindexdb|pg_receivewal|luthier)/;

export const rule = liveRule({ id: "CONN-D04", chapter: "4.2", summary: "A transaction has been working for minutes" }, (database, { thresholds }) => {
  const gap = gapIn(database, "activity");
  const { activity, takenAt } = database.server;
  const open = activity.filter(
    ({ kind, state, transactionAt, application }) =>
      (kind === "client backend" || kind === "") && transactionAt !== null && state?.startsWith("idle") !== true && !LONG_BY_DESIGN.test(application),
  );
  const guilty = open.filter((one) => (secondsBefore(one.transactionAt, takenAt) ?? 0) > (thresholds["CONN-D04"] ?? WARNING_S));
  const unjudged = gap !== null ? [gap] : isBlind(database) ? [{ object: "", why: NEEDS_MONITOR }] : [];
  return judged(
    guilty.map((one) => toDraft(database, one)),
    `${open.length} open transactions`,
    unjudged,
  );
});

function toDraft(database: Database, one: Backend): DatabaseDraft {
  const age = secondsBefore(one.transactionAt, database.server.takenAt) ?? 0;
  const running = secondsBefore(one.statementAt, database.server.takenAt);
  const who = one.application === "" ? `Session ${one.pid}` : `\`${one.application}\``;
  const limit = database.settingNumber("statement_timeout") ?? 0;
  return {
    key: [one.application, one.user ?? "", String(one.pid)],
    severity: age > ERROR_S ? "error" : "warning",
    claim: `${who} (${one.user ?? "?"}) has had its transaction open for ${minutes(age)}.`,
    reason: `${running === null ? "It" : `Its present statement has run for ${minutes(running)}; it`} keeps its locks to the end, and VACUUM keeps every row that died since it began.${limit === 0 ? " No `statement_timeout` of the server ends it." : ""}`,
    remedy: "Split the work into transactions of one batch each; give roles of web processes a `statement_timeout` (ALTER ROLE … SET).",
    doubt: "a report or a migration that runs alone at night is meant to be long",
    places: [settingSpot("statement_timeout", `pid ${one.pid}`)],
    evidence: [lookEvidence(database, { seconds: round3(age) })],
    fixes: [],
  };
}

const minutes = (seconds: number): string => (seconds < 120 ? `${Math.round(seconds)} s` : `${Math.round(seconds / 60)} min`);
