/** Pages about the book as a whole: introduction, conclusion, references. */
import type { Handbook } from "../../../model/handbook.ts";
import { formatCount, formatNumber } from "../../../model/numbers.ts";
import { CHAPTERS } from "../../../handbook/outline.ts";
import { formatTime } from "../../../handbook/overview.ts";
import { FIRST } from "../../../handbook/changes.ts";
import { RUNGS, rungOf } from "../../../select/severity.ts";
import { codeSpan, escapeProse } from "../../markdown-text.ts";
import { sentence, table } from "./blocks.ts";
import { findingHref, type Pages } from "./context.ts";
import { changeTable, projectLine, restsTable } from "./first-page.ts";
import { shortNotSeen } from "./not-seen.ts";

export function introductionPage({ handbook }: Pages): readonly string[] {
  const { report, project, time } = handbook;
  const { apps, models, files, lines } = report.project;
  const size =
    files === 0
      ? ""
      : `${escapeProse(project.name)} has ${formatCount(apps, "app")}, ${formatCount(models, "model")} and ${formatNumber(lines)} lines in ${formatCount(files, "file")}. `;
  const unit =
    time === null
      ? `No cost is known: ${handbook.rests.some(({ kind, isThere }) => kind === "recording" && isThere) ? "the recording has no time" : "nothing was recorded"}, so ${formatCount(report.findings.length, "finding")} ${report.findings.length === 1 ? "is" : "are"} ranked by severity and confidence.`
      : `One second of this handbook is one ${time.unit === "s/min" ? "of database time a minute" : time.from === "database" ? "of all that the server counted" : "of the recording's database time"}: ${formatTime(time.total)} ${time.unit} in all, from ${sentence(time.source)}`;
  return ["# Introduction", `${size}${unit}`, restsTable(handbook), "## Findings by chapter and evidence", byChapter(handbook)];
}

function byChapter({ report, sections }: Handbook): string {
  const rows = CHAPTERS.map(({ chapter, title, page, sections: own }) => {
    const findings = report.findings.filter(({ chapter: at }) => at.split(".")[0] === chapter);
    const states = sections.filter(({ section }) => section.split(".")[0] === chapter);
    const unknown = states.filter(({ state }) => state === "unknown" || state === "failed").map(({ section }) => section);
    const counts = RUNGS.toReversed().map((rung) => formatNumber(findings.filter((one) => rungOf(one) === rung).length));
    return [`[${chapter}. ${title}](${page})`, formatNumber(own.length), ...counts, unknown.length === 0 ? "" : unknown.join(", ")];
  });
  return table(["chapter", "sections", ...RUNGS.toReversed(), "unknown"], rows, [1, 2, 3, 4, 5, 6]);
}

export function conclusionPage(pages: Pages): readonly string[] {
  const { handbook } = pages;
  const { changes, sections, failures = [] } = handbook;
  const unknown = sections.filter(({ state }) => state === "unknown" || state === "failed");
  const clean = sections.filter(({ state }) => state === "clean");
  const words = [
    sentence(handbook.headline),
    `${formatNumber(sections.length - unknown.length)} of ${formatCount(sections.length, "section")} were judged${clean.length === 0 ? "" : `, and nothing was found in ${clean.map(({ section }) => section).join(", ")}`}${unknown.length === 0 ? "" : `; ${unknown.map(({ section }) => section).join(", ")} ${unknown.length === 1 ? "is" : "are"} unknown`}${failures.length === 0 ? "" : `; ${formatCount(failures.length, "advisor")} could not run`}.`,
  ];
  const first = changes.slice(0, 3);
  const next = nextCommand(pages);
  return [
    "# Conclusion",
    words.join(" "),
    ...(first.length === 0 ? [] : [`First ${first.length} of ${formatCount(Math.min(FIRST, changes.length), "change")}:`, changeTable(first, pages)]),
    ...(next === "" ? [] : [`Next: ${codeSpan(next)}${nextReason(pages, next)}`]),
    ...shortNotSeen(pages),
  ];
}

/** Why that one, where it is none of the first changes. */
function nextReason({ handbook, findings }: Pages, command: string): string {
  const safe = safeChange(handbook);
  const finding = safe === undefined || !command.startsWith("luthier fix") ? undefined : findings.get(safe.finding);
  return safe === undefined || finding === undefined
    ? ""
    : `, the first change that is safe to apply: [${escapeProse(safe.action)}](${findingHref(handbook, finding)})${safe.place === "" ? "" : ` at ${codeSpan(safe.place)}`}.`;
}

