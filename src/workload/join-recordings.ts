/** Joins what was recorded with what the source says: findings rise a rung, and what the source missed is told. */
import type { Evidence, Finding } from "../model/finding.ts";
import type { LoopCluster, Recording, RowCluster } from "../model/recording.ts";
import type { QueryShape } from "../model/shape.ts";
import type { RecordingCoverage, Report } from "../model/report.ts";
import { applyIgnores, type Comment } from "../select/ignore-comments.ts";
import { matchesGlob } from "../select/glob.ts";
import { isTestCode, ownFrame } from "../recording/user-code.ts";
import { growthOfRows, growthOfScopes } from "./growth.ts";
import { findingsOfLoop, findingsOfRows } from "./match-clusters.ts";
import { addOccurrences, alternativeOccurrences, withEvidence } from "./recorded-evidence.ts";
import { blameOfRows, findingsOfMissedLoops, findingsOfMissedRows, isMissedLoop } from "./recorded-findings.ts";
import type { RelationTargetOf } from "./relation-tables.ts";
import type { SourceLines } from "./source-lines.ts";
import { hasMoved, staleFiles, type FileState } from "./stale.ts";

export interface JoinInput extends FileState {
  /** The smaller first, when there are two; the last one gives the figures. */
  readonly recordings: readonly Recording[];
  readonly lines: SourceLines;
  readonly exclude: readonly string[];
  /** What each relation loads, where the models were read. */
  readonly targetOf?: RelationTargetOf;
  /** PostgreSQL's own parser. */
  readonly shapeOf?: (sql: string) => QueryShape | null;
}

interface Joined {
  /** Clusters of each finding. */
  readonly rows: Map<Finding, RowCluster[]>;
  readonly loops: Map<Finding, LoopCluster[]>;
  readonly missedRows: RowCluster[];
  readonly missedLoops: LoopCluster[];
  /** Clusters whose lines may have moved. */
  readonly moved: number;
}

/** What was recorded of one finding: a statement and what it took. */
export interface RecordedPart {
  readonly sql: string;
  readonly statements: number;
  readonly microseconds: number;
}

/** A report with its recordings, and the statements behind each finding that was seen, by its id. */
export interface JoinedReport {
  readonly report: Report;
  readonly parts: ReadonlyMap<string, readonly RecordedPart[]>;
}

export function joinRecordings(report: Report, input: JoinInput): JoinedReport {
  const recording = input.recordings.at(-1);
  if (recording === undefined) return { report, parts: new Map() };
  const [small] = input.recordings.length > 1 ? input.recordings : [];
  // Without the project's files no line of theirs has moved: the recording is all that is known of them.
  const stale = report.coverage.filesParsed === 0 ? new Set<string>() : staleFiles(recording, input);
  const joined = join(report, recording, stale, input);
  const sent = sentLines(recording);
  const lifted = report.findings.map((finding) => lift(finding, joined, { recording, small, sent }));
  const ownMissed = withoutIgnored(
    [...findingsOfMissedRows(joined.missedRows, recording, input), ...findingsOfMissedLoops(joined.missedLoops, recording, input.readLine)],
    input,
  );
  const missed = withUniqueIds(ownMissed.map((finding) => grown(finding, joined, small)));
  const coverage = coverageOf(recording, { joined, missed, stale, ...(small === undefined ? {} : { small }) });
  const whole = {
    ...report,
    evidence: [...new Set([...report.evidence, "recording"])],
    coverage: { ...report.coverage, recording: coverage, sections: withFindings(report.coverage.sections, missed) },
    findings: [...lifted, ...missed],
  };
  return { report: whole, parts: partsOf(joined, missed) };
}

function partsOf({ rows, loops, missedRows, missedLoops }: Joined, missed: readonly Finding[]): ReadonlyMap<string, readonly RecordedPart[]> {
  const parts = new Map<string, readonly RecordedPart[]>();
  // One cluster may stand behind several findings: they share its part, so that its time is counted once.
  const known = new Map<RowCluster | LoopCluster, RecordedPart>();
  const partOf = (cluster: RowCluster | LoopCluster): RecordedPart => {
    const part = known.get(cluster) ?? toPart(cluster);
    known.set(cluster, part);
    return part;
  };
  for (const [finding, clusters] of loops) parts.set(finding.id, clusters.map(partOf));
  for (const [finding, clusters] of rows) parts.set(finding.id, clusters.map(partOf));
  for (const finding of missed) {
    const isHere = (frame: { readonly file: string; readonly line: number } | null | undefined): boolean => isReadAt(finding, frame);
    const own = [
      ...missedRows.filter((one) => one.path === finding.relation && one.model === finding.model && isHere(blameOfRows(one)?.access)),
      ...missedLoops.filter((one) => isHere(ownFrame(one.stack))),
    ];
    if (own.length > 0) parts.set(finding.id, own.map(partOf));
  }
  return parts;
}

