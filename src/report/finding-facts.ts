import { changedBlocks, changedLineCount, type ChangedBlock } from "../fixes/changed-blocks.ts";
import { editsByFile } from "../fixes/plan-fixes.ts";
import type { Evidence, Figure, Finding, Fix, Impact, Rung } from "../model/finding.ts";
import type { Report } from "../model/report.ts";
import { rungOf, strongestEvidence } from "../select/severity.ts";
import { formatBytes, formatCost, formatCount, formatNumber } from "../model/numbers.ts";
import { shortIdOf, shownPath, typed, type RenderContext, type SourceReader } from "./render-context.ts";

/** Part 4: how often it was seen, figures and source. */
export function evidenceSentence(finding: Finding, report: Report, context: RenderContext): string {
  const evidence = strongestEvidence(finding);
  const figures = evidence ? figuresOf(evidence) : [];
  const source = evidence?.note ?? defaultSource(finding, report, context);
  return [source, (figures.length > 0 ? figures : impactFigures(finding.impact)).join(", ")].filter(Boolean).join("; ");
}

const SOURCES: Readonly<Record<Exclude<Rung, "inferred">, string>> = {
  recorded: "seen in the recording",
  planned: "PostgreSQL's planner agrees",
  measured: "timed on rows",
  proven: "the fix was applied and the same work run again",
};

function defaultSource(finding: Finding, report: Report, context: RenderContext): string {
  const rung = rungOf(finding);
  if (rung !== "inferred") return SOURCES[rung];
  if (!isRequestedCode(finding))
    return finding.places[0]?.role === "setting" ? "read in the settings, as they stand" : "read where it is declared, as it stands";
  const file = finding.places[0]?.file;
  if (!report.evidence.includes("recording") || file === undefined) return "source only: nothing was recorded";
  return `source only: no recorded request reaches ${shownPath(context, file)}`;
}

/** The rule's words after the claim; what to do is left to the part of the fix where that has nothing else. */
export function whyOf({ claim, message, remedy = "", fixes }: Finding): string {
  const rest = claim !== "" && message.startsWith(claim) ? message.slice(claim.length).trim() : "";
  return fixes.length === 0 && rest.endsWith(remedy) ? rest.slice(0, rest.length - remedy.length).trim() : rest;
}

/** A setting, a field or a line of a manifest is read once, when the process starts: that no request reaches it says nothing. */
export function isRequestedCode({ places: [first] }: Pick<Finding, "places">): boolean {
  return first === undefined || (first.role !== "setting" && first.role !== "definition" && first.object === undefined);
}

function figuresOf(evidence: Evidence): readonly string[] {
  const { statements, milliseconds, rows, bytes } = evidence;
  return impactFigures({
    statements: toFigure(statements),
    milliseconds: toFigure(milliseconds),
    rows: toFigure(rows),
    bytes: toFigure(bytes),
  });
}

function toFigure(value: Evidence[string]): Figure {
  return typeof value === "number" ? { before: value } : {};
}

/** Each figure with what it is counted over: `50 queries a request, 9.8 s a minute`. */
function impactFigures({ statements, milliseconds, rows, bytes }: Impact): readonly string[] {
  return [
    over(statements, (count) => formatCount(count, "query", "queries")),
    over(milliseconds, (time) => (milliseconds?.per === "minute" ? `${formatCost(time / 1000)} s` : `${formatNumber(time)} ms`)),
    over(rows, (count) => formatCount(count, "row")),
    over(bytes, formatBytes),
  ].filter(Boolean);
}

function over(figure: Figure | undefined, format: (before: number) => string): string {
  if (figure?.before === undefined) return "";
  return format(figure.before) + (figure.per === undefined ? "" : ` a ${figure.per}`);
}

