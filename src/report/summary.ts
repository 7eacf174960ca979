import type { Notice, Report } from "../model/report.ts";
import { gapGroups, gapSentence } from "../select/gap-groups.ts";
import { SEVERITIES } from "../select/severity.ts";
import { formatCount, formatDuration, formatNumber } from "../model/numbers.ts";
import { shownPath, typed, type RenderContext } from "./render-context.ts";

/** The four facts that end every report, each as whole sentences. */
export interface Summary {
  readonly count: string;
  /** What comments, the baseline or the confidence took out; empty when nothing was. */
  readonly leftOut: string;
  readonly read: string;
  /** What a recording says of the source's findings; empty without one. */
  readonly recorded: string;
  /** What was seen of a database; empty without one. */
  readonly database: string;
  /** What could not be judged, and the command that would help; empty when all was judged. */
  readonly notJudged: readonly Gap[];
  readonly skipped: readonly Notice[];
}

export interface Gap {
  readonly what: string;
  readonly command: string;
}

export function summarise(report: Report, context: RenderContext): Summary {
  return {
    count: typed(context, countSentence(report)),
    leftOut: leftOutSentence(report),
    read: readSentence(report),
    recorded: recordedSentence(report, context),
    database: databaseSentence(report),
    notJudged: [...queryGap(report, context), ...databaseGaps(report), ...ruleGaps(report, context)].map(({ what, command }) => ({
      what: typed(context, what),
      command: typed(context, command),
    })),
    skipped: report.notices,
  };
}

function countSentence({ findings }: Report): string {
  if (findings.length === 0) return "No findings.";
  const counts = SEVERITIES.map((severity) => ({
    severity,
    count: findings.filter((finding) => finding.severity === severity).length,
  })).filter(({ count }) => count > 0);
  const bySeverity = counts.map(({ severity, count }) => (severity === "info" ? `${formatNumber(count)} info` : formatCount(count, severity)));
  return `${formatCount(findings.length, "finding")}: ${bySeverity.join(", ")}. ${safeSentence(findings)}`;
}

function safeSentence(findings: Report["findings"]): string {
  const safe = findings.filter(({ fixes: [fix] }) => fix?.safety === "safe" && fix.edits.length > 0).length;
  if (safe === 0) return "None has a safe fix.";
  return `${formatNumber(safe)} ${safe === 1 ? "has" : "have"} a safe fix: luthier fix`;
}

function leftOutSentence({ silenced }: Report): string {
  const { unchanged = 0 } = silenced;
  const parts = [
    unchanged > 0 ? `${formatNumber(unchanged)} on lines that did not change` : "",
    silenced.ignored > 0 ? `${formatNumber(silenced.ignored)} ignored by a comment` : "",
    silenced.baseline > 0 ? `${formatNumber(silenced.baseline)} in the baseline` : "",
    silenced.belowConfidence > 0
      ? `${formatNumber(silenced.belowConfidence)} less sure (--min-confidence possible shows ${silenced.belowConfidence === 1 ? "it" : "them"})`
      : "",
  ];
  return parts.filter(Boolean).join(", ");
}

function readSentence({ coverage, timing }: Report): string {
  const { filesParsed, filesFailed, queryOrigins, resolvedOrigins } = coverage;
  const files = `${formatNumber(filesParsed)} of ${formatCount(filesParsed + filesFailed, "file")}`;
  const querysets = `${formatNumber(resolvedOrigins)} of ${formatCount(queryOrigins, "queryset")}`;
  return `Read ${files} and resolved ${querysets} in ${timing.totalMs < 50 ? "under 0.1 s" : formatDuration(timing.totalMs)}.`;
}

