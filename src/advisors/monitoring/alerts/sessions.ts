/** Connections, transactions that stand still, and locks. */
import { formatNumber } from "../../../model/numbers.ts";
import { levelAlert, MINUTE, type Alert } from "../alert.ts";
import { seconds } from "../words.ts";
import type { Watched } from "../watched.ts";

export function sessionAlerts(watched: Watched): Alert[] {
  return [...connectionAlerts(watched), idleAlert(watched), longTransactionAlert(watched), lockAlert(watched), queueAlert(watched)];
}

// ----------------------------------------------------------------------------------------------------------- connections

/** Of what clients may use (pgDash, pganalyze and this project's notes warn at 80 %; the page is ours: what is left is gone within a deployment). */
const WARN_SHARE = 0.8;
const PAGE_SHARE = 0.95;

function connectionAlerts({ target, connections: { most, reserved, usable }, database, thresholds }: Watched): Alert[] {
  const now = database.server.activity.filter(({ kind }) => kind === "client backend").length;
  const common = {
    target,
    metric: "luthier_session_connections",
    step: 1,
    normal: Math.min(now, Math.floor(usable / 2)),
    summary: ({ value }: { readonly value: string }) => `${value} of ${usable} connections are in use`,
  };
  const because = (share: number): string =>
    `${Math.round(share * 100)} % of the ${usable} connections that max_connections = ${most} leaves after ${reserved} reserved ones; ${now} were open at the snapshot`;
  const steps = [
    `See who holds them: SELECT application_name, state, count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' GROUP BY 1, 2 ORDER BY 3 DESC;`,
    "Many in the state idle: a deployment doubled the processes, or a pool is too large. Scale back, or put PgBouncer before them (chapter 4 of the handbook).",
    "Many in the state idle in transaction: see IdleInTransaction.",
    `Many in the state active: a statement became slow. See StatementSlower and LockWait before raising max_connections above ${most}.`,
  ];
  const warn = limitOf(thresholds["monitoring.connections"] ?? WARN_SHARE, usable);
  const page = limitOf(PAGE_SHARE, usable);
  return [
    levelAlert({
      ...common,
      name: "ConnectionsHigh",
      over: warn,
      hold: 10 * MINUTE,
      severity: "ticket",
      because: because(WARN_SHARE),
      steps,
      description: ({ value }) => `${value} clients are connected; above ${usable} every further one is refused with "sorry, too many clients already".`,
    }),
    ...(page > warn
      ? [
          levelAlert({
            ...common,
            name: "ConnectionsExhausted",
            over: page,
            hold: 2 * MINUTE,
            severity: "page",
            because: because(PAGE_SHARE),
            steps,
            description: ({ value }) =>
              `${value} of ${usable}: new requests begin to fail with "remaining connection slots are reserved". max_connections is ${most}.`,
          }),
        ]
      : []),
  ];
}

const limitOf = (share: number, usable: number): number => Math.max(1, Math.min(usable - 1, Math.floor(share * usable)));

// ---------------------------------------------------------------------------------------------------------- transactions

/** In seconds, where no timeout says otherwise: this project's notes (§C.3) and pgwatch. */
const IDLE_SECONDS = 30;
const LONG_SECONDS = 15 * MINUTE;
/** The server checks its timeouts at once; what lives so much longer has another one. Ours. */
const PAST_TIMEOUT = 1.5;

function idleAlert({ target, database, thresholds }: Watched): Alert {
  const timeout = (database.settingNumber("idle_in_transaction_session_timeout") ?? 0) / 1000;
  const over = thresholds["monitoring.idle-in-transaction"] ?? (timeout > 0 ? Math.max(1, Math.ceil(timeout * PAST_TIMEOUT)) : IDLE_SECONDS);
  return levelAlert({
    target,
    metric: "luthier_session_longest_idle_in_transaction_seconds",
    name: "IdleInTransaction",
    over,
    step: 1,
    normal: 0,
    hold: MINUTE,
    severity: "ticket",
    summary: ({ value }) => `A transaction has been idle for ${value} s`,
    description: ({ plain }) =>
      `It keeps its locks, and VACUUM of ${plain(database.catalog.database.name)} from removing what died since. ${timeout > 0 ? `idle_in_transaction_session_timeout is ${seconds(timeout)} here: a role overrides it.` : "idle_in_transaction_session_timeout is 0 here: nothing ends it."}`,
    because:
      timeout > 0
        ? `${PAST_TIMEOUT} times idle_in_transaction_session_timeout = ${seconds(timeout)}, which should have ended it`
        : `${IDLE_SECONDS} s, since idle_in_transaction_session_timeout is 0 on this server`,
    steps: [
      "Find it: SELECT pid, usename, application_name, now() - state_change AS idle, query FROM pg_stat_activity WHERE state LIKE 'idle in transaction%' ORDER BY state_change;",
      "The query shown is the last one before the pause: look for its line with luthier top-statements, and for what the code does after it (HTTP, mail, a task's result).",
      "End it if others wait: SELECT pg_terminate_backend(PID);",
    ],
  });
}

