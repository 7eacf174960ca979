import { settingNumber } from "../../postgres/setting-number.ts";
import type { Database, DatabaseDraft } from "../../model/index.ts";
import { catalogEvidence, gapIn } from "../database/evidence.ts";
import { judged, liveRule, settingSpot, systemFix, unknown } from "../connections/live.ts";

/** Bytes of a statement that sessions show: 1 kB is the default, and cuts off what Django writes for a page of joins. */
const LEAST_QUERY_SIZE = 4096;

export const rule = liveRule(
  {
    id: "CONN-D06",
    chapter: "4.3",
    summary: "Settings of the server, a role or the database work against each other, or hide what is slow",
    severity: "info",
    fix: "sometimes",
  },
  (database) => {
    const gap = gapIn(database, "settings");
    if (gap !== null || database.server.settings.length === 0) return unknown(gap?.why ?? "needs pg_settings, which could not be read");
    const drafts = [...lattice(database), ...cutStatements(database), ...hiddenWaits(database), ...evicted(database)];
    const roles = gapIn(database, "settings of roles");
    const unread =
      database.server.overrides === undefined
        ? { object: "", why: "needs settings of roles, which snapshots of this version hold (luthier snapshot --db URL)" }
        : roles;
    return judged(
      drafts,
      `${database.server.settings.length} settings, ${database.server.overrides?.length ?? 0} of roles and databases`,
      unread === null ? [] : [unread],
    );
  },
);

/** Each limit that another one makes pointless, for the server and for each role that sets one of its own. */
const PAIRS = [
  {
    inner: "lock_timeout",
    outer: "statement_timeout",
    harm: "the statement is cancelled first, with 57014 in place of 55P03, and who held the lock is never said",
  },
  { inner: "statement_timeout", outer: "transaction_timeout", harm: "the transaction's limit ends the session before the statement's own limit is reached" },
  { inner: "idle_in_transaction_session_timeout", outer: "transaction_timeout", harm: "the longer one is ignored" },
] as const;

function lattice(database: Database): DatabaseDraft[] {
  return scopes(database).flatMap(({ who, value, isOwn }) =>
    PAIRS.flatMap(({ inner, outer, harm }) => {
      const [a, b] = [value(inner), value(outer)];
      if (a === null || b === null || a <= 0 || b <= 0 || a < b || !(isOwn(inner) || isOwn(outer))) return [];
      return [
        {
          key: ["lattice", who, inner, outer],
          severity: "warning" as const,
          claim: `For ${who} \`${inner}\` (${ms(a)}) is not below \`${outer}\` (${ms(b)}), so it never ends anything.`,
          reason: `PostgreSQL takes whichever comes first: ${harm}.`,
          remedy: `Set \`${inner}\` below \`${outer}\`: a fifth of it is common for locks.`,
          doubt: "the session can set its own",
          places: [settingSpot(inner, ms(a)), settingSpot(outer, ms(b))],
          evidence: [catalogEvidence(database, { [inner]: a, [outer]: b })],
          fixes: [],
        },
      ];
    }),
  );
}

interface Scope {
  readonly who: string;
  readonly value: (name: string) => number | null;
  readonly isOwn: (name: string) => boolean;
}

function scopes(database: Database): Scope[] {
  const overrides = database.server.overrides ?? [];
  const roles = [...new Set(overrides.flatMap(({ role }) => (role === null ? [] : [role])))];
  const effective = (role: string | null, name: string): number | null => {
    // What a role has in a database goes before what it has everywhere, and that before the database's own.
    const own = overrides.filter((one) => one.name === name && (one.role === null || one.role === role)).toSorted((a, b) => rank(b) - rank(a))[0];
    const setting = database.server.settings.find((one) => one.name === name);
    return own === undefined || setting === undefined ? settingNumber(setting) : timeOf(own.value);
  };
  const server: Scope = { who: "the server", value: (name) => database.settingNumber(name), isOwn: () => true };
  return [
    server,
    ...roles.map((role): Scope => ({
      who: `the role \`${role}\``,
      value: (name) => effective(role, name),
      isOwn: (name) => overrides.some((one) => one.role === role && one.name === name),
    })),
  ];
}