/** The first change that is safe to apply. */
export const safeChange = ({ changes }: Handbook): Handbook["changes"][number] | undefined =>
  changes.find(({ safety, patch }) => safety === "safe" && patch !== null);

/** One command that makes the most of what is there. */
export function nextCommand({ handbook, context }: Pick<Pages, "handbook" | "context">): string {
  const safe = safeChange(handbook);
  const recording = handbook.rests.find(({ kind }) => kind === "recording");
  if (recording !== undefined && !recording.isThere && context.commands.has("record")) return recording.command;
  if (safe !== undefined)
    return `luthier fix --select ${handbook.shortIds.get(safe.finding) ?? safe.finding}${context.commands.has("fix --prove") ? " --prove -- COMMAND" : ""}`;
  const gap = handbook.rests.find(({ isThere, command }) => !isThere && command.startsWith("luthier"));
  return gap?.command ?? "";
}

/** What was read, and the documentation behind each rule that found something. */
export function referencesPage({ handbook, context }: Pages): readonly string[] {
  const { coverage, tool } = handbook.report;
  const evidence = [
    ...(coverage.filesParsed === 0
      ? []
      : [
          [
            "source",
            "",
            `${formatNumber(coverage.filesParsed)} of ${formatCount(coverage.filesParsed + coverage.filesFailed, "file")}, ${projectLine(handbook)}`,
          ],
        ]),
    ...(coverage.database === undefined
      ? []
      : [["snapshot", codeSpan(coverage.database.file), `${coverage.database.takenAt.slice(0, 10)}, PostgreSQL ${escapeProse(coverage.database.version)}`]]),
    ...(coverage.recording === undefined
      ? []
      : [
          [
            "recording",
            codeSpan(coverage.recording.folder),
            `${coverage.recording.started?.slice(0, 10) ?? ""} ${escapeProse(coverage.recording.command ?? "")}`.trim(),
          ],
        ]),
  ];
  const found = new Map<string, number>();
  for (const { rule } of handbook.report.findings) found.set(rule, (found.get(rule) ?? 0) + 1);
  const rules = context.rules.filter(({ id }) => found.has(id)).toSorted((a, b) => a.chapter.localeCompare(b.chapter, "en") || (a.id < b.id ? -1 : 1));
  const rows = rules.map(({ id, chapter, doc }) => [
    chapter,
    codeSpan(`luthier rules ${id}`),
    formatNumber(found.get(id) ?? 0),
    linksOf(doc, handbook).join(", "),
  ]);
  return [
    "# References",
    `${formatCount(evidence.length, "source")} of evidence ${evidence.length === 1 ? "was" : "were"} read, by ${codeSpan(`luthier ${tool.version}`)}.`,
    table(["evidence", "", ""], evidence),
    ...(rows.length === 0
      ? []
      : [
          `${formatCount(rows.length, "rule")} found something; each names what it goes by.`,
          table(["section", "rule's page", "findings", "documentation"], rows, [2]),
        ]),
  ];
}

/** Of a link that has no words: what it points at, `in bulk` of `…/querysets/#in-bulk`, a setting of PostgreSQL by its name. */
function nameOf(url: string): string {
  const [page = "", fragment = ""] = url.split("#");
  const setting = /^GUC-(.*)$/.exec(fragment)?.[1];
  if (setting !== undefined) return setting.toLowerCase().replaceAll("-", "_");
  const last = page.split("/").findLast((part) => part !== "") ?? page;
  const words = fragment.replace(/^django\..*\.(?=\w+\.\w+$)/, "").replaceAll("-", " ");
  return words === "" ? last.replace(/\.html$/, "") : words === words.toUpperCase() ? words.toLowerCase() : words;
}

/** Links of a rule's page, to the versions that the project runs. */
function linksOf(doc: string, { project: { django, postgres } }: Handbook): readonly string[] {
  const links = [...doc.matchAll(/\[([^\]]+)\]\((https:\/\/[^)\s]+)\)|^- (https:\/\/\S+)$/gm)].map(([, title, named, bare = ""]) => ({
    title: title ?? nameOf(bare),
    url: named ?? bare,
  }));
  const major = postgres === null ? null : (/^\d+/.exec(postgres)?.[0] ?? null);
  return [...new Map(links.map(({ title, url }) => [url, title])).entries()].map(([url, title]) => {
    const own = url
      .replace(/djangoproject\.com\/en\/(?:stable|\d+\.\d+)\//, `djangoproject.com/en/${django !== null && /^\d+\.\d+$/.test(django) ? django : "stable"}/`)
      .replace("/docs/current/", major === null ? "/docs/current/" : `/docs/${major}/`);
    return `[${escapeProse(title)}](${own})`;
  });
}