function longTransactionAlert({ target, database, thresholds }: Watched): Alert {
  const timeout = (database.settingNumber("transaction_timeout") ?? 0) / 1000;
  const over = thresholds["monitoring.long-transaction"] ?? (timeout > 0 ? Math.max(1, Math.ceil(timeout * PAST_TIMEOUT)) : LONG_SECONDS);
  return levelAlert({
    target,
    metric: "luthier_session_longest_transaction_seconds",
    name: "LongTransaction",
    over,
    step: 1,
    normal: 1,
    hold: 5 * MINUTE,
    severity: "ticket",
    summary: ({ value }) => `A transaction is ${value} s old`,
    description: ({ plain }) => `Until it ends, no vacuum of ${plain(database.catalog.database.name)} removes rows that died after it began.`,
    because:
      timeout > 0
        ? `${PAST_TIMEOUT} times transaction_timeout = ${seconds(timeout)}`
        : `15 min; transaction_timeout is ${database.setting("transaction_timeout") === null ? `not there before PostgreSQL 17, and this is ${database.server.version}` : "0 here"}`,
    steps: [
      "Find it: SELECT pid, usename, application_name, now() - xact_start AS age, state, query FROM pg_stat_activity WHERE xact_start IS NOT NULL ORDER BY xact_start LIMIT 5;",
      "A backup (pg_dump) may take as long as it takes; a web process may not. See IdleInTransaction if it is idle.",
    ],
  });
}

// ----------------------------------------------------------------------------------------------------------------- locks

/** Waits shorter than five times what the server itself takes for too long are everyday business: ours. */
const DEADLOCK_TIMES = 5;

function lockAlert({ target, database, thresholds }: Watched): Alert {
  const check = (database.settingNumber("deadlock_timeout") ?? 1000) / 1000;
  const most = (database.settingNumber("lock_timeout") ?? 0) / 1000;
  const wanted = DEADLOCK_TIMES * check;
  const over = thresholds["monitoring.lock-wait"] ?? Math.max(1, Math.ceil(most > 0 ? Math.min(wanted, most * PAST_TIMEOUT) : wanted));
  return levelAlert({
    target,
    metric: "luthier_session_longest_wait_seconds",
    name: "LockWait",
    over,
    step: 1,
    normal: 0,
    hold: MINUTE,
    severity: "page",
    summary: ({ value }) => `A session has waited ${value} s for a lock`,
    description: () =>
      `Requests behind it stand still. The server looks for a deadlock after ${seconds(check)}, and this is none: somebody holds the lock and goes on.`,
    because:
      most > 0
        ? `the lesser of ${DEADLOCK_TIMES} times deadlock_timeout = ${seconds(check)} and ${PAST_TIMEOUT} times lock_timeout = ${seconds(most)}`
        : `${DEADLOCK_TIMES} times deadlock_timeout = ${seconds(check)}; lock_timeout is 0, so that a wait has no end`,
    steps: [
      "Who blocks whom: SELECT pid, pg_blocking_pids(pid) AS blocked_by, wait_event, now() - query_start AS since, query FROM pg_stat_activity WHERE wait_event_type = 'Lock';",
      "The blocker is a migration: end it, and run it again with lock_timeout set. It is idle in transaction: end it (IdleInTransaction).",
    ],
  });
}

/** Of all connections: so many stand still that the rest is used up soon. Ours. */
const QUEUE_SHARE = 0.1;
const LEAST_QUEUE = 3;

function queueAlert({ target, connections: { usable } }: Watched): Alert {
  const over = Math.max(LEAST_QUEUE, Math.floor(QUEUE_SHARE * usable));
  return levelAlert({
    target,
    metric: "luthier_session_waiting",
    name: "LockQueue",
    over,
    step: 1,
    normal: 0,
    hold: MINUTE,
    severity: "page",
    summary: ({ value }) => `${value} sessions wait for locks`,
    description: ({ value }) => `${value} of ${usable} connections stand still behind one lock; the rest follow as requests come in.`,
    because: `${formatNumber(QUEUE_SHARE * 100)} % of the ${usable} usable connections, ${LEAST_QUEUE} at the least`,
    steps: ["As for LockWait: end the session that pg_blocking_pids names for all of them."],
  });
}
