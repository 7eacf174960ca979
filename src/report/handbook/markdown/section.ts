/** A section within its chapter, and the pages that belong to it. */
import type { Advice, Artefact, Example } from "../../../model/advice.ts";
import type { Finding } from "../../../model/finding.ts";
import type { HandbookSection } from "../../../model/handbook.ts";
import { formatMilliseconds, formatNumber, formatPercent } from "../../../model/numbers.ts";
import type { OutlineSection } from "../../../handbook/outline.ts";
import { formatTime } from "../../../handbook/overview.ts";
import { changedBlocks } from "../../../fixes/changed-blocks.ts";
import { editsByFile } from "../../../fixes/plan-fixes.ts";
import { rungOf } from "../../../select/severity.ts";
import { mainPlace } from "../../../select/source-line.ts";
import { evidenceSentence } from "../../finding-facts.ts";
import { codeSpan, escapeProse } from "../../markdown-text.ts";
import { shortIdOf } from "../../render-context.ts";
import { adviceTable, block, details, figure, fileLink, placeLink, sentence, statementGist, statementText, table } from "./blocks.ts";
import { findingHref, type Pages } from "./context.ts";
import { renderFinding, statementLine } from "./finding.ts";
import { gapList } from "./not-seen.ts";
import { toldAdvice } from "../../../handbook/section-state.ts";

export const headingOf = ({ section, title }: Pick<OutlineSection, "section" | "title">): string => `${section} ${title}`;

export function findingsOf(section: HandbookSection, { findings }: Pages): readonly Finding[] {
  return section.findings.flatMap((id) => findings.get(id) ?? []);
}

/** State, what was weighed, findings in order of cost, advice, figures, corrections, what was not seen. */
export function renderSection(section: HandbookSection, outline: OutlineSection, pages: Pages): readonly string[] {
  const findings = findingsOf(section, pages);
  return [
    `<a id="s-${section.section.replace(".", "-")}"></a>`,
    `## ${headingOf(section)}`,
    stateLine(section),
    ...gapOf(section),
    ...pageLinks(outline, section),
    ...findingTables(findings, pages, outline.analysis === null ? Infinity : MOST_ROWS),
    ...moreRows(findings, outline),
    ...section.plots.filter(({ finding }) => finding === undefined).flatMap(figure),
    ...(section.section === "2.1" ? topStatements(pages) : []),
    ...chapterAdvice(section, outline),
    ...corrections(section),
    ...(outline.analysis === null ? wholeFindings(findings, pages) : []),
  ];
}

/** What a page of its own holds is not said twice: the chapter has the answer. */
function chapterAdvice(section: HandbookSection, outline: OutlineSection): readonly string[] {
  const advice = toldAdvice(section);
  if (outline.analysis !== null || isAdvicePage(outline)) return advice.map(({ claim }) => sentence(claim));
  return advice.flatMap((one) => renderAdvice(one, outline.examples === null));
}

/** So many of them a reader passes over; more stand folded. Ours. */
const MOST_POSSIBLE = 5;

/** Each as a whole, in the order of the tables: what there is, then what is only possible. */
export function wholeFindings(findings: readonly Finding[], pages: Pages): readonly string[] {
  const known = findings.filter((one) => !isOpen(one)).flatMap((finding) => renderFinding(finding, pages));
  const open = findings.filter(isOpen);
  const possible = open.flatMap((finding) => renderFinding(finding, pages));
  return [...known, ...(open.length <= MOST_POSSIBLE ? possible : [details(`${formatNumber(open.length)} only possible, each as a whole`, possible)])];
}

const isAdvicePage = ({ examples, examplesTitle }: OutlineSection): boolean => examples !== null && examplesTitle !== "Examples";

const MOST_ROWS = 15;

function moreRows(findings: readonly Finding[], { analysis }: OutlineSection): readonly string[] {
  if (analysis === null || findings.length <= MOST_ROWS) return [];
  const more = findings.length - MOST_ROWS;
  return [`${formatNumber(more)} more ${more === 1 ? "stands" : "stand"} in [${analysis}](${analysis}).`];
}

