/** The time of statements, cut where findings meet it: no second is counted for two. */
import type { Finding, Place } from "../model/finding.ts";
import { isAboutCode, isSourceLine } from "../select/source-line.ts";
import type { RecordedPart } from "./join-recordings.ts";
import type { TimedStatement } from "./time-base.ts";
import { textKey } from "./time-base.ts";

/** A line of source that sends a statement. */
export interface SentFrom {
  readonly file: string;
  readonly line: number;
  readonly how: string;
}

export interface PieceInput {
  readonly statements: readonly TimedStatement[];
  readonly findings: readonly Finding[];
  /** What was recorded of each finding, by its id. */
  readonly parts: ReadonlyMap<string, readonly RecordedPart[]>;
  /** Microseconds of each statement of the recording, by its text's key. */
  readonly recorded: ReadonlyMap<string, number>;
  readonly sentFrom: (statement: TimedStatement) => readonly SentFrom[];
  /** Of statements whose runs were logged: the part that went into putting rows together and sending them, 0 to 1. */
  readonly sending?: ReadonlyMap<string, number>;
}

export interface Piece {
  readonly id: string;
  readonly statement: string;
  readonly time: number;
  /** Of what one line sends, as far as the recording's shares hold. */
  readonly line?: SentFrom;
}

/** How a finding came to its pieces. */
export type Link = "recorded" | "statement" | "line";

export interface Touched {
  readonly pieces: readonly Piece[];
  readonly link: Link;
}

/** The pieces that each finding is about, by its id; findings that no statement leads to are not in it. */
export function touchedPieces(input: PieceInput): ReadonlyMap<string, Touched> {
  const cut = cutStatements(input);
  const touched = new Map<string, Touched>();
  for (const finding of input.findings) {
    const found = recordedPieces(finding, cut, input) ?? ownPart(finding, cut, input) ?? namedPieces(finding, cut) ?? sentPieces(finding, cut, input);
    if (found !== null) touched.set(finding.id, found);
  }
  return touched;
}

interface Cut {
  readonly byStatement: ReadonlyMap<string, readonly Piece[]>;
  readonly byPart: ReadonlyMap<RecordedPart, Piece>;
}

/** Each recorded part is a piece of its statement; what is left of the statement is another. Without such parts, each line that was recorded sending it has its share. */
function cutStatements({ statements, parts, recorded }: PieceInput): Cut {
  const byKey = new Map(statements.toReversed().map((one) => [one.key, one]));
  const own = new Map<string, RecordedPart[]>();
  for (const part of new Set([...parts.values()].flat())) {
    const statement = byKey.get(textKey(part.sql));
    if (statement !== undefined) own.set(statement.id, [...(own.get(statement.id) ?? []), part]);
  }
  const byStatement = new Map<string, readonly Piece[]>();
  const byPart = new Map<RecordedPart, Piece>();
  for (const statement of statements) {
    const of = own.get(statement.id) ?? [];
    if (of.length === 0 && (statement.lines?.length ?? 0) > 1) {
      byStatement.set(statement.id, linePieces(statement, recorded.get(statement.key) ?? 0));
      continue;
    }
    const seen = of.reduce((sum, one) => sum + one.microseconds, 0);
    const all = Math.max(recorded.get(statement.key) ?? 0, seen);
    const pieces = of.map((part, index) => {
      const piece = { id: `${statement.id}#${index}`, statement: statement.id, time: all === 0 ? 0 : (statement.time * part.microseconds) / all };
      byPart.set(part, piece);
      return piece;
    });
    const rest = statement.time - pieces.reduce((sum, one) => sum + one.time, 0);
    byStatement.set(statement.id, [...pieces, { id: `${statement.id}#rest`, statement: statement.id, time: Math.max(0, rest) }]);
  }
  return { byStatement, byPart };
}

/** A statement's time by the recording's share of each line that sends it. What was recorded at none of the project's lines is a piece of its own. */
export function linePieces({ id, time, lines = [] }: TimedStatement, recorded: number): readonly Piece[] {
  const all = Math.max(
    recorded,
    lines.reduce((sum, one) => sum + one.microseconds, 0),
  );
  const pieces = lines.map(({ file, line, microseconds }): Piece => ({
    id: `${id}@${file}:${line}`,
    statement: id,
    time: all === 0 ? 0 : (time * microseconds) / all,
    line: { file, line, how: "recorded" },
  }));
  const rest = time - pieces.reduce((sum, one) => sum + one.time, 0);
  return [...pieces, { id: `${id}#rest`, statement: id, time: Math.max(0, rest) }];
}

function recordedPieces({ id }: Finding, { byPart }: Cut, { parts }: PieceInput): Touched | null {
  const pieces = (parts.get(id) ?? []).flatMap((part) => byPart.get(part) ?? []);
  return pieces.length === 0 ? null : { pieces, link: "recorded" };
}

