import type { Database, DatabaseDraft } from "../../model/index.ts";
import { flowEvidence, flowOf, judged, liveRule, round3, settingSpot, unknown, type Flow } from "../connections/live.ts";
import { formatPercent } from "../../model/numbers.ts";

/** New sessions for each transaction: one for every five shows that nothing pools (this project's notes, CONN-D05, which count requests). */
const CHURN = 0.2;
/** Fewer a second cost nobody anything: ours. */
const LEAST_PER_SECOND = 1;
/** Sessions that ended without saying so, and time in transactions that is spent waiting for the client: this project's notes. */
const ABANDONED_SHARE = 0.01;
const IDLE_SHARE = 0.3;
/** A share of a handful says nothing: ours. */
const LEAST_SESSIONS = 100;
const LEAST_BUSY = 0.1;

export const rule = liveRule({ id: "CONN-D05", summary: "Sessions are opened for each request, abandoned, or wait inside transactions" }, (database) => {
  const flow = flowOf(database);
  if ("why" in flow) return unknown(flow.why);
  const { active, idle } = concurrency(flow);
  return judged(
    [...churn(database, flow), ...abandoned(database, flow), ...waiting(database, flow)],
    `${flow.counters.sessions ?? 0} sessions, ${round3(active + idle)} connections in transactions at once, ${flow.said}`,
  );
});

/** Mean of the connections that work, and that wait inside a transaction: what a pool in transaction mode needs at least. */
function concurrency({ counters, seconds }: Flow): { readonly active: number; readonly idle: number } {
  return { active: (counters.activeMs ?? 0) / 1000 / seconds, idle: (counters.idleInTransactionMs ?? 0) / 1000 / seconds };
}

function churn(database: Database, flow: Flow): DatabaseDraft[] {
  const sessions = flow.counters.sessions ?? 0;
  const transactions = flow.counters.commits + flow.counters.rollbacks;
  const rate = sessions / flow.seconds;
  if (rate < LEAST_PER_SECOND || sessions < LEAST_SESSIONS || sessions / Math.max(1, transactions) <= CHURN) return [];
  return [
    {
      key: ["churn"],
      claim: `${round3(rate)} new sessions a second, one for every ${round3(transactions / sessions)} transactions: nothing keeps connections.`,
      reason: "Each costs a process of the server, an exchange of keys and Django's own first statements before the first query of the request.",
      remedy: "Keep them: `CONN_MAX_AGE` under WSGI, Django's pool under ASGI, or PgBouncer; see the advice on connections.",
      doubt: "sessions of monitoring, backups and jobs are counted too",
      places: [settingSpot("max_connections", `${round3(rate)} new sessions a second`)],
      evidence: [flowEvidence(database, flow, { sessions, transactions, seconds: Math.round(flow.seconds) })],
      fixes: [],
    },
  ];
}

function abandoned(database: Database, flow: Flow): DatabaseDraft[] {
  const sessions = flow.counters.sessions ?? 0;
  const lost = flow.counters.sessionsAbandoned ?? 0;
  if (sessions < LEAST_SESSIONS || lost / sessions <= ABANDONED_SHARE) return [];
  return [
    {
      key: ["abandoned"],
      claim: `${lost} of ${sessions} sessions (${formatPercent(lost / sessions)}) ended because the client was gone without closing them.`,
      reason:
        "Workers that are killed in the middle of a request, or a network that drops idle connections, leave such sessions; until the server notices, their locks stay.",
      remedy:
        "Compare the worker's timeout with the slowest requests, and set keepalives on both sides (`tcp_keepalives_idle`, and `keepalives_idle` in OPTIONS).",
      doubt: "containers that are stopped without warning look the same",
      places: [settingSpot("tcp_keepalives_idle", `${lost} abandoned sessions`)],
      evidence: [flowEvidence(database, flow, { sessions, abandoned: lost })],
      fixes: [],
    },
  ];
}

function waiting(database: Database, flow: Flow): DatabaseDraft[] {
  const { active, idle } = concurrency(flow);
  const share = idle / (active + idle);
  if (idle < LEAST_BUSY || share <= IDLE_SHARE) return [];
  return [
    {
      key: ["waiting"],
      claim: `${formatPercent(share)} of the time in transactions the server waits for its clients: ${round3(idle)} connections at any moment.`,
      reason: `${round3(active)} connections work at the same time, so that a pool needs ${round3(active + idle)} on average instead of ${round3(active)}.`,
      remedy:
        "Find what runs inside transactions besides statements (external-call-in-transaction, idle-in-transaction, ATOMIC_REQUESTS) before any pool is made larger.",
      doubt: "Python between two statements counts too, and a little of it is normal",
      places: [settingSpot("idle_in_transaction_session_timeout", formatPercent(share))],
      evidence: [flowEvidence(database, flow, { active: round3(active), idleInTransaction: round3(idle) })],
      fixes: [],
    },
  ];
}
