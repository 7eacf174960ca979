import { formatCount } from "../../model/numbers.ts";
import type { Database, DatabaseDraft, Rule } from "../../model/index.ts";
import { catalogEvidence, gapIn } from "../database/evidence.ts";
import { isQuiet, monitoringGaps, type MonitoringGap } from "./gaps.ts";

export const rule: Rule = {
  meta: {
    id: "monitoring-blind",
    chapter: "5.3",
    summary: "The server does not measure or log what an incident would need",
    severity: "info",
    confidence: "certain",
    fix: "always",
    stage: "stable",
    needs: ["database"],
  },
  judge: ({ database }) => {
    const unread = gapIn(database, "settings");
    if (unread !== null || database.server.settings.length === 0)
      return { drafts: [], unjudged: [unread ?? { object: "", why: "needs settings, which could not be read" }], examined: "" };
    const gaps = monitoringGaps(database);
    const quiet = gaps.filter((gap) => isQuiet(gap));
    const drafts = [...gaps.filter((gap) => !isQuiet(gap)).map((gap) => ofGap(database, gap)), ...(quiet.length === 0 ? [] : [ofQuiet(database, quiet)])];
    return { drafts, unjudged: [], examined: `${formatCount(EXAMINED, "setting")} of monitoring` };
  },
};

/** Settings that `gaps.ts` asks for. */
const EXAMINED = 9;

function ofGap(database: Database, gap: MonitoringGap): DatabaseDraft {
  return {
    ...draftOf(database, [gap]),
    severity: gap.kind === "cut" ? "info" : "warning",
    claim: `${gap.state}.`.replace(/^pg_stat_statements(?:\.track)?/, (name) => `\`${name}\``).replace(/^track_activity_query_size/, (name) => `\`${name}\``),
    reason: `So ${gap.cost}.`,
  };
}

function ofQuiet(database: Database, gaps: readonly MonitoringGap[]): DatabaseDraft {
  const names = gaps.map(({ setting }) => `\`${setting}\``);
  return {
    ...draftOf(database, gaps),
    key: ["quiet"],
    claim: `${joined(names)} ${gaps.length === 1 ? "is" : "are"} off: the next incident leaves no trace of this kind.`,
    reason: `Nobody can tell afterwards ${joined(gaps.map(({ cost }) => cost))}.`,
  };
}

const joined = (words: readonly string[]): string => (words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words.at(-1) ?? ""}`);

function draftOf(database: Database, gaps: readonly MonitoringGap[]): Omit<DatabaseDraft, "claim" | "reason"> {
  const restart = gaps.some(({ needsRestart }) => needsRestart);
  return {
    key: gaps.map(({ kind }) => kind),
    remedy: `Set ${joined(gaps.map(({ setting }) => `\`${setting}\``))}${restart ? "; it takes a restart." : ": a reload is enough."}`,
    doubt: gaps.some(({ kind }) => kind === "timing")
      ? "a machine with a slow clock pays for the timing: pg_test_timing tells, and below 100 ns it does not matter"
      : "another tool that samples the server from outside would see part of it",
    places: gaps.map(({ setting }) => ({ role: "setting", object: setting })),
    evidence: [catalogEvidence(database, Object.assign({}, ...gaps.map(({ figures }) => figures)) as Record<string, number>)],
    fixes: [
      {
        title: `Set ${joined(gaps.map(({ setting }) => setting))}`,
        kind: "config",
        safety: "review",
        edits: [],
        sql: { forward: gaps.flatMap(({ forward }) => forward), reverse: gaps.toReversed().flatMap(({ reverse }) => reverse), isTransactional: false },
      },
    ],
  };
}