/** Of a finding that a recording made: one of the lines that send its statements. */
function isReadAt({ places }: Finding, frame: { readonly file: string; readonly line: number } | null | undefined): boolean {
  return places.some(({ role, file, line }) => (role === "access" || role === "write") && frame?.file === file && frame.line === line);
}

function toPart({ sql, occurrences }: RowCluster | LoopCluster): RecordedPart {
  const sum = (figure: (one: RowCluster["occurrences"][number]) => number): number => occurrences.reduce((total, one) => total + figure(one), 0);
  return { sql, statements: sum((one) => one.statements.sum), microseconds: sum((one) => one.microseconds) };
}

/** A section in which the source found nothing has findings once the recording has. */
function withFindings(sections: Report["coverage"]["sections"], missed: readonly Finding[]): Report["coverage"]["sections"] {
  const chapters = new Set(missed.map(({ chapter }) => chapter));
  return sections.map((one) => (chapters.has(one.section) ? { ...one, state: "findings" } : one));
}

function join(report: Report, recording: Recording, stale: ReadonlySet<string>, input: JoinInput): Joined {
  const views = new Map(recording.scopes.map(({ kind, label, view }) => [`${kind}\n${label}`, view]));
  const joined = {
    rows: new Map<Finding, RowCluster[]>(),
    loops: new Map<Finding, LoopCluster[]>(),
    missedRows: [] as RowCluster[],
    missedLoops: [] as LoopCluster[],
    moved: 0,
  };
  const viewsOf = ({ occurrences }: RowCluster | LoopCluster): readonly string[] =>
    occurrences.flatMap(({ kind, label }) => views.get(`${kind}\n${label}`) ?? []);
  for (const cluster of recording.rowClusters) {
    const found = findingsOfRows(cluster, report.findings, input.lines, viewsOf(cluster));
    for (const finding of found) joined.rows.set(finding, [...(joined.rows.get(finding) ?? []), cluster]);
    if (found.length > 0) continue;
    const blame = blameOfRows(cluster);
    if (blame === null || isExcluded(blame.access.file, input) || isExcluded(blame.fetch.file, input)) continue;
    if (hasMoved(blame.access, cluster.field, stale, input) || hasMoved(blame.fetch, "", stale, input)) joined.moved += 1;
    else joined.missedRows.push(cluster);
  }
  for (const cluster of recording.loopClusters) {
    const found = findingsOfLoop(cluster, report.findings, input.lines, input.targetOf, viewsOf(cluster));
    for (const finding of found) joined.loops.set(finding, [...(joined.loops.get(finding) ?? []), cluster]);
    const frame = ownFrame(cluster.stack);
    if (found.length > 0 || frame === null || !isMissedLoop(cluster) || isExcluded(frame.file, input)) continue;
    if (hasMoved(frame, "", stale, input)) joined.moved += 1;
    else joined.missedLoops.push(cluster);
  }
  return joined;
}

function isExcluded(file: string, { exclude }: JoinInput): boolean {
  return exclude.some((glob) => matchesGlob(file, glob));
}

function lift(
  finding: Finding,
  { rows, loops }: Joined,
  { recording, small, sent }: { readonly recording: Recording; readonly small: Recording | undefined; readonly sent: SentLines },
): Finding {
  const own = rows.get(finding) ?? [];
  const [first] = own;
  if (first === undefined) {
    const rounds = loops.get(finding) ?? [];
    return rounds.length === 0
      ? notSeen(finding, recording, sent)
      : withEvidence(finding, { occurrences: alternativeOccurrences(rounds.map((one) => one.occurrences)), cause: null, growth: null }, recording);
  }
  const byPath = new Map<string, RowCluster[]>();
  for (const cluster of own) byPath.set(cluster.path, [...(byPath.get(cluster.path) ?? []), cluster]);
  const occurrences = addOccurrences([...byPath.values()].map((same) => alternativeOccurrences(same.map((one) => one.occurrences))));
  return withEvidence(finding, { occurrences, cause: first.cause, growth: small === undefined ? null : growthOfRows(first, small) }, recording);
}

/** What only `--fields` shows. */
const FIELD_RULES: ReadonlySet<string> = new Set(["unused-columns", "defer-wide-column", "unused-eager-load", "values-instead-of-instances"]);

/** A recording is read for statements that come again; of a wrong sum, or of rows that nobody wants, it knows nothing. */
const showsInLoops = ({ chapter, rule }: Finding): boolean => chapter === "2.4" || chapter === "2.5" || rule.endsWith("-in-loop");

