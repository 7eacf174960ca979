/** A finding whole, in its nine parts, as docs of the project's own repository show it. */
import type { Evidence, Finding, Fix, Place } from "../../../model/finding.ts";
import { distinctBy } from "../../../model/group-by.ts";
import type { Change, HandbookStatement } from "../../../model/handbook.ts";
import { formatBytes, formatCount, formatMilliseconds, formatNumber } from "../../../model/numbers.ts";
import { formatTime } from "../../../handbook/overview.ts";
import { RUNGS, rungOf } from "../../../select/severity.ts";
import { cleanLine } from "../../clean-text.ts";
import { distinctPlaces } from "../../distinct-places.ts";
import {
  doubtSentence,
  evidenceSentence,
  fixChanges,
  fixSentence,
  migrationSentence,
  proofSentence,
  sqlStatements,
  whyOf,
  type FileChange,
} from "../../finding-facts.ts";
import { isSourceLine } from "../../../select/source-line.ts";
import { codeSpan, escapeProse } from "../../markdown-text.ts";
import { shortIdOf } from "../../render-context.ts";
import { block, details, figure, fileLink, placeLink, sentence, statementGist, statementOf, statementText, table } from "./blocks.ts";
import { anchorOf, type Pages } from "./context.ts";
import { notesOf } from "./notes.ts";

export function renderFinding(finding: Finding, pages: Pages): readonly string[] {
  const { handbook, context } = pages;
  const { severity, rule, chapter, confidence, id, claim, message, fixes } = finding;
  const change = handbook.changes.find((one) => one.finding === id);
  const why = whyOf(finding);
  return [
    `<a id="${anchorOf(handbook, id)}"></a>`,
    `### ${escapeProse(claim || message) || codeSpan(rule)}`,
    table(
      ["severity", "rule", "chapter", "confidence", "id", "evidence"],
      [[severity, codeSpan(rule), chapter, confidence, codeSpan(shortIdOf(context, id)), rungOf(finding)]],
    ),
    ...(why === "" ? [] : [`**Why:** ${sentence(why)}`]),
    places(finding.places, pages),
    `**Evidence:** ${sentence(evidenceSentence(finding, handbook.report, { ...context, pathPrefix: "" }))}${gainWords(change, pages)}`,
    ...evidenceTable(finding.evidence),
    ...planTexts(finding.evidence),
    ...statements(finding, pages),
    ...ownFigures(finding, pages),
    ...renderFix(fixes[0], pages, change, finding.remedy),
    ...proof(finding, pages),
    `**Doubt:** ${sentence(doubtSentence(finding))}`,
    ...alternatives(fixes.slice(1), pages),
    `**Silence:** ${silence(finding)}`,
    notesOf(id),
  ];
}

function silence({ places: all, rule }: Finding): string {
  const line = all.find(isSourceLine);
  return line === undefined
    ? `no line of the source stands for it; ${codeSpan(`--ignore ${rule}`)} leaves the rule out.`
    : `${codeSpan(`# luthier: ignore[${rule}] reason`)} on ${codeSpan(`${line.file}:${line.line}`)}.`;
}

// ---------------------------------------------------------------------------------------------- places

/** Lines above and below a place that is shown with its code. */
const AROUND = 2;

function places(all: readonly Place[], pages: Pages): string {
  if (all.length === 0) return "**Places:** none in source.";
  const once = distinctPlaces(all);
  const shown = new Set(shownOf(once));
  return once.map((place) => placeItem(place, shown.has(place), pages)).join("\n");
}

/** With their code: where it begins and where it ends; of a statement, the line that sends it first. */
function shownOf(once: readonly Place[]): readonly (Place | undefined)[] {
  const first = once.find(isSourceLine);
  return once[0] === first ? [first, once.at(-1)] : [first];
}

