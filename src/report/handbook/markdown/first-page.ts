/** README.md: the answer, the ten changes, what it rests on, where the time goes, the table of contents. */
import type { Change, Handbook } from "../../../model/handbook.ts";
import { formatCount, formatNumber } from "../../../model/numbers.ts";
import { FIRST } from "../../../handbook/changes.ts";
import { gainRange, gainRung, rangeSentence, rangeWords } from "../../../handbook/gain-range.ts";
import { CHAPTERS, TITLE } from "../../../handbook/outline.ts";
import { formatTime } from "../../../handbook/overview.ts";
import { codeSpan, escapeProse } from "../../markdown-text.ts";
import { shortIdOf } from "../../render-context.ts";
import { figure, sentence, table } from "./blocks.ts";
import { findingHref, type Pages } from "./context.ts";
import { notSeen } from "./not-seen.ts";
import { plotFile } from "../plots/plot-file.ts";
import { newsWords } from "../news-words.ts";

export function firstPage(pages: Pages): readonly string[] {
  const { handbook } = pages;
  return [
    projectLine(handbook),
    `# ${TITLE}`,
    `**${escapeProse(handbook.headline)}.**${splitWords(handbook)}`,
    ...splitDrawing(handbook),
    ...since(pages),
    ...changeList(pages),
    "## What this rests on",
    restsTable(handbook),
    ...overview(handbook),
    "## Table of Contents",
    contents(handbook),
    '<a id="not-seen"></a>',
    ...notSeen(pages),
  ];
}

export function projectLine({ project: { name, commit, isDirty, django, postgres } }: Handbook): string {
  const parts = [
    `${escapeProse(name)}${commit === null ? "" : ` at ${codeSpan(commit)}${isDirty ? " with changes" : ""}`}`,
    django === null ? "" : `Django ${escapeProse(django)}`,
    postgres === null ? "" : `PostgreSQL ${escapeProse(postgres)}`,
  ];
  return parts.filter(Boolean).join(" · ");
}

function splitWords({ split, time }: Handbook): string {
  if (split === null || split.kind !== "split" || time === null) return "";
  const parts = split.parts.map(({ rung, value }) => `${rung === "remain" ? "remains" : rung} ${formatTime(value)}`);
  const range = split.range === null ? "" : ` What goes is ${rangeSentence(split.range)}.`;
  return ` By evidence: ${parts.join(", ")} ${time.unit}.${range} From ${sentence(time.source)}`;
}

function splitDrawing({ split }: Handbook): readonly string[] {
  const file = split === null ? null : plotFile(split);
  return split === null || file === null ? [] : [`![${escapeProse(split.question)}](${file})`];
}

function changeList(pages: Pages): readonly string[] {
  const { handbook } = pages;
  const top = handbook.changes.slice(0, FIRST);
  if (top.length === 0) return [];
  const rest = handbook.changes.slice(FIRST);
  const timed = rest.filter(({ gain }) => gain !== null);
  const sum = timed.reduce((total, { gain }) => total + (gain?.marginal ?? 0), 0);
  const words =
    handbook.time === null
      ? `Ranked by severity and confidence, requests before tasks, the admin and commands; no time is known. ${formatCount(rest.length, "more change")} in the [plan of work](plan-of-work.md).`
      : `Each gain assumes the changes above it. ${formatCount(timed.length, "smaller change")}: ${formatTime(sum)} ${handbook.time.unit} together; ${formatNumber(rest.length - timed.length)} without a figure. All stand in the [plan of work](plan-of-work.md).`;
  return [`## ${top.length === 1 ? "The change" : `${formatNumber(top.length)} changes`}`, changeTable(top, pages), words];
}

