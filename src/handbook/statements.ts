/** The statements that pages speak of, with the lines that send them. */
import { positionOf } from "../findings/positions.ts";
import type { HandbookStatement } from "../model/handbook.ts";
import type { EvidenceInput } from "../model/rule.ts";
import type { SentFrom } from "../workload/pieces.ts";
import type { TimedStatement } from "../workload/time-base.ts";
import type { Work } from "./input.ts";

/** Where the source sends a statement, as far as its shape and the recording tell. */
export function sitesOf({ source }: EvidenceInput, { statement, recordedAt }: TimedStatement): readonly SentFrom[] {
  const written =
    source === null || statement === null
      ? []
      : statement.written.sites.flatMap(({ span, how, sent = [] }) =>
          [span, ...sent].map((one) => ({ file: one.file, line: positionOf(source.text(one.file), one.start).line, how })).slice(0, 1),
        );
  return written.length > 0 || recordedAt?.isOnly !== true ? written : [{ file: recordedAt.file, line: recordedAt.line, how: "recorded" }];
}

/** So many of the costliest are kept, and all that findings name. */
const MOST = 25;

export function handbookStatements(work: Work, behind: ReadonlyMap<string, readonly string[]>): readonly HandbookStatement[] {
  const named = new Set([...behind.values()].flat());
  return work.timed.filter(({ id }, index) => index < MOST || named.has(id)).map((one) => toStatement(one, work));
}

function toStatement(one: TimedStatement, work: Work): HandbookStatement {
  const { id, sql, calls, meanMs, time, share, statement, recordedAt } = one;
  const places = work.sentFrom(one);
  return {
    id,
    sql,
    calls,
    meanMs,
    time: work.base === null ? null : time,
    share,
    places: places.length > 0 || recordedAt === undefined ? places : [{ file: recordedAt.file, line: recordedAt.line, how: "recorded" }],
    certainty: statement?.written.certainty ?? (recordedAt?.isOnly === true ? "unique" : "unknown"),
    source: statement === null || work.base?.from === "recording" ? "recording" : (statement.seenIn[0] ?? ""),
  };
}

/** Statements of each finding: those that its time comes from, and those that it names. */
export function statementsBehind({ gains, report }: Work): ReadonlyMap<string, readonly string[]> {
  return new Map(
    report.findings.flatMap(({ id, places }) => {
      const own = gains.touched.get(id)?.pieces.map(({ statement }) => statement) ?? [];
      const named = places.flatMap(({ role, object }) => (role === "statement" && object !== undefined ? [object] : []));
      const all = [...new Set([...own, ...named])];
      return all.length === 0 ? [] : [[id, all] as const];
    }),
  );
}
