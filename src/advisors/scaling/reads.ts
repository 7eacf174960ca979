/** The statements that a replica could answer, and their share of calls and of time. */
import type { AdvisorInput, Statement, StatementSite } from "../../model/index.ts";
import type { Frame, Recording } from "../../model/recording.ts";
import { judgeReads, type ReadVerdict } from "../../rules/scaling/movable-reads.ts";
import { mainSettings, primaryOf } from "../../rules/scaling/aliases.ts";
import { openSqlParser } from "../../sql/open-parser.ts";
import { tablesOf } from "../../sql/compare-shapes.ts";
import { textKey } from "../../workload/time-base.ts";

export interface ReadShare {
  readonly verdicts: readonly ReadVerdict[];
  readonly total: Weight;
  readonly reads: Weight;
  readonly strict: Weight;
  readonly relaxed: Weight;
  /** With those that several lines send, and those of no known line: the most that can be true. */
  readonly possible: Weight;
  /** Reads and writes of which no line of the source is known. */
  readonly unplaced: Weight;
  /** `pg_stat_statements`, `recording …`. */
  readonly from: string;
  readonly isTimed: boolean;
}

export interface Weight {
  readonly statements: number;
  readonly calls: number;
  readonly ms: number;
}

/** Null where no statement is known at all. */
export async function readShare(input: AdvisorInput): Promise<ReadShare | null> {
  const { statements, from } = await statementsOf(input);
  if (statements.length === 0) return null;
  const isAtomicRequests = primaryOf(mainSettings(input.deployment))?.atomicRequests?.value === true;
  const parser = await openSqlParser();
  const wrote = input.recording === null ? new Map<string, ReadonlySet<string>>() : writtenBefore(input.recording, (sql) => tablesIn(parser.shapeOf(sql)));
  const verdicts = judgeReads(statements, { database: input.database, source: input.source, isAtomicRequests }).map((one) => afterRecordedWrite(one, wrote));
  const weigh = (isIn: (one: ReadVerdict) => boolean): Weight => weightOf(verdicts.filter(isIn));
  const isApplication = ({ obstacle }: ReadVerdict): boolean => obstacle !== "not the application's";
  return {
    verdicts: verdicts.filter(isApplication),
    total: weigh(isApplication),
    reads: weigh((one) => isApplication(one) && one.obstacle !== "write"),
    strict: weigh(({ strict }) => strict),
    relaxed: weigh(({ relaxed }) => relaxed),
    possible: weigh(({ relaxed, perhaps }) => relaxed || perhaps),
    unplaced: weigh(({ obstacle }) => obstacle === "no line found"),
    from,
    isTimed: verdicts.some(({ statement }) => statement.totalMs > 0),
  };
}

function weightOf(verdicts: readonly ReadVerdict[]): Weight {
  return {
    statements: verdicts.length,
    calls: verdicts.reduce((sum, { statement }) => sum + statement.calls, 0),
    ms: verdicts.reduce((sum, { statement }) => sum + statement.totalMs, 0),
  };
}

// ----------------------------------------------------------------------------------------------------------- statements

async function statementsOf({ database, recording, source }: AdvisorInput): Promise<{ readonly statements: readonly Statement[]; readonly from: string }> {
  const counted = database?.workload.statements ?? [];
  if (database !== null && counted.length > 0)
    return {
      statements: counted,
      from: `${counted.some(({ seenIn }) => seenIn.includes("pg_stat_statements")) ? "pg_stat_statements" : "the server's log"} of ${database.server.address}`,
    };
  if (recording === null) return { statements: [], from: "" };
  const parser = await openSqlParser();
  const text = source?.text ?? (() => "");
  const total = recording.microseconds / 1000;
  const statements = recording.top.map(({ sql, statements: calls, microseconds, stack }, index): Statement => {
    const sites = stack.flatMap((frame) => siteOf(frame, text)).slice(0, 1);
    const shape = parser.shapeOf(sql);
    const root = shape?.base?.name ?? "";
    const unplaced = /^(?:django_|auth_)/.test(root) ? ("framework" as const) : ("unknown" as const);
    return {
      id: `recorded-${index + 1}`,
      sql,
      shape,
      seenIn: ["recording"],
      calls,
      totalMs: microseconds / 1000,
      meanMs: calls === 0 ? 0 : microseconds / 1000 / calls,
      ...NOT_COUNTED,
      share: total === 0 ? 0 : microseconds / 1000 / total,
      samples: [],
      written: sites.length === 0 ? { certainty: unplaced, sites } : { certainty: "unique", sites },
    };
  });
  return { statements, from: `recording ${recording.folder}` };
}