/** An action that names its table, as of an index, has said where. */
const placeWords = ({ action, place }: Change): string => (place === "" || action.split(/[\s`.,;]+/).includes(place) ? "" : ` ${codeSpan(place)}`);

export function changeTable(changes: readonly Change[], { handbook, context, findings }: Pages, start = 1): string {
  const { time } = handbook;
  const rows = changes.map((change, index) => {
    const finding = findings.get(change.finding);
    const id = finding === undefined ? "" : `[${escapeProse(shortIdOf(context, change.finding))}](${findingHref(handbook, finding)})`;
    const fix = [change.safety ?? "by hand", change.size === "by hand" ? "" : change.size].filter(Boolean).join(", ");
    const cells = [`${escapeProse(change.action)}${placeWords(change)}`, gainRung(change), fix, id];
    return time === null ? [String(start + index), change.severity, ...cells] : [String(start + index), gainCell(change), ...cells];
  });
  const head = ["change", "evidence", "fix", "id"];
  return table(["", time === null ? "severity" : `removes, ${time.unit}`, ...head], rows, time === null ? [0] : [0, 1]);
}

function gainCell({ gain, isRisk }: Change): string {
  if (isRisk) return "Risk, not time";
  if (gain === null) return "-";
  const range = gainRange(gain);
  return `${formatTime(gain.marginal)}${range === null ? "" : ` (${rangeWords(range)})`}`;
}

export function restsTable({ rests }: Handbook): string {
  return table(
    ["evidence", "what there is", "of", "what it would add, and how"],
    rests.map(({ kind, isThere, what, age, command }) =>
      isThere ? [kind, escapeProse(what), age, ""] : [kind, "nothing", "", `${escapeProse(what)}: ${codeSpan(command)}`],
    ),
  );
}

function overview({ overview: plots }: Handbook): readonly string[] {
  const body = plots.flatMap(figure);
  return body.length === 0 ? [] : ["## Where the time goes", ...body];
}

function contents({ sections }: Handbook): string {
  const chapters = CHAPTERS.map(({ chapter, title, page, sections: own }) => {
    const items = own.map(({ section, title: name, analysis, examples, examplesTitle }) => {
      const state = sections.find((one) => one.section === section);
      const count =
        state === undefined
          ? ""
          : state.state === "findings"
            ? state.findings.length === 0
              ? "advice"
              : formatNumber(state.findings.length)
            : state.state === "clean"
              ? "none"
              : state.state;
      const links = [analysis === null ? "" : `     - [Analysis](${analysis})`, examples === null ? "" : `     - [${examplesTitle}](${examples})`].filter(
        Boolean,
      );
      return [`   - [${name}](${page}#s-${section.replace(".", "-")}) (${count})`, ...links].join("\n");
    });
    return [`${chapter}. **[${title}](${page})**`, ...items].join("\n");
  });
  return [
    "[Introduction](introduction.md)",
    chapters.join("\n\n"),
    "[Plan of work](plan-of-work.md) · [Conclusion](conclusion.md) · [References](references.md)",
  ].join("\n\n");
}

function since({ handbook, findings, context }: Pages): readonly string[] {
  const { since: last, time } = handbook;
  if (last === null || last.fixed.length + last.added.length + last.worse.length + (last.better ?? []).length + (last.unseen ?? []).length === 0) return [];
  const commit = last.commit === null ? "" : ` at ${codeSpan(last.commit)}`;
  const link = (id: string): string => {
    const finding = findings.get(id);
    return finding === undefined ? codeSpan(id) : `[${escapeProse(shortIdOf(context, id))}](${findingHref(handbook, finding)}) ${escapeProse(finding.claim)}`;
  };
  const { better = [], unseen = [] } = last;
  const items = [
    ...last.fixed.slice(0, MOST_SINCE).map(({ rule, claim }) => `- fixed: ${codeSpan(rule)} ${escapeProse(claim)}`),
    ...more(last.fixed.length, "fixed"),
    ...unseen.slice(0, MOST_SINCE).map(({ rule, claim }) => `- not seen: ${codeSpan(rule)} ${escapeProse(claim)}`),
    ...more(unseen.length, "not seen"),
    ...last.added.slice(0, MOST_SINCE).map((id) => `- new: ${link(id)}`),
    ...more(last.added.length, "new"),
    ...last.worse
      .slice(0, MOST_SINCE)
      .map(({ finding, before, now }) => `- worse: ${link(finding)}: ${formatTime(before)} → ${formatTime(now)} ${time?.unit ?? ""}`),
    ...more(last.worse.length, "worse"),
    ...better
      .slice(0, MOST_SINCE)
      .map(({ finding, before, now }) => `- better: ${link(finding)}: ${formatTime(before)} → ${formatTime(now)} ${time?.unit ?? ""}`),
    ...more(better.length, "better"),
  ];
  return [
    "## Since the last run",
    `Compared with the run of ${last.at.slice(0, 10)}${commit}: ${newsWords(last, true)}.${unseen.length === 0 ? "" : NOT_SEEN}`,
    items.join("\n"),
  ];
}

const NOT_SEEN = " What is not seen is fixed or was not asked for: not all of its statements were sent this time.";

const MOST_SINCE = 20;

function more(count: number, what: string): readonly string[] {
  return count > MOST_SINCE ? [`- ${formatNumber(count - MOST_SINCE)} more ${what}`] : [];
}