const rank = ({ role, database }: { readonly role: string | null; readonly database: string | null }): number =>
  (role === null ? 0 : 2) + (database === null ? 0 : 1);

const UNITS: Readonly<Record<string, number>> = { "": 1, us: 0.001, ms: 1, s: 1000, min: 60_000, h: 3_600_000, d: 86_400_000 };

/** `10s`, `2min`, `500`: milliseconds, as ALTER ROLE keeps what was written. */
function timeOf(value: string): number | null {
  const [, number = "", unit = ""] = /^\s*(-?[\d.]+)\s*([a-z]*)\s*$/.exec(value) ?? [];
  const factor = UNITS[unit];
  return number === "" || factor === undefined ? null : Number(number) * factor;
}

const ms = (value: number): string => (value >= 1000 && value % 1000 === 0 ? `${value / 1000} s` : `${value} ms`);

/** Only where a statement was seen that had been cut off. */
function cutStatements(database: Database): DatabaseDraft[] {
  const size = database.settingNumber("track_activity_query_size");
  if (size === null || size >= LEAST_QUERY_SIZE) return [];
  const cut = database.server.activity.filter(({ sql }) => sql !== null && Buffer.byteLength(sql) >= size - 1);
  if (cut.length === 0) return [];
  return [
    {
      key: ["track_activity_query_size"],
      claim: `${cut.length} of ${database.server.activity.length} sessions show their statement cut off after ${size - 1} bytes.`,
      reason: "What a session runs is what one looks for when it blocks others; Django's joins put the WHERE clause behind that limit.",
      remedy: `Set \`track_activity_query_size\` to ${LEAST_QUERY_SIZE}; it takes a restart.`,
      doubt: "it costs that many bytes a connection",
      places: [settingSpot("track_activity_query_size", `${size} bytes`)],
      evidence: [catalogEvidence(database, { cut: cut.length, bytes: size })],
      fixes: [],
    },
  ];
}

/** Deadlocks happened, and the log says nothing of who waits for whom. */
function hiddenWaits(database: Database): DatabaseDraft[] {
  const deadlocks = database.server.counters.database?.deadlocks ?? 0;
  if (database.setting("log_lock_waits") !== "off" || deadlocks === 0) return [];
  return [
    {
      key: ["log_lock_waits"],
      claim: `The server counted ${deadlocks} ${deadlocks === 1 ? "deadlock" : "deadlocks"}, and \`log_lock_waits\` is off.`,
      reason:
        "Its log would name the sessions that wait for a lock for longer than `deadlock_timeout`, with their statements; those that end in a deadlock are a few of them.",
      remedy: "Turn it on; it writes a line only when someone waits for a second.",
      doubt: "the deadlocks can be old: the counter is never reset by itself",
      places: [settingSpot("log_lock_waits", "off")],
      evidence: [catalogEvidence(database, { deadlocks })],
      fixes: [systemFix("Log waits for locks", "log_lock_waits", "on")],
    },
  ];
}

/** A few an hour are a handful of odd statements; more, and the list of the slowest is not whole. Ours. */
const EVICTED = 100;

function evicted(database: Database): DatabaseDraft[] {
  const gone = database.server.counters.statementsEvicted ?? 0;
  const most = database.settingNumber("pg_stat_statements.max");
  if (gone <= EVICTED || most === null) return [];
  return [
    {
      key: ["pg_stat_statements.max"],
      severity: "warning",
      claim: `pg_stat_statements threw entries out ${gone} times: its ${most} are too few for the statements of this server.`,
      reason: "What is thrown out starts again from zero, so that sums of statements with many shapes are too low.",
      remedy: "Find statements that differ only in a list's length or in a name, and raise `pg_stat_statements.max`; it takes a restart.",
      doubt: "entries of other databases of this server count too",
      places: [settingSpot("pg_stat_statements.max", String(most))],
      evidence: [catalogEvidence(database, { evicted: gone, most })],
      fixes: [],
    },
  ];
}