export function stateLine({ state, stateLine: line, examined }: HandbookSection): string {
  const looked = state === "findings" && examined !== "" ? ` Weighed: ${sentence(examined)}` : "";
  return `${sentence(line)}${looked}`;
}

const gapOf = ({ missing }: HandbookSection): readonly string[] =>
  missing === "" ? [] : missing.includes("\n") ? ["**Not seen.**", gapList(missing)] : [`**Not seen.** ${sentence(missing)}`];

function pageLinks({ analysis, examples, examplesTitle }: OutlineSection, section: HandbookSection): readonly string[] {
  const links = [analysis === null ? "" : `[Analysis](${analysis})`, examples === null ? "" : `[${examplesTitle}](${examples})`].filter(Boolean);
  return links.length === 0 ? [] : [`${links.join(" · ")} (${section.section})`];
}

const isOpen = ({ confidence }: Finding): boolean => confidence === "possible";

/** What is only possible stands by itself, below what there is. */
function findingTables(findings: readonly Finding[], pages: Pages, most: number): readonly string[] {
  const open = findings.filter(isOpen);
  const known = findings.filter((one) => !isOpen(one));
  const left = most - Math.min(most, known.length);
  return [
    ...(known.length === 0 ? [] : [findingTable(known, pages, most)]),
    ...(open.length === 0 || left === 0 ? [] : [`${formatNumber(open.length)} only possible:`, findingTable(open, pages, left)]),
  ];
}

export function findingTable(findings: readonly Finding[], { handbook, context }: Pages, most: number): string {
  const { time } = handbook;
  const changes = new Map(handbook.changes.map((one) => [one.finding, one]));
  const rows = findings.slice(0, most).map((finding) => {
    const gain = changes.get(finding.id)?.gain ?? null;
    const place = mainPlace(finding);
    const id = `[${escapeProse(shortIdOf(context, finding.id))}](${findingHref(handbook, finding)})`;
    const cells = [finding.severity, escapeProse(finding.claim || finding.rule), rungOf(finding), place === undefined ? "-" : placeLink(place, context), id];
    return time === null ? cells : [gain === null ? "-" : formatTime(gain.marginal), ...cells];
  });
  const head = ["severity", "finding", "evidence", "place", "id"];
  return table(time === null ? head : [`removes, ${time.unit}`, ...head], rows, time === null ? [] : [0]);
}

const MOST_STATEMENTS = 15;

function topStatements({ handbook, context }: Pages): readonly string[] {
  const { time, statements = [], behind } = handbook;
  if (time === null || statements.length === 0) return [];
  const top = statements.toSorted((a, b) => (b.time ?? 0) - (a.time ?? 0)).slice(0, MOST_STATEMENTS);
  const share = top.reduce((sum, one) => sum + one.share, 0);
  const rows = top.map((one) => {
    const found = handbook.report.findings.filter(({ id }) => behind?.get(id)?.includes(one.id)).slice(0, 3);
    const [site] = one.places;
    const links = found.map((finding) => `[${escapeProse(shortIdOf(context, finding.id))}](${findingHref(handbook, finding)})`);
    return [
      formatTime(one.time ?? 0),
      formatNumber(one.calls),
      formatMilliseconds(one.meanMs),
      site === undefined ? one.certainty : `${fileLink(site.file, site.line, context)}${one.places.length > 1 ? ` and ${one.places.length - 1} more` : ""}`,
      codeSpan(statementGist(one.sql)),
      links.join(", ") || "none",
    ];
  });
  const bodies = top.flatMap((one) => [statementLine(one, time.unit, context), block("sql", statementText(one.sql))]);
  return [
    `**Which statements take the time?** ${top.length} of ${formatNumber(statements.length)} statements shown here take ${formatPercent(share)} of ${formatTime(time.total)} ${time.unit} (${escapeProse(time.source)}).`,
    table([time.unit, "calls", "ms a call", "sent by", "statement", "findings"], rows, [0, 1, 2]),
    details(`${top.length} statements whole`, bodies),
  ];
}

