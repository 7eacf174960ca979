/** Queries whose failure is a gap, not the end. */
import type { Gap } from "../../model/index.ts";
import type { ReadOnlyConnection } from "./connection.ts";
import { LOCKED } from "./schema-queries.ts";

export interface Probe {
  /** Rows of one query, in a group of its own; none, and a gap, when it fails. */
  readonly rows: <Row extends object>(part: string, sql: string, values?: Values, missed?: Missed) => Promise<Row[]>;
  readonly gap: (gap: Omit<Gap, "server">) => void;
  /** Oids of relations that another session holds exclusively: what opens them would be waited for. */
  readonly locked: () => readonly number[];
  /** The whole look may take so many milliseconds longer: it waits on purpose. */
  readonly allow: (milliseconds: number) => void;
}

/** Parameters, or what they are with these relations locked. */
export type Values = readonly unknown[] | ((locked: readonly number[]) => readonly unknown[]);

/** What is lost when a part cannot be read, and how to get it. */
export interface Missed {
  readonly cost: string;
  readonly remedy?: string;
}

export interface ProbeOptions {
  readonly statementTimeout: number;
  /** Of the whole look, in milliseconds: a server that answers each query late must not be asked for an hour. */
  readonly budget: number;
}

/** Of parts that are read for one thing alone. */
const COSTS: Readonly<Record<string, string>> = {
  checkpoints: "no checkpoint is judged",
  conflicts: "queries that a replica cancelled are not judged",
  database: "the age of its transaction ids and its locale are not known",
  "extended statistics": "what they say of columns together is not known",
  extensions: "which extensions there are is not known",
  io: "who reads and writes is not known",
  "prepared transactions": "no forgotten transaction is judged",
  progress: "an index that is being built is not told from one that was left",
  receiver: "whether the replica receives is not known",
  "replay lag": "how far the replica is behind is not known",
  "replication slots": "no slot that holds back vacuum is judged",
  server: "the time of the look is not known",
  start: "since when the server runs is not known",
  statements: "how many statements were forgotten is not known",
  types: "labels of enums are not known",
  wal: "how much is logged is not known",
};

/** Of locks that came after the look at them. */
const ATTEMPTS = 3;
const PAUSE_MS = 200;

export async function prober(connection: ReadOnlyConnection, gaps: Gap[], { statementTimeout, budget }: ProbeOptions): Promise<Probe> {
  let ends = Date.now() + budget;
  let allowed = budget;
  let locked: readonly number[] = [];
  const gap: Probe["gap"] = (one) => {
    const isKnown = gaps.some((other) => other.part === one.part && other.why === one.why && other.server === connection.address);
    if (!isKnown) gaps.push({ ...one, server: connection.address });
  };
  const ask = async <Row extends object>(sql: string, values: Values, left: number): Promise<Row[]> => {
    const broken = connection.broken() ?? (Date.now() > ends ? `the whole look took longer than ${allowed / 1000} s` : null);
    if (broken !== null) throw new Error(broken);
    try {
      return await connection.group((query) => query<Row>(sql, typeof values === "function" ? values(locked) : values));
    } catch (error) {
      if (codeOf(error) !== LOCK_NOT_AVAILABLE || left <= 1) throw error;
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      locked = await readLocked(connection, locked);
      return await ask<Row>(sql, values, left - 1);
    }
  };
  const rows: Probe["rows"] = async (part, sql, values = [], { cost, remedy = "" } = { cost: "" }) => {
    try {
      return await ask(sql, values, ATTEMPTS);
    } catch (error) {
      gap({ part, cost: cost === "" ? (COSTS[part] ?? "what it says is not known") : cost, ...reason(error, statementTimeout, remedy) });
      return [];
    }
  };
  locked = await readLocked(connection, []);
  const allow = (milliseconds: number): void => {
    ends += milliseconds;
    allowed += milliseconds;
  };
  return { rows, gap, locked: () => locked, allow };
}

async function readLocked(connection: ReadOnlyConnection, known: readonly number[]): Promise<readonly number[]> {
  try {
    const rows = await connection.group((query) => query<{ oid: number }>(LOCKED));
    return [...new Set([...known, ...rows.map((one) => one.oid)])];
  } catch {
    return known;
  }
}

const LOCK_NOT_AVAILABLE = "55P03";
const CANCELLED = "57014";
const NO_PRIVILEGE = "42501";

/** The remedy of a part is the right to read it. */
function reason(error: unknown, statementTimeout: number, remedy: string): { why: string; remedy: string } {
  const message = error instanceof Error ? error.message : String(error);
  const code = codeOf(error);
  if (code === LOCK_NOT_AVAILABLE) return { why: "another session holds a lock on it", remedy: "take it again when that session is done" };
  if (code === CANCELLED) return { why: `it took longer than ${statementTimeout / 1000} s`, remedy: "give it longer with --timeout" };
  return { why: message, remedy: code === NO_PRIVILEGE ? remedy : "" };
}

function codeOf(error: unknown): string {
  return typeof error === "object" && error !== null && "code" in error ? String(error.code) : "";
}