function placeItem(place: Place, isShown: boolean, { context, handbook }: Pages): string {
  const label = place.label === undefined || place.label === "" ? "" : ` ${escapeProse(place.label)}`;
  const sql = statementOf(place, handbook);
  const item = `- ${place.role} ${placeLink(place, context)}${label}${sql === "" ? "" : `: ${codeSpan(statementGist(sql))}`}`;
  const code = isShown ? excerpt(place, context.read(place.file)) : "";
  return code === "" ? item : `${item}\n\n${indented(code)}\n`;
}

const indented = (text: string): string =>
  text
    .split("\n")
    .map((line) => (line === "" ? "" : `  ${line}`))
    .join("\n");

function excerpt({ file, line, endLine, object }: Place, source: string | undefined): string {
  if (object !== undefined || source === undefined || line < 1) return "";
  const lines = source.replace(/^\u{feff}/u, "").split(/\r\n|\n|\r/);
  const last = Math.min(Math.max(line, endLine), line + MOST_LINES, lines.length);
  const from = Math.max(1, line - AROUND);
  const shown = lines.slice(from - 1, Math.min(lines.length, last + AROUND));
  if (shown.every((one) => one.trim() === "")) return "";
  const margin = Math.min(...shown.filter((one) => one.trim() !== "").map((one) => one.length - one.trimStart().length));
  const width = String(last + AROUND).length;
  const text = shown.map(
    (one, index) => `${from + index >= line && from + index <= last ? ">" : " "} ${String(from + index).padStart(width)}  ${one.slice(margin)}`,
  );
  return block(languageOf(file), text.join("\n"));
}

const MOST_LINES = 8;

function languageOf(file: string): string {
  if (file.endsWith(".py")) return "python";
  return /\.(?:html?|jinja2?|j2|txt)$/.test(file) ? "html" : "text";
}

// ---------------------------------------------------------------------------------------------- evidence

function gainWords(change: Change | undefined, { handbook: { time } }: Pages): string {
  const gain = change?.gain ?? null;
  if (gain === null || time === null) return "";
  if (gain.today < LEAST_TIME) return ` Its statements take less than ${LEAST_TIME} ${time.unit} today.`;
  const range = gain.high > gain.low * 1.001 ? `, by itself ${formatTime(gain.low)} to ${formatTime(gain.high)}` : "";
  return ` The change removes ${formatTime(gain.marginal)} of the ${formatTime(gain.today)} ${time.unit} that its statements take today${range} (${escapeProse(gain.basis)}).`;
}

/** What `formatTime` still writes in digits. */
const LEAST_TIME = 0.001;

const FIGURES: Readonly<Record<string, (value: number) => string>> = {
  bytes: formatBytes,
  estimatedBytes: formatBytes,
  milliseconds: (value) => `${formatMilliseconds(value)} ms`,
  totalMilliseconds: (value) => `${formatMilliseconds(value)} ms`,
  meanMs: (value) => `${formatMilliseconds(value)} ms`,
  share: (value) => shareOfAll(value),
};

/** What the sentence about a finding's evidence says of one rung. */
const SAID: ReadonlySet<string> = new Set(["statements", "milliseconds", "rows", "bytes"]);

/** What their names alone would not tell. */
const FIGURE_NAMES: Readonly<Record<string, string>> = {
  most: "most in one",
  scopes: "times",
  totalStatements: "statements in all",
  totalMilliseconds: "time in all",
};
/** Of what happened once, all in all is what the sentence says. */
const OF_MANY: ReadonlySet<string> = new Set(Object.keys(FIGURE_NAMES));

/** Each rung with its figures: one row that says no more than its sentence is no table. */
function evidenceTable(evidence: readonly Evidence[]): readonly string[] {
  const rows = evidence
    .toSorted((a, b) => RUNGS.indexOf(b.kind) - RUNGS.indexOf(a.kind))
    .flatMap(({ kind, note, ...figures }) => {
      const words = Object.entries(figures).flatMap(([name, value]) =>
        value === undefined || name === "reached" || PLANS[name] !== undefined || isSaidOf(name, figures, evidence.length)
          ? []
          : [`${nameOf(name)} ${typeof value === "number" ? (FIGURES[name] ?? formatNumber)(value) : escapeProse(String(value))}`],
      );
      return words.length === 0 ? [] : [[kind, words.join(", "), escapeProse(note ?? "")]];
    });
  return rows.length === 0 ? [] : rows.length === 1 ? [`Figures: ${rows[0]?.[1] ?? ""}.`] : [table(["evidence", "figures", "source"], rows)];
}

