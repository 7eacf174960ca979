import type { Finding, Fix, Place } from "../model/finding.ts";
import type { Report } from "../model/report.ts";
import { costOf } from "../select/cost.ts";
import { sortFindings } from "../select/finding-order.ts";
import { RUNGS, rungOf } from "../select/severity.ts";
import { cleanLine } from "./clean-text.ts";
import { doubtSentence, evidenceSentence, fixChanges, fixSentence, migrationSentence, proofSentence, sqlStatements, type FileChange } from "./finding-facts.ts";
import { codeBlock, codeSpan, escapeCell, escapeProse, linkTo } from "./markdown-text.ts";
import { formatCost, formatCount, formatNumber } from "../model/numbers.ts";
import { shortIdOf, shownPath, type RenderContext } from "./render-context.ts";
import { summarise } from "./summary.ts";

/** The report as GitHub-flavoured Markdown: a line of state, a table, each finding whole, what was not seen. */
export function renderMarkdown(report: Report, context: RenderContext): string {
  const findings = sortFindings(report.findings);
  const blocks = [
    stateLine(report, context),
    ...(findings.length > 0 ? [table(findings, context), "## Findings"] : []),
    ...findings.flatMap((finding) => renderFinding(finding, report, context)),
    ...notSeen(report, context),
  ];
  return `${blocks.join("\n\n")}\n`;
}

function stateLine(report: Report, context: RenderContext): string {
  const { findings, coverage } = report;
  const rungs = RUNGS.toReversed().flatMap((rung) => {
    const count = findings.filter((finding) => rungOf(finding) === rung).length;
    return count === 0 ? [] : [`${formatNumber(count)} ${rung}`];
  });
  const { resolvedOrigins, queryOrigins, filesParsed, filesFailed } = coverage;
  const count = findings.length === 0 ? "No findings." : `${formatCount(findings.length, "finding")}: ${rungs.join(", ")}.`;
  const querysets = `${formatNumber(resolvedOrigins)} of ${formatCount(queryOrigins, "queryset")} followed`;
  const { recorded, database } = summarise(report, context);
  const evidence = [recorded, database].filter(Boolean).map(escapeProse).join(" ");
  return `${count} ${querysets}, ${formatNumber(filesParsed)} of ${formatCount(filesParsed + filesFailed, "file")} read. ${evidence}`.trimEnd();
}

function table(findings: readonly Finding[], context: RenderContext): string {
  const rows = findings.map((finding) => {
    const cost = costOf(finding);
    const [place] = finding.places;
    return [
      cost === null ? "-" : formatCost(cost),
      finding.severity,
      codeSpan(finding.rule),
      rungOf(finding),
      place ? placeLink(place, context) : "-",
      shortIdOf(context, finding.id),
    ];
  });
  const head = ["s/min", "severity", "rule", "evidence", "place", "id"];
  return toTable([head, ["--:", "---", "---", "---", "---", "---"], ...rows]);
}

function toTable(rows: readonly (readonly string[])[]): string {
  return rows.map((cells) => `| ${cells.map(escapeCell).join(" | ")} |`).join("\n");
}

function placeLink(place: Place, context: RenderContext): string {
  if (place.object !== undefined) return codeSpan(cleanLine(place.object));
  const path = shownPath(context, place.file);
  if (place.line < 1) return codeSpan(path);
  return linkTo(`${path}:${place.line}`, path, `#L${place.line}`);
}

