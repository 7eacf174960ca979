/** What a recording says by itself: which requests ask for the time, and which loops no finding is about. */
import type { Advice } from "../model/advice.ts";
import type { Frame, LoopCluster, Recording, RowCluster, ScopeTotals, Stack } from "../model/recording.ts";
import { formatCount, formatMilliseconds, formatNumber, formatPercent } from "../model/numbers.ts";
import type { Report } from "../model/report.ts";

export function recordedAdvice(recordings: readonly Recording[], report: Report): readonly Advice[] {
  const recording = recordings.at(-1);
  if (recording === undefined) return [];
  return [scopes(recording), ...loops(recording, report)].filter((one) => one !== null);
}

const BARE = { advisor: "recording", reasons: [], plots: [], artefacts: [], examples: [], rung: "recorded", missing: "", doubt: "" } as const;

const MOST = 15;
const MS = 1000;

function scopes(recording: Recording): Advice | null {
  const all = recording.scopes
    .filter(({ kind, statements }) => kind !== "setup" && statements.sum > 0)
    .toSorted((a, b) => b.databaseTime.sum - a.databaseTime.sum || (a.label < b.label ? -1 : 1));
  const [top] = all;
  if (top === undefined) return null;
  const total = all.reduce((sum, one) => sum + one.databaseTime.sum, 0);
  const share = total === 0 ? 0 : top.databaseTime.sum / total;
  return {
    ...BARE,
    section: "2.1",
    claim: `\`${top.label}\` takes ${formatPercent(share)} of ${formatMilliseconds(total / MS)} ms of recorded database time, ${formatCount(top.statements.median, "statement")} a ${wordOf(top)}.`,
    tables: [
      {
        title: `${formatNumber(Math.min(MOST, all.length))} of ${formatNumber(all.length)} routes, tasks, commands and tests by their time in the database`,
        head: ["", "runs", "statements, median", "most", "ms in the database, median", "together, ms", "most statements from"],
        rows: all
          .slice(0, MOST)
          .map((one) => [
            `\`${one.label}\``,
            formatNumber(one.scopes),
            formatNumber(one.statements.median),
            formatNumber(one.statements.max),
            formatMilliseconds(one.databaseTime.median / MS),
            formatMilliseconds(one.databaseTime.sum / MS),
            placeWords(one),
          ]),
        numeric: [1, 2, 3, 4, 5],
        source: `recording ${recording.folder}`,
      },
    ],
    examined: `${formatCount(recording.statements, "statement")} of ${formatCount(all.length, "route, task, command or test", "routes, tasks, commands and tests")}`,
  };
}

function wordOf({ kind }: ScopeTotals): string {
  return kind === "command" || kind === "task" ? "run" : kind;
}

function placeWords({ places: [first] }: ScopeTotals): string {
  return first === undefined || first.frame === null ? "-" : `\`${first.frame.file}:${first.frame.line}\` (${formatNumber(first.statements)})`;
}

const LEAST_ROUNDS = 3;

/** Loops that the source has no finding for, where there is no source above all. */
function loops({ rowClusters, loopClusters, folder }: Recording, { findings, coverage }: Report): readonly Advice[] {
  const isSourceThere = coverage.filesParsed > 0;
  if (findings.some(({ chapter }) => chapter === "2.4")) return [];
  const rows = rowClusters.map((one) => ({ name: `\`${one.model}.${one.path.replaceAll("__", ".")}\``, ...figuresOf(one), at: frameWords(one.access) }));
  const repeated = loopClusters
    .filter(({ cause }) => cause === null)
    .map((one) => ({ name: `\`${one.sql.slice(0, 60)}\``, ...figuresOf(one), at: frameWords(one.stack) }));
  const all = [...rows, ...repeated].filter(({ statements }) => statements >= LEAST_ROUNDS).toSorted((a, b) => b.time - a.time || (a.name < b.name ? -1 : 1));
  const [top] = all;
  if (top === undefined) return [];
  return [
    {
      ...BARE,
      section: "2.4",
      claim: `${top.name} is loaded ${formatNumber(top.statements)} times in one ${top.label}: ${formatMilliseconds(top.time)} ms together.`,
      tables: [
        {
          title: `${formatNumber(Math.min(MOST, all.length))} of ${formatCount(all.length, "loop")} by time`,
          head: ["loaded or sent", "times in one scope", "in", "together, ms", "at"],
          rows: all.slice(0, MOST).map(({ name, statements, label, time, at }) => [name, formatNumber(statements), label, formatMilliseconds(time), at]),
          numeric: [1, 3],
          source: `recording ${folder}`,
        },
      ],
      examined: `${formatCount(rowClusters.length + loopClusters.length, "loop")} of ${folder}`,
      missing: isSourceThere ? "" : "The lines that fetched the rows and the edits that would mend it: `luthier tune PATH` with the project's folder.",
    },
  ];
}

function figuresOf({ occurrences }: RowCluster | LoopCluster): { readonly statements: number; readonly time: number; readonly label: string } {
  const [worst] = occurrences.toSorted((a, b) => b.statements.max - a.statements.max);
  return {
    statements: worst?.statements.max ?? 0,
    time: occurrences.reduce((sum, one) => sum + one.microseconds, 0) / MS,
    label: worst === undefined ? "" : worst.label,
  };
}

function frameWords(stack: Stack): string {
  const frame: Frame | undefined = stack.find(({ owner }) => owner === "project") ?? stack.find(({ owner }) => owner === "outside") ?? stack[0];
  return frame === undefined ? "-" : `\`${frame.file}:${frame.line}\``;
}