/** Of one rung alone the sentence says how many and how long, and all of it where it happened once. */
function isSaidOf(name: string, { scopes }: Readonly<Record<string, Evidence[string]>>, rungs: number): boolean {
  return rungs === 1 && (SAID.has(name) || (scopes === 1 && OF_MANY.has(name)));
}

const nameOf = (name: string): string => FIGURE_NAMES[name] ?? escapeProse(name.replaceAll(/([a-z])(?=[A-Z])|([A-Z])(?=[A-Z][a-z])/g, "$1$2 ").toLowerCase());
/** Too long for a cell. */
const PLANS: Readonly<Record<string, string>> = { planBefore: "before", planAfter: "after" };

function planTexts(evidence: readonly Evidence[]): readonly string[] {
  const lines = evidence.flatMap((one) => Object.entries(PLANS).flatMap(([name, word]) => (typeof one[name] === "string" ? [`${word}: ${one[name]}`] : [])));
  return lines.length === 0 ? [] : [details("Plans before and after", [block("text", lines.join("\n"))])];
}

const MOST_STATEMENTS = 3;

function statements({ id }: Finding, { handbook, context }: Pages): readonly string[] {
  const ids = handbook.behind?.get(id) ?? [];
  const known = (handbook.statements ?? []).filter((one) => ids.includes(one.id));
  if (known.length === 0) return [];
  const shown = known
    .slice(0, MOST_STATEMENTS)
    .flatMap((one) => [statementLine(one, handbook.time?.unit ?? "", context), block("sql", statementText(one.sql))]);
  const more = known.length - MOST_STATEMENTS;
  const title = known.length === 1 ? "Statement" : `${known.length} statements`;
  return [
    details(`${title}: ${callWords(known[0])}`, [
      ...shown,
      ...(more > 0 ? [`${formatNumber(more)} more are behind ${codeSpan(handbook.shortIds.get(id) ?? id)}.`] : []),
    ]),
  ];
}

function callWords(one: HandbookStatement | undefined): string {
  return one === undefined ? "" : `${formatNumber(one.calls)} ${one.calls === 1 ? "call" : "calls"} of ${formatMilliseconds(one.meanMs)} ms`;
}

const shareOfAll = (share: number): string => (share < 0.001 ? "<0.1 %" : `${(100 * share).toFixed(1)} %`);

export function statementLine(one: HandbookStatement, unit: string, context: Pages["context"]): string {
  const time = one.time === null ? "" : `, ${formatTime(one.time)} ${unit}, ${shareOfAll(one.share)} of all`;
  const sites = distinctBy(one.places, (site) => `${site.file}:${site.line}`);
  const lines = sites
    .slice(0, 3)
    .map(({ file, line }) => fileLink(file, line, context))
    .join(", ");
  const from = sites.length === 0 ? "" : ` Sent by ${lines}${sites.length > 3 ? ` and ${formatCount(sites.length - 3, "more line")}` : ""}.`;
  return `${callWords(one)}${time} (${escapeProse(one.source)}).${from}`;
}

function ownFigures({ id, chapter }: Finding, { handbook }: Pages): readonly string[] {
  const plots = handbook.sections.find(({ section }) => section === chapter)?.plots ?? [];
  return plots.filter(({ finding }) => finding === id).flatMap(figure);
}

// ---------------------------------------------------------------------------------------------- fix