/** Part 6: what was measured with the fix in place, or why nothing was, and the command that would. */
export function proofSentence(finding: Finding, context: RenderContext): string {
  const proven = finding.evidence.find(({ kind }) => kind === "proven");
  if (proven) return provenSentence(proven, finding.impact);
  const [fix] = finding.fixes;
  if (fix !== undefined && (fix.kind === "sql" || fix.kind === "migration")) return "none yet: the change was not tried on a copy of the database";
  if (!fix?.edits.length) return "none: there is no edit to try";
  if (finding.places[0]?.role === "setting") return "none yet: nothing was run with the changed setting";
  const last = finding.places.at(-1);
  const hasRun = finding.evidence.some(({ reached }) => reached === true);
  if (rungOf(finding) === "inferred" && last && !hasRun && context.commands.has("record")) {
    const isOneFile = finding.places.every(({ file }) => file === last.file);
    return `none yet: record a run that reaches ${isOneFile ? "line " : `${shownPath(context, last.file)}:`}${last.line}`;
  }
  if (!context.commands.has("fix --prove")) return "none yet: the fix was not run";
  return typed(context, `none yet: luthier fix --select ${shortIdOf(context, finding.id)} --prove -- COMMAND`);
}

function provenSentence(proven: Evidence, { statements, milliseconds }: Impact): string {
  const { runs, results } = proven;
  const parts = [
    pair(statements, "queries"),
    pair(milliseconds, milliseconds?.per === "minute" ? "ms a minute" : "ms"),
    typeof runs === "number" ? formatCount(runs, "run") : "",
    typeof results === "string" ? `results ${results}` : "",
  ].filter(Boolean);
  return [proven.note ?? "", parts.join(", ")].filter(Boolean).join("; ") || SOURCES.proven;
}

function pair(figure: Figure | undefined, unit: string): string {
  if (figure?.before === undefined || figure.after === undefined) return "";
  return `${formatNumber(figure.before)} → ${formatNumber(figure.after)} ${unit}`;
}

/** Part 7. */
export function doubtSentence(finding: Finding): string {
  return finding.doubt.trim() === "" ? "none named by the rule" : finding.doubt;
}

/** What a migration does to a database in use: its lock, how long, and the way back. */
export function migrationSentence({ migration }: Fix): string {
  if (migration === undefined) return "";
  const { lock, duration, rollback } = migration;
  return [`takes ${lock}`, duration, `undo: ${rollback}`].filter(Boolean).join("; ");
}

/** SQL to run, and SQL that undoes it, one statement each. */
export function sqlStatements({ sql }: Fix): { readonly forward: readonly string[]; readonly reverse: readonly string[] } {
  const end = (statement: string): string => `${statement.replace(/;\s*$/, "")};`;
  return { forward: (sql?.forward ?? []).map(end), reverse: (sql?.reverse ?? []).map(end) };
}

/** The lines that a fix changes in one file. */
export interface FileChange {
  readonly file: string;
  readonly blocks: readonly ChangedBlock[];
}

/** A fix's changes by file; null when a file is not as the fix expects it. A file that is not there yet is created. */
export function fixChanges(fix: Fix, read: SourceReader): readonly FileChange[] | null {
  const changes: FileChange[] = [];
  for (const [file, edits] of editsByFile(fix.edits)) {
    const blocks = changedBlocks(read(file) ?? "", edits);
    if (blocks === null) return null;
    changes.push({ file, blocks });
  }
  return changes;
}

const KINDS: Readonly<Record<Fix["kind"], string>> = {
  edit: "",
  migration: "a migration",
  sql: "SQL",
  config: "a setting",
};

/** Part 5's first line: `safe, 1 line`. Where there is no edit, what a person is to do. */
export function fixSentence(fix: Fix | undefined, changes: readonly FileChange[] | null, remedy = ""): string {
  if (!fix) return remedy === "" ? "none: the rule knows no edit for this" : `by hand. ${remedy.replace(/\.$/, "")}`;
  if (fix.edits.length === 0 && fix.safety === "advice") return `by hand. ${fix.title.replace(/\.$/, "")}`;
  if (fix.edits.length === 0) return `${[fix.safety, KINDS[fix.kind]].filter(Boolean).join(", ")}: ${fix.title}`;
  if (changes === null) return `${fix.safety}: ${fix.title} (not shown: the file is not as it was analysed)`;
  const lines = formatCount(
    changes.reduce((sum, { blocks }) => sum + changedLineCount(blocks), 0),
    "line",
  );
  const size = changes.length > 1 ? `${lines} in ${changes.length} files` : lines;
  return [fix.safety, KINDS[fix.kind], size].filter(Boolean).join(", ");
}