const NOT_COUNTED = {
  deviationMs: null,
  rows: null,
  sharedHit: null,
  sharedRead: null,
  tempWritten: null,
  walBytes: null,
  plans: null,
  planMs: null,
  jitMs: null,
  workersPlanned: null,
  workersLaunched: null,
} as const;

/** A line of the project, as a place in its text. */
function siteOf({ owner, file, line, name, kind }: Frame, text: (file: string) => string): StatementSite[] {
  if (owner !== "project" || kind !== "python") return [];
  const all = text(file);
  let start = 0;
  for (let at = 1; at < line; at += 1) start = all.indexOf("\n", start) + 1;
  const indent = /^\s*/.exec(all.slice(start))?.[0].length ?? 0;
  return [{ span: { file, start: start + indent, end: start + indent }, symbol: name, model: "", how: "recorded" }];
}

// --------------------------------------------------------------------------------------------------------------- writes

/** Tables that a request had written to before it sent the statement, in any request that was kept whole. */
function writtenBefore({ samples }: Recording, tables: (sql: string) => readonly string[]): ReadonlyMap<string, ReadonlySet<string>> {
  const found = new Map<string, Set<string>>();
  for (const { kind, statements } of samples) {
    if (kind !== "request") continue;
    const written = new Set<string>();
    for (const { sql } of statements) {
      if (/^\s*(?:INSERT|UPDATE|DELETE)\b/i.test(sql)) {
        const [first] = tables(sql);
        if (first !== undefined && first !== "django_session") written.add(first);
      } else if (written.size > 0) {
        const known = found.get(textKey(sql)) ?? new Set<string>();
        for (const one of written) known.add(one);
        found.set(textKey(sql), known);
      }
    }
  }
  return found;
}

const tablesIn = (shape: Statement["shape"]): readonly string[] => (shape === null ? [] : tablesOf(shape).map(({ table }) => table.name));

function afterRecordedWrite(verdict: ReadVerdict, wrote: ReadonlyMap<string, ReadonlySet<string>>): ReadVerdict {
  const written = verdict.relaxed ? wrote.get(textKey(verdict.statement.sql)) : undefined;
  if (written === undefined) return verdict;
  const own = tablesIn(verdict.statement.shape).find((name) => written.has(name));
  const detail =
    own === undefined
      ? `recorded after a write to \`${[...written][0] ?? ""}\` in the same request`
      : `recorded after a write to \`${own}\`, which it reads, in the same request`;
  return { ...verdict, strict: false, relaxed: own === undefined, perhaps: own === undefined, obstacle: "after a write", detail };
}

/** At most, when all that moves costs the primary nothing any more. */
export function mostSpeedUp({ total }: ReadShare, moved: Weight): number {
  return total.ms <= 0 ? 1 : 1 / Math.max(0.01, 1 - moved.ms / total.ms);
}

/** Time left on the primary, when it answers its part of the reads beside `replicas` of them. */
export function leftOnPrimary({ total }: ReadShare, moved: Weight, replicas: number, isShared: boolean): number {
  return total.ms - moved.ms + (isShared ? moved.ms / (replicas + 1) : 0);
}