function corrections({ corrections: items }: HandbookSection): readonly string[] {
  return items.flatMap(({ advice, truth, shown }) => [
    `> **Often advised:** ${sentence(advice)} **True:** ${sentence(truth)} **Shown here:** ${sentence(shown)}`,
  ]);
}

// ---------------------------------------------------------------------------------------------- advice

export function renderAdvice(advice: Advice, withExamples: boolean): readonly string[] {
  const { claim, reasons, tables, plots, artefacts, examples, rung, examined, doubt } = advice;
  return [
    `### ${escapeProse(claim)}`,
    `Evidence: ${rung}.${examined.trim() === "" ? "" : ` Examined: ${sentence(examined)}`}`,
    ...reasons.map(sentence),
    ...tables.map(adviceTable),
    ...plots.flatMap(figure),
    ...artefacts.flatMap(renderArtefact),
    ...(withExamples ? examples.flatMap((one) => renderExample(one)) : []),
    ...(doubt === "" ? [] : [`**Doubt:** ${sentence(doubt)}`]),
  ];
}

/** Longer files are linked alone. */
const MOST_LINES = 60;

const FENCES: Readonly<Record<Artefact["language"], string>> = {
  ini: "ini",
  python: "python",
  sql: "sql",
  yaml: "yaml",
  json: "json",
  cfg: "cfg",
  sh: "sh",
  promql: "promql",
  text: "text",
};

function renderArtefact({ path, language, text, purpose, check, version }: Artefact): readonly string[] {
  const link = `[${escapeProse(path)}](artefacts/${path.split("/").map(encodeURIComponent).join("/")})`;
  const lines = text.trimEnd().split("\n").length;
  return [
    `${link}, ${formatNumber(lines)} lines for ${escapeProse(version)}: ${sentence(purpose)} ${check === "" ? "" : `Check: ${sentence(check)}`}`.trimEnd(),
    ...(lines <= MOST_LINES ? [details(path, [block(FENCES[language], text)])] : []),
  ];
}

export function renderExample({ title, file, line, before, after, language, note }: Example, link?: string): readonly string[] {
  return [
    `### ${escapeProse(title)}`,
    `${link ?? codeSpan(`${file}:${line}`)}: ${sentence(note)}`,
    "Before:",
    block(language, before),
    "After:",
    block(language, after),
  ];
}

// ---------------------------------------------------------------------------------------------- pages of a section

/** All findings of the section whole, and what advisors say. */
export function analysisPage(section: HandbookSection, outline: OutlineSection, pages: Pages): readonly string[] {
  const findings = findingsOf(section, pages);
  return [
    `# ${headingOf(section)}: analysis`,
    stateLine(section),
    ...findingTables(findings, pages, Infinity),
    ...section.advice.flatMap((one) => renderAdvice(one, outline.examples === null)),
    ...section.plots.filter(({ finding }) => finding === undefined).flatMap(figure),
    ...wholeFindings(findings, pages),
  ];
}

function noPair(section: HandbookSection, findings: number, { handbook }: Pages): string {
  if (findings === 0)
    return `No pair. ${section.advice.length > 0 ? section.advice.map(({ claim }) => sentence(claim)).join(" ") : sentence(section.stateLine)}`;
  const first = handbook.report.findings.find(({ id }) => id === section.findings[0]);
  const page = first === undefined ? "README.md" : (findingHref(handbook, first).split("#")[0] ?? "");
  return `No pair: none of ${formatNumber(findings)} ${findings === 1 ? "finding" : "findings"} of ${section.section} has an edit to show; ${findings === 1 ? "it stands" : "they stand"} in [${page}](${page}).`;
}