/** `Recorded 4,861 scopes with 52,100 queries: 42 of 45 N+1s were found in source, 3 were not.` */
function recordedSentence({ coverage: { recording } }: Report, context: RenderContext): string {
  if (recording === undefined) return "";
  const { statements, scopes, clusters, found, moved, stale } = recording;
  const missed = clusters - found;
  const share = `${formatNumber(found)} of ${formatCount(clusters, "N+1")} ${clusters === 1 ? "was" : "were"} found in source`;
  const agreement =
    clusters === 0 ? "no N+1 in this project's code" : `${share}${missed > 0 ? `, ${formatNumber(missed)} ${missed === 1 ? "was" : "were"} not` : ""}`;
  const old =
    stale.length === 0
      ? ""
      : ` ${formatCount(stale.length, "file")} changed since${stale.length === 1 ? ":" : ", such as"} ${shownPath(context, stale[0] ?? "")}${moved > 0 ? `; ${formatCount(moved, "place")} left out` : ""}. Record again.`;
  return `Recorded ${formatCount(statements, "query", "queries")} in ${formatCount(scopes, "scope")}: ${agreement}.${old}`;
}

/** `Database shop, PostgreSQL 16.4, of 2026-11-26: 52 tables, 179 indexes, 385 statements; counters of 18 days.` */
function databaseSentence({ coverage: { database } }: Report): string {
  if (database === undefined) return "";
  const { name, version, takenAt, servers, tables, indexes, statements, plans, days } = database;
  const parts = [
    formatCount(tables, "table"),
    formatCount(indexes, "index", "indexes"),
    formatCount(statements, "statement"),
    plans > 0 ? formatCount(plans, "plan") : "",
    servers > 1 ? formatCount(servers, "server") : "",
  ];
  const age =
    days === null ? "how old the counters are is not known" : days < 1 ? "counters of less than a day" : `counters of ${formatCount(Math.floor(days), "day")}`;
  return `Database ${name}, PostgreSQL ${version}, of ${takenAt.slice(0, 10)}: ${parts.filter(Boolean).join(", ")}; ${age}.`;
}

/** Parts of the database that could not be read. */
function databaseGaps({ coverage: { database } }: Report): readonly Gap[] {
  return (database?.gaps ?? []).map(({ part, why, cost, remedy }) => ({
    what: `${part} of the database (${why})${cost === "" ? "" : `: ${cost}`}`,
    command: remedy,
  }));
}

function queryGap({ coverage }: Report, context: RenderContext): readonly Gap[] {
  const count = coverage.queryOrigins - coverage.resolvedOrigins;
  if (count <= 0) return [];
  const most = coverage.unresolved.toSorted((a, b) => b.count - a.count)[0];
  const querysets = formatCount(count, "queryset");
  if (!most) return [{ what: querysets, command: "" }];
  const share = most.count >= count ? (count === 1 ? "" : "all of them ") : `${formatNumber(most.count)} of them `;
  return [{ what: `${querysets}, ${share}${most.why} in ${shownPath(context, most.file)}`, command: "" }];
}

/** Rules without evidence, by what they lack: a `why` that begins with `needs` is a piece of evidence. */
function ruleGaps({ coverage }: Report, context: RenderContext): readonly Gap[] {
  // What of the database a rule wants is told where its section is: here the command is the same.
  const unknown = coverage.unknown.map((one) => ({ ...one, why: one.why.replace(/^(needs a database): .*$/, "$1") }));
  return gapGroups(unknown).map((group) => {
    const { rules, objects, why } = group;
    const who = rules.length === 1 && objects.length > 0 ? `${rules[0]}` : formatCount(rules.length, "rule");
    const about = objects.length === 0 ? "" : ` about ${formatCount(objects.length, "object")}`;
    const isRule = rules.length > 1 || objects.length === 0;
    const what = why.startsWith("needs ")
      ? `${who}${about}${isRule ? " that" : ""} ${rules.length === 1 ? why : why.replace(/^needs/, "need")}`
      : gapSentence(group);
    return { what, command: commandFor(why, context) };
  });
}

const COMMANDS: readonly (readonly [need: RegExp, command: string, usage: string])[] = [
  [/^needs? a database/, "snapshot", "luthier snapshot --db URL"],
  [/\brecording\b/, "record", "luthier record -- COMMAND"],
];

function commandFor(why: string, { commands }: RenderContext): string {
  return COMMANDS.find(([need, command]) => need.test(why) && commands.has(command))?.[2] ?? "";
}