function renderFinding(finding: Finding, report: Report, context: RenderContext): readonly string[] {
  const { severity, rule, chapter, confidence, id, claim, message } = finding;
  return [
    `### ${escapeProse(claim || message)}`,
    toTable([
      ["severity", "rule", "chapter", "confidence", "id", "evidence"],
      ["---", "---", "---", "---", "---", "---"],
      [severity, codeSpan(rule), chapter, confidence, shortIdOf(context, id), rungOf(finding)],
    ]),
    renderPlaces(finding.places, context),
    `**Evidence:** ${escapeProse(evidenceSentence(finding, report, context))}.`,
    ...renderFix(finding.fixes[0], context, finding.remedy),
    `**Proof:** ${escapeProse(proofSentence(finding, context))}.`,
    `**Doubt:** ${escapeProse(doubtSentence(finding))}.`,
    ...renderAlternatives(finding.fixes.slice(1), context),
    `Silence it with ${codeSpan(`# luthier: ignore[${rule}] reason`)} on the line.`,
  ];
}

function renderPlaces(places: readonly Place[], context: RenderContext): string {
  if (places.length === 0) return "**Places:** none in source.";
  return places
    .map((place) => {
      const code = codeAt(place, context);
      const label = place.label === undefined ? "" : ` ${escapeProse(place.label)}`;
      return `- ${place.role} ${placeLink(place, context)}${code === "" ? "" : ` ${codeSpan(code)}`}${label}`;
    })
    .join("\n");
}

function codeAt(place: Place, context: RenderContext): string {
  if (place.object !== undefined) return "";
  return cleanLine(context.read(place.file)?.split(/\r\n|\n|\r/)[place.line - 1] ?? "").trim();
}

function renderFix(fix: Fix | undefined, context: RenderContext, remedy?: string): readonly string[] {
  const changes = fix ? fixChanges(fix, context.read) : [];
  const sentence = `**Fix:** ${escapeProse(fixSentence(fix, changes, remedy))}.`;
  const diff = changes && changes.length > 0 ? [codeBlock("diff", toDiff(changes, context))] : [];
  return [sentence, ...diff, ...(fix ? [...migrationLine(fix), ...sqlBlocks(fix)] : [])];
}

function migrationLine(fix: Fix): readonly string[] {
  const sentence = migrationSentence(fix);
  return sentence === "" ? [] : [`The migration ${escapeProse(sentence)}.`];
}

function sqlBlocks(fix: Fix): readonly string[] {
  const { forward, reverse } = sqlStatements(fix);
  return [
    ...(forward.length > 0 ? [codeBlock("sql", forward.join("\n"))] : []),
    ...(reverse.length > 0 ? ["To undo it:", codeBlock("sql", reverse.join("\n"))] : []),
  ];
}

function toDiff(changes: readonly FileChange[], context: RenderContext): string {
  const lines = changes.flatMap(({ file, blocks }) => [
    `--- ${shownPath(context, file)}`,
    ...blocks.flatMap(({ line, removed, added }) => [`@@ line ${line} @@`, ...removed.map((text) => `-${text}`), ...added.map((text) => `+${text}`)]),
  ]);
  return lines.map(cleanLine).join("\n");
}

function renderAlternatives(fixes: readonly Fix[], context: RenderContext): readonly string[] {
  if (fixes.length === 0) return [];
  const others = fixes.flatMap((fix) => [`**${escapeProse(fix.title)}**`, ...renderFix(fix, context)]);
  return [`<details><summary>Alternatives</summary>\n\n${others.join("\n\n")}\n\n</details>`];
}

function notSeen(report: Report, context: RenderContext): readonly string[] {
  const { notJudged, leftOut, skipped } = summarise(report, context);
  const items = [
    ...notJudged.map(({ what, command }) => escapeProse(what) + (command === "" ? "" : `: ${codeSpan(command)}`)),
    ...skipped.map(({ file, line, message }) => {
      const path = shownPath(context, file);
      const place = line > 0 ? linkTo(`${path}:${line}`, path, `#L${line}`) : codeSpan(path);
      return `${place} was skipped: ${escapeProse(message)}`;
    }),
    ...(leftOut === "" ? [] : [`left out: ${escapeProse(leftOut)}`]),
  ];
  return ["## Not seen", items.length === 0 ? "Nothing was left out." : items.map((item) => `- ${item}`).join("\n")];
}