/** A reporter says by itself that nothing recorded reaches a file; of a file that was reached, the finding says it. */
function notSeen(finding: Finding, recording: Recording, sent: SentLines): Finding {
  const { files, fields } = recording;
  const line = sentAt(finding, sent);
  if (line !== null) {
    const how = FIELD_RULES.has(finding.rule) && !fields ? ", without --fields" : showsInLoops(finding) ? " and did not show it" : ", and does not tell this";
    return withNote(finding, { note: `source only: the recording ran ${line}${how}`, reached: true });
  }
  // A definition beside the rows' own way loads other rows, and a setting is read once, when the process starts.
  const run = finding.places.filter(({ role, object }) => object === undefined && role !== "definition" && role !== "setting");
  if (run.length === 0) return withNote(finding, {});
  const away = run.find(({ file }) => !files.includes(file));
  const isFirst = away !== undefined && away.file === finding.places[0]?.file;
  // Of several files the one that nothing reached is named; of the first one the reporter says it, with the path as it shows paths.
  const seen = away === undefined ? "source only: the recording did not show it" : `source only: no recorded request reaches ${away.file}`;
  return withNote(finding, isFirst ? {} : { note: seen });
}

function withNote(finding: Finding, said: { readonly note?: string; readonly reached?: boolean }): Finding {
  const evidence = finding.evidence.map((one): Evidence => {
    if (one.kind !== "inferred") return one;
    const { note: _, ...rest } = one;
    return { ...rest, ...said };
  });
  return { ...finding, evidence };
}

/** Lines of the project by which statements were sent, by file. */
type SentLines = ReadonlyMap<string, ReadonlySet<number>>;

function sentLines({ stacks }: Recording): SentLines {
  const lines = new Map<string, Set<number>>();
  for (const { stack } of stacks) for (const { owner, file, line } of stack) if (owner === "project") lines.set(file, (lines.get(file) ?? new Set()).add(line));
  return lines;
}

/** The first line of the queryset, the loop or the access that sent something in the recording. */
function sentAt({ places }: Finding, sent: SentLines): string | null {
  for (const { role, file, line, endLine, object } of places) {
    if (object !== undefined || (role !== "queryset" && role !== "access" && role !== "loop" && role !== "write")) continue;
    const ran = [...(sent.get(file) ?? [])].some((one) => line <= one && one <= Math.min(endLine, line + LONGEST_PLACE));
    if (ran) return file === places[0]?.file ? `line ${line}` : `${file}:${line}`;
  }
  return null;
}

/** A place of more lines is a class or a function, and that a line of it ran says less. */
const LONGEST_PLACE = 10;

/** Says of a finding of the recording's own how it grew from the smaller one. */
function grown(finding: Finding, { missedRows }: Joined, small: Recording | undefined): Finding {
  const cluster = missedRows.find((one) => one.path === finding.relation && one.model === finding.model && isReadAt(finding, blameOfRows(one)?.access));
  const growth = small === undefined || cluster === undefined ? null : growthOfRows(cluster, small);
  if (growth === null) return finding;
  return {
    ...finding,
    evidence: finding.evidence.map((one) => (one.kind === "recorded" ? { ...one, note: [one.note, growth].filter(Boolean).join("; ") } : one)),
  };
}

function withUniqueIds(findings: readonly Finding[]): Finding[] {
  const seen = new Map<string, number>();
  return findings.map((finding) => {
    const repeat = seen.get(finding.id) ?? 0;
    seen.set(finding.id, repeat + 1);
    return repeat === 0 ? finding : { ...finding, id: `${finding.id.slice(0, 12)}${String(repeat).padStart(4, "0")}` };
  });
}

/** A comment on any of its lines that names the rule silences a recorded finding too. */
function withoutIgnored(findings: readonly Finding[], { readLine }: JoinInput): Finding[] {
  const comments = findings.flatMap(({ places }) =>
    places.flatMap((place) =>
      [place.line - 1, place.line].map((line): Comment => {
        const text = readLine(place.file, line);
        return { file: place.file, line, text, alone: /^\s*(?:#|\{#|\{%\s*comment)/.test(text) };
      }),
    ),
  );
  const kept = new Set(applyIgnores(findings, comments).findings);
  return findings.filter((finding) => kept.has(finding));
}

interface Outcome {
  readonly joined: Joined;
  readonly missed: readonly Finding[];
  readonly stale: ReadonlySet<string>;
  readonly small?: Recording;
}

function coverageOf(recording: Recording, { joined, missed, stale, small }: Outcome): RecordingCoverage {
  const blamable = recording.rowClusters.filter((cluster) => blameOfRows(cluster) !== null);
  const found = new Set([...joined.rows.values()].flat());
  return {
    folder: recording.folder,
    command: recording.command,
    started: recording.started > 0 ? new Date(recording.started).toISOString() : null,
    statements: recording.statements,
    scopes: recording.scopes.reduce((sum, one) => sum + one.scopes, 0),
    clusters: found.size + joined.missedRows.length,
    found: found.size,
    missed: missed.map(({ id }) => id),
    outside: recording.rowClusters.length - new Set([...found, ...blamable]).size,
    lifted: new Set([...joined.rows.keys(), ...joined.loops.keys()]).size,
    moved: joined.moved,
    stale: [...stale].filter((file) => !isTestCode(file)),
    ...(small === undefined ? {} : { growth: growthOfScopes(small, recording) }),
  };
}
