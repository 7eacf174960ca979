import type { Finding } from "../model/finding.ts";
import type { Notice, Report } from "../model/report.ts";
import { sortFindings } from "../select/finding-order.ts";
import { rungOf } from "../select/severity.ts";
import { doubtSentence, evidenceSentence, fixChanges, fixSentence, proofSentence } from "./finding-facts.ts";
import { placeName, shortIdOf, shownPath, type RenderContext } from "./render-context.ts";
import { summarise } from "./summary.ts";

const COMMANDS = { error: "error", warning: "warning", info: "notice" } as const;

/** The report as GitHub Actions workflow commands, which become annotations on the changed files. */
export function renderGithub(report: Report, context: RenderContext): string {
  const lines = [
    ...sortFindings(report.findings).map((finding) => annotateFinding(finding, report, context)),
    ...report.notices.map((notice) => annotateNotice(notice, context)),
    annotateSummary(report, context),
  ];
  return `${lines.join("\n")}\n`;
}

function annotateFinding(finding: Finding, report: Report, context: RenderContext): string {
  const { rule, chapter, confidence, id, severity, fixes, places } = finding;
  const title = `${rule} ${chapter} ${confidence} ${shortIdOf(context, id)} (${rungOf(finding)})`;
  const changes = fixes[0] ? fixChanges(fixes[0], context.read) : [];
  const body = [
    finding.message,
    ...places.map((place) => `${place.role}: ${placeName(context, place)}`),
    `evidence: ${evidenceSentence(finding, report, context)}`,
    `fix: ${fixes[0] === undefined && finding.remedy !== undefined ? "by hand" : fixSentence(fixes[0], changes)}`,
    `proof: ${proofSentence(finding, context)}`,
    `doubt: ${doubtSentence(finding)}`,
  ];
  return command(COMMANDS[severity], { ...position(finding, context), title }, body.join("\n"));
}

/** The first place in the source. An annotation has columns only when it is on one line. */
function position({ places }: Finding, context: RenderContext): Readonly<Record<string, string | number>> {
  const place = places.find(({ object }) => object === undefined);
  if (!place) return {};
  const file = shownPath(context, place.file);
  if (place.line < 1) return { file };
  const lines = { file, line: place.line, endLine: place.endLine };
  return place.endLine === place.line ? { ...lines, col: place.column, endColumn: place.endColumn } : lines;
}

function annotateNotice(notice: Notice, context: RenderContext): string {
  const at: Record<string, number> = notice.line > 0 ? { line: notice.line, col: notice.column } : {};
  const properties = { file: shownPath(context, notice.file), ...at, title: "skipped by luthier" };
  return command("warning", properties, notice.message);
}

function annotateSummary(report: Report, context: RenderContext): string {
  const { count, leftOut, read, recorded, database, notJudged } = summarise(report, context);
  const gaps = notJudged.map(({ what, command: usage }) => (usage === "" ? what : `${what}: ${usage}`));
  const facts = [count, leftOut === "" ? "" : `Left out: ${leftOut}`, read, recorded, database, gaps.length === 0 ? "" : `Not judged: ${gaps.join("; ")}`];
  return command("notice", { title: "luthier" }, facts.filter(Boolean).join("\n"));
}

function command(name: string, properties: Readonly<Record<string, string | number>>, message: string): string {
  const pairs = Object.entries(properties).map(([key, value]) => `${key}=${escapeProperty(String(value))}`);
  return `::${name} ${pairs.join(",")}::${escapeData(message)}`;
}

function escapeData(text: string): string {
  return text
    .replaceAll("%", "%25")
    .replaceAll("\r", "%0D")
    .replaceAll("\n", "%0A")
    .replaceAll(/\p{Cc}/gu, "");
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}