/** Of a statement that is named beside a line of code, and that other lines send as well: that line's part. */
function ownPart(finding: Finding, cut: Cut, input: PieceInput): Touched | null {
  if (!isAboutCode(finding)) return null;
  const named = namedIn(finding);
  const pieces = (sentPieces(finding, cut, input)?.pieces ?? []).filter(({ statement }) => named.has(statement));
  return pieces.length === 0 ? null : { pieces, link: "line" };
}

function namedPieces(finding: Finding, { byStatement }: Cut): Touched | null {
  const pieces = [...namedIn(finding)].flatMap((id) => byStatement.get(id) ?? []);
  return pieces.length === 0 ? null : { pieces, link: "statement" };
}

const namedIn = ({ places }: Finding): ReadonlySet<string> =>
  new Set(places.flatMap(({ role, object }) => (role === "statement" && object !== undefined ? [object] : [])));

/** Statements that the finding's lines alone send; of others what was recorded at its lines. */
function sentPieces(finding: Finding, { byStatement }: Cut, { statements, recorded, sentFrom }: PieceInput): Touched | null {
  const places = sendingPlaces(finding);
  if (places.length === 0) return null;
  const pieces = statements.flatMap((statement) => {
    const sites = sentFrom(statement);
    const isOwn =
      sites.length > 0 &&
      sites.every((site) => places.some((place) => holds(place, site)) && isOfRule(finding, site)) &&
      canBeOf(finding, statement, recorded.has(statement.key));
    const pieces = byStatement.get(statement.id) ?? [];
    return isOwn ? pieces : pieces.filter(({ line }) => line !== undefined && isSentAt(finding, line, places));
  });
  return pieces.length === 0 ? null : { pieces, link: "line" };
}

function isSentAt(finding: Finding, line: SentFrom, places: readonly Place[]): boolean {
  return !PER_ROW.has(finding.rule) && isOfRule(finding, line) && places.some((place) => holds(place, line));
}

/** Rules about what is sent once a row, or once a round: a recording shows it as a loop, or does not have it. */
export const PER_ROW: ReadonlySet<string> = new Set([
  "n-plus-one",
  "aggregate-in-loop",
  "defeated-prefetch",
  "deferred-field-load",
  "generic-foreign-key-lazy",
  "only-without-foreign-key",
  "prefetch-in-loop",
  "query-in-loop",
  "get-or-create-in-loop",
  "save-in-loop",
  "add-in-loop",
  "delete-in-loop",
  "validation-per-row",
]);

/** Rules about what rows load of themselves: the queryset's own statement is not theirs. */
const LAZY: ReadonlySet<string> = new Set([
  "n-plus-one",
  "deferred-field-load",
  "generic-foreign-key-lazy",
  "only-without-foreign-key",
  "harmful-only",
  "lazy-in-async",
]);

/** Two questions for one answer: the first is not asked any more, and the rows are loaded as they were. */
export const FIRST_GOES: ReadonlySet<string> = new Set(["count-then-iterate", "exists-then-iterate"]);

/** What was counted once, or recorded outside of its loop, is no loop's; what was recorded is sent from where it was recorded, whatever its shape looks like. */
function canBeOf({ rule, places }: Finding, { calls, recordedAt }: TimedStatement, isRecorded: boolean): boolean {
  if (PER_ROW.has(rule) && (calls < 2 || isRecorded)) return false;
  return recordedAt === undefined || places.some(({ file }) => file === recordedAt.file);
}

/** Of a loop, the line in it: the statement that fetched the rows stays when the loop is mended. */
function sendingPlaces({ rule, places }: Finding): readonly Place[] {
  const inSource = places.filter(isSourceLine);
  const inLoop = inSource.filter(({ role }) => role === "access" || role === "write");
  if (FIRST_GOES.has(rule)) return inLoop.slice(0, 1);
  if (LAZY.has(rule)) return inSource.filter(({ role }) => role === "access");
  if (PER_ROW.has(rule) && inLoop.length > 0) return inLoop;
  return inSource.filter(({ role }) => role === "queryset" || role === "access" || role === "write");
}

const holds = (place: Place, { file, line }: SentFrom): boolean => place.file === file && line >= place.line && line <= Math.max(place.line, place.endLine);

function isOfRule({ rule, relation }: Finding, { how }: SentFrom): boolean {
  if (rule === "unused-eager-load") return how !== "recorded" && how.startsWith("prefetch of");
  if (!LAZY.has(rule) || how === "recorded") return true;
  const last = relation?.split("__").at(-1);
  return how.startsWith("lazy load") && (last === undefined || how.endsWith(` ${last}`));
}