const MOST_EXAMPLES = 30;

/** Only pairs of this project's code, before and after, with what was measured of them. */
export function examplesPage(section: HandbookSection, outline: OutlineSection, pages: Pages): readonly string[] {
  const findings = findingsOf(section, pages);
  const pairs = findings.map((finding) => pairOf(finding, pages)).filter((one) => one !== null);
  const given = section.advice.flatMap(({ examples }) => examples);
  const advice = isAdvicePage(outline) ? section.advice : [];
  const count = pairs.length + given.length;
  const without = findings.length - pairs.length;
  const state =
    count === 0
      ? noPair(section, findings.length, pages)
      : `${formatNumber(count)} ${count === 1 ? "pair" : "pairs"} of this project's code${without > 0 ? `; ${formatNumber(without)} of ${formatNumber(findings.length)} findings of ${section.section} have no edit to show` : ""}.`;
  const shown = pairs.slice(0, MOST_EXAMPLES);
  return [
    `# ${headingOf(section)}: ${outline.examplesTitle.toLowerCase()}`,
    state,
    ...advice.flatMap((one) => renderAdvice(one, false)),
    ...given.flatMap((one) => renderExample(one, pages.context.read(one.file) === undefined ? undefined : fileLink(one.file, one.line, pages.context))),
    ...shown.flatMap((one) => one),
    ...(pairs.length > shown.length
      ? [
          `${formatNumber(pairs.length - shown.length)} more pairs stand as diffs in ${outline.analysis === null ? "the chapter" : `[${outline.analysis}](${outline.analysis})`}.`,
        ]
      : []),
  ];
}

const AROUND = 3;

function pairOf(finding: Finding, { handbook, context }: Pages): readonly string[] | null {
  const [fix] = finding.fixes;
  if (fix === undefined) return null;
  const made = new Set(fix.migration?.follows?.files ?? []);
  const [first] = editsByFile(fix.edits.filter(({ file }) => !made.has(file)));
  if (first === undefined) return null;
  const [file, edits] = first;
  const text = context.read(file);
  const blocks = text === undefined ? null : changedBlocks(text, edits);
  const [changed] = blocks ?? [];
  if (text === undefined || changed === undefined) return null;
  const lines = text.split(/\r\n|\n|\r/);
  const isBlank = (line: number): boolean => (lines[line - 1] ?? "").trim() === "";
  let from = Math.max(1, changed.line - AROUND);
  while (from < changed.line && isBlank(from)) from += 1;
  const end = changed.line + changed.removed.length - 1;
  let to = end + AROUND;
  while (to > end && isBlank(to)) to -= 1;
  const [head, tail] = [lines.slice(from - 1, changed.line - 1), lines.slice(changed.line - 1 + changed.removed.length, to)];
  const language = file.endsWith(".py") ? "python" : "html";
  const gain = handbook.changes.find((one) => one.finding === finding.id)?.gain ?? null;
  const cost = gain === null || handbook.time === null ? "" : ` Removes ${formatTime(gain.marginal)} of ${formatTime(gain.today)} ${handbook.time.unit}.`;
  const { statements } = finding.impact;
  const figures =
    statements?.before === undefined || statements.after === undefined
      ? ""
      : ` ${formatNumber(statements.before)} → ${formatNumber(statements.after)} queries${statements.per === undefined ? "" : ` a ${statements.per}`}.`;
  return [
    `### ${escapeProse(finding.claim || fix.title)}`,
    `${fileLink(file, changed.line, context)}, [${escapeProse(shortIdOf(context, finding.id))}](${findingHref(handbook, finding)}), ${rungOf(finding)}: ${sentence(evidenceSentence(finding, handbook.report, { ...context, pathPrefix: "" }))}${figures}${cost}`,
    "Before:",
    block(language, [...head, ...changed.removed, ...tail].join("\n")),
    "After:",
    block(language, [...head, ...changed.added, ...tail].join("\n")),
  ];
}
