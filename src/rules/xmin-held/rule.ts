import { formatNumber } from "../../model/numbers.ts";
import type { Database, DatabaseDraft, FixDraft, ObjectSpot, Rule, Severity } from "../../model/index.ts";
import { counterEvidence, gapIn } from "../database/evidence.ts";
import { ageWords, ERROR_AGE, holdersOf, INFO_AGE, isHolding, WARNING_AGE, type Holder } from "../database/horizon.ts";
import { shortName, tableSpot } from "../database/names.ts";

export const rule: Rule = {
  meta: {
    id: "xmin-held",
    chapter: "5.1",
    summary: "A session, slot, prepared transaction or standby keeps VACUUM from removing dead rows",
    severity: "warning",
    confidence: "certain",
    fix: "sometimes",
    stage: "stable",
    needs: ["database"],
  },
  judge: ({ database, thresholds }) => {
    const holders = holdersOf(database);
    const gap = gapIn(database, "activity", "replication slots", "prepared transactions", "standbys");
    const unseen = isBlind(database) ? [{ object: "", why: "needs the sessions of others, which this role does not see (GRANT pg_monitor)" }] : [];
    return {
      drafts: holders.filter((one) => isHolding(one, thresholds["xmin-held"] ?? INFO_AGE)).map((one) => toDraft(database, one)),
      unjudged: gap === null ? unseen : [gap],
      examined: `${database.server.activity.length} sessions, ${database.server.replication.slots.length} slots`,
    };
  },
};

/** A plain role sees of others' sessions that they are there, and nothing else. */
function isBlind({ server: { user, activity } }: Database): boolean {
  if (user.superuser || user.memberOf.some((role) => role === "pg_monitor" || role === "pg_read_all_stats")) return false;
  return activity.some((one) => one.user !== user.name && one.state === null && one.kind === "");
}

/** The setting that ends each kind by itself. */
const LIMITS: Readonly<Record<Holder["kind"], { readonly setting: string; readonly remedy: string }>> = {
  session: {
    setting: "idle_in_transaction_session_timeout",
    remedy:
      "End it, find the code that leaves its transaction open (a slow call inside `atomic`, ATOMIC_REQUESTS, `iterator()`), and set `idle_in_transaction_session_timeout`.",
  },
  prepared: {
    setting: "max_prepared_transactions",
    remedy: "COMMIT PREPARED or ROLLBACK PREPARED it; set `max_prepared_transactions` to 0 where nothing uses two-phase commit.",
  },
  slot: { setting: "max_slot_wal_keep_size", remedy: "Start its reader, or drop the slot; from 18 on `idle_replication_slot_timeout` does so." },
  standby: { setting: "hot_standby_feedback", remedy: "End the long query on the standby, or turn `hot_standby_feedback` off and let conflicts cancel it." },
};

function toDraft(database: Database, holder: Holder): DatabaseDraft {
  const { setting, remedy } = LIMITS[holder.kind];
  const suffering = mostDead(database);
  return {
    key: [holder.kind, holder.key],
    severity: severityOf(holder),
    claim: `${holder.who}, ${holder.state}, keeps every row that died in the last ${ageWords(holder)}.`,
    reason: `No vacuum of any table removes what it could still see.${suffering === null ? "" : ` \`${suffering.name}\` has ${formatNumber(suffering.dead)} dead rows.`}`,
    remedy,
    doubt: "one look: it can end by itself a moment later",
    places: [{ role: "setting", object: setting }, ...(suffering === null ? [] : [suffering.spot])],
    evidence: [counterEvidence(database, { age: holder.age, ...(holder.lasting === null ? {} : { minutes: Math.round(holder.lasting * 24 * 60) }) })],
    fixes: holder.kind === "session" && holder.isIdle ? timeoutFix(database) : [],
  };
}

function severityOf({ age }: Holder): Severity {
  if (age >= ERROR_AGE) return "error";
  return age >= WARNING_AGE ? "warning" : "info";
}

function mostDead(database: Database): { readonly name: string; readonly dead: number; readonly spot: ObjectSpot } | null {
  const dead = (table: (typeof database.tables)[number]): number => database.tableCounters(table)?.deadRows ?? 0;
  const [worst] = database.tables.toSorted((a, b) => dead(b) - dead(a));
  return worst === undefined || dead(worst) === 0
    ? null
    : { name: shortName(worst), dead: dead(worst), spot: tableSpot(worst, `${formatNumber(dead(worst))} dead rows`) };
}

/** Longer than any page takes to be built: ours. */
const TIMEOUT = "5min";

/** None where a limit is set already and did not do. */
function timeoutFix(database: Database): FixDraft[] {
  if ((database.settingNumber("idle_in_transaction_session_timeout") ?? 0) > 0) return [];
  return [
    {
      title: `End transactions that idle for ${TIMEOUT}`,
      kind: "config",
      safety: "review",
      edits: [],
      sql: {
        forward: [`ALTER SYSTEM SET idle_in_transaction_session_timeout = '${TIMEOUT}'`, "SELECT pg_reload_conf()"],
        reverse: ["ALTER SYSTEM RESET idle_in_transaction_session_timeout", "SELECT pg_reload_conf()"],
        isTransactional: false,
      },
    },
  ];
}
