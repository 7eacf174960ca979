/** Who keeps VACUUM from removing dead rows: whatever still sees the past. */
import type { Backend, Database } from "../../model/index.ts";
import { formatNumber } from "../../model/numbers.ts";
import { daysSince, spanWords } from "./rates.ts";

export interface Holder {
  readonly kind: "session" | "prepared" | "slot" | "standby";
  /** `Session 4711 of app (psql)`, at the start of a sentence. */
  readonly who: string;
  /** Stable between runs, for the finding's id. */
  readonly key: string;
  /** Transactions that began since. */
  readonly age: number;
  /** In days; null where it is not known. */
  readonly lasting: number | null;
  readonly isIdle: boolean;
  /** `idle in transaction for 42 min`. */
  readonly state: string;
}

/** The oldest first. Workers of autovacuum and this program's own session hold nothing for long. */
export function holdersOf(database: Database): readonly Holder[] {
  const { activity, replication } = database.server;
  const all = [
    ...activity.flatMap((one) => sessionHolder(database, one)),
    ...replication.preparedTransactions.map((one): Holder => prepared(database, one)),
    ...replication.slots.flatMap((one) => slotHolder(database, one)),
    ...replication.standbys.flatMap(({ application, xminAge, state }) => (xminAge === null ? [] : [standby(application, xminAge, state)])),
  ];
  return all.toSorted((a, b) => b.age - a.age);
}

/** A session without a snapshot holds nothing, however long it idles: its age is null. */
function sessionHolder(database: Database, one: Backend): Holder[] {
  const isOwn = one.application === "luthier" || one.kind.startsWith("autovacuum") || one.kind === "walsender";
  if (isOwn || one.xminAge === null) return [];
  const isIdle = (one.state ?? "").startsWith("idle in transaction");
  const lasting = daysSince(database, one.transactionAt);
  const idle = isIdle ? daysSince(database, one.stateAt) : null;
  const words = one.application === "" ? "" : ` (${one.application})`;
  const state = idle === null ? `in a transaction${lasting === null ? "" : ` for ${spanWords(lasting)}`}` : `idle in a transaction for ${spanWords(idle)}`;
  return [
    {
      kind: "session",
      who: `Session ${one.pid} of ${one.user ?? "an unknown user"}${words}`,
      key: `${one.user ?? ""} ${one.application}`,
      age: one.xminAge,
      lasting: idle ?? lasting,
      isIdle,
      state,
    },
  ];
}

function prepared(database: Database, { id, owner, preparedAt, xminAge }: Database["server"]["replication"]["preparedTransactions"][number]): Holder {
  const lasting = daysSince(database, preparedAt);
  return {
    kind: "prepared",
    who: `The prepared transaction \`${id}\` of ${owner}`,
    key: id,
    age: xminAge,
    lasting,
    isIdle: true,
    state: `prepared${lasting === null ? "" : ` ${spanWords(lasting)} ago`} and never ended`,
  };
}

function slotHolder(
  database: Database,
  { name, active, xminAge, catalogXminAge, inactiveSince }: Database["server"]["replication"]["slots"][number],
): Holder[] {
  const ages = [xminAge, catalogXminAge].flatMap((age) => age ?? []);
  if (ages.length === 0) return [];
  const lasting = active ? null : daysSince(database, inactiveSince);
  return [
    {
      kind: "slot",
      who: `The replication slot \`${name}\``,
      key: name,
      age: Math.max(...ages),
      lasting,
      isIdle: !active,
      state: active ? "whose reader is behind" : `which nobody reads${lasting === null ? "" : ` for ${spanWords(lasting)}`}`,
    },
  ];
}

function standby(application: string, age: number, state: string): Holder {
  return {
    kind: "standby",
    who: `The standby \`${application}\``,
    key: application,
    age,
    lasting: null,
    isIdle: false,
    state: `${state}, by hot_standby_feedback`,
  };
}

/** Transactions that began since: told, a warning, an error. Ours. */
export const INFO_AGE = 1_000_000;
export const WARNING_AGE = 10_000_000;
export const ERROR_AGE = 100_000_000;
/** A transaction of a web request lasts a second: ours. */
export const LONG_TRANSACTION = 15 / (24 * 60);
export const LONG_IDLE = 5 / (24 * 60);

/** Old by transactions, or by the clock. */
export function isHolding({ age, lasting, isIdle, kind }: Holder, least = INFO_AGE): boolean {
  if (age >= least) return true;
  return lasting !== null && kind !== "slot" && lasting >= (isIdle ? LONG_IDLE : LONG_TRANSACTION);
}

export const ageWords = ({ age }: Holder): string => `${formatNumber(age)} transactions`;