export function renderFix(fix: Fix | undefined, pages: Pages, change?: Change, remedy = ""): readonly string[] {
  const { context } = pages;
  const changes = fix ? fixChanges(fix, context.read) : [];
  const title = fix === undefined || fix.edits.length === 0 ? "" : ` ${sentence(fix.title)}`;
  const patch = change?.patch ? ` As a patch: [${escapeProse(change.patch)}](patches/${encodeURIComponent(change.patch)}).` : "";
  const diff = changes && changes.length > 0 ? [block("diff", toDiff(changes, context.read))] : [];
  const words = fix === undefined && remedy === "" ? "by hand" : fixSentence(fix, changes, remedy);
  return [`**Fix:** ${sentence(words)}${title}${patch}`, ...diff, ...(fix ? [...migration(fix), ...sql(fix)] : [])];
}

function migration(fix: Fix): readonly string[] {
  const words = migrationSentence(fix);
  const [file] = fix.migration?.follows?.files ?? [];
  const statements = fix.sql?.forward.length ?? 0;
  return words === ""
    ? []
    : [
        `${file === undefined ? `SQL of ${formatCount(statements, "statement")}` : `The migration ${codeSpan(file.split("/").at(-1) ?? file)}`} ${sentence(words)}`,
      ];
}

function sql(fix: Fix): readonly string[] {
  const { forward, reverse } = sqlStatements(fix);
  if (forward.length === 0) return [];
  const how =
    fix.sql?.isTransactional === false
      ? [`${formatNumber(forward.length)} ${forward.length === 1 ? "statement" : "statements"}, to run outside of a transaction:`]
      : [];
  return [...how, block("sql", forward.join("\n")), ...(reverse.length > 0 ? [`To undo it:`, block("sql", reverse.join("\n"))] : [])];
}

/** One line of what stands round each change. */
function toDiff(changes: readonly FileChange[], read: (file: string) => string | undefined): string {
  const lines = changes.flatMap(({ file, blocks }) => {
    const old = (read(file) ?? "").split(/\r\n|\n|\r/);
    const around = (line: number): readonly string[] => ((old[line - 1] ?? "").trim() === "" ? [] : [` ${old[line - 1]}`]);
    return [
      `--- ${file}`,
      ...blocks.flatMap(({ line, removed, added }) => [
        `@@ line ${line} @@`,
        ...around(line - 1),
        ...removed.map((text) => `-${text}`),
        ...added.map((text) => `+${text}`),
        ...around(line + removed.length),
      ]),
    ];
  });
  return lines.map(cleanLine).join("\n");
}

function proof(finding: Finding, { context }: Pages): readonly string[] {
  const words = proofSentence(finding, { ...context, pathPrefix: "" });
  const [, before, command] = /^(.*?): (luthier .*)$/.exec(words) ?? [];
  const line = command === undefined ? `**Proof:** ${sentence(words)}` : `**Proof:** ${escapeProse(before ?? "")}: ${codeSpan(command)}.`;
  const proven = finding.evidence.find(({ kind }) => kind === "proven");
  // Where nothing is to be tried, the line about the fix has said so.
  if (proven === undefined) return (finding.fixes[0]?.edits.length ?? 0) === 0 && finding.fixes[0]?.sql === undefined ? [] : [line];
  const { statements: queries, milliseconds, rows, bytes } = finding.impact;
  const pairs = [
    ["queries", queries, formatNumber],
    ["milliseconds", milliseconds, formatMilliseconds],
    ["rows", rows, formatNumber],
    ["size", bytes, formatBytes],
  ] as const;
  const cells = pairs.flatMap(([name, figures, format]) =>
    figures?.before === undefined || figures.after === undefined
      ? []
      : [[`${name}${figures.per === undefined ? "" : ` a ${figures.per}`}`, format(figures.before), format(figures.after)]],
  );
  return [line, ...(cells.length === 0 ? [] : [table(["", "before", "after"], cells, [1, 2])])];
}

function alternatives(fixes: readonly Fix[], pages: Pages): readonly string[] {
  if (fixes.length === 0) return [];
  return [
    details(
      fixes.length === 1 ? "One more way" : `${fixes.length} more ways`,
      fixes.flatMap((fix) => [`**${escapeProse(fix.title)}**`, ...renderFix(fix, pages)]),
    ),
  ];
}
