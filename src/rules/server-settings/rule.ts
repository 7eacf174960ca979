import type { Database, DatabaseDraft, DatabaseInput, FixDraft, Rule, Unjudged } from "../../model/index.ts";
import { counterEvidence, gapIn, LEAST_DAYS } from "../database/evidence.ts";
import { statementSpot } from "../database/statement-places.ts";
import { alterSystem } from "./alter-system.ts";
import { proposeSettings, type SettingProposal } from "./proposals.ts";

export const rule: Rule = {
  meta: {
    id: "server-settings",
    chapter: "7.2",
    summary: "A setting of the server does not fit what its counters say",
    severity: "warning",
    confidence: "likely",
    fix: "sometimes",
    stage: "stable",
    needs: ["database"],
  },
  judge: (input) => {
    const { database } = input;
    const gap = gapIn(database, "settings");
    if (gap !== null || database.server.settings.length === 0) return { drafts: [], unjudged: [gap ?? { object: "", why: "needs the server's settings" }], examined: "" };
    return {
      drafts: proposeSettings(input).map((one) => toDraft(one, input)),
      unjudged: unknowns(database),
      examined: `${database.server.settings.length} settings`,
    };
  },
};

/** What a size is judged by: blocks, temporary files and checkpoints of a week at least. */
function unknowns(database: Database): Unjudged[] {
  const { age } = database;
  const gap = gapIn(database, "database counters", "checkpoints");
  if (gap !== null) return [gap];
  const object = "setting shared_buffers, work_mem, max_wal_size";
  if (age.days === null) return [{ object, why: `needs counters of ${LEAST_DAYS} days; since when these count is not known` }];
  return age.days >= 1 ? [] : [{ object, why: "needs counters of a day; these are younger" }];
}

function toDraft({ name, value, severity, claim, counters, arithmetic, doubt, statements, figures, needsRestart, current }: SettingProposal, { database }: DatabaseInput): DatabaseDraft {
  return {
    key: [name],
    severity,
    claim,
    reason: counters,
    remedy: `${value === null ? `No size of \`${name}\` is proposed.` : `Set \`${name}\` to ${value}${needsRestart ? ", with a restart" : ""}.`} ${arithmetic}`,
    doubt,
    places: [{ role: "setting", object: name, label: `now ${current}` }, ...statements.map((one) => statementSpot(one))],
    evidence: [counterEvidence(database, figures)],
    fixes: value === null ? [] : [fixOf(name, value, needsRestart, database)],
  };
}

function fixOf(name: string, value: string, needsRestart: boolean, database: Database): FixDraft {
  const { forward, reverse } = alterSystem(database, name, value);
  return {
    title: `Set ${name} to ${value}${needsRestart ? " (takes effect at the next restart)" : ""}`,
    kind: "config",
    safety: "review",
    edits: [],
    sql: { forward: [forward, "SELECT pg_reload_conf()"], reverse: [reverse, "SELECT pg_reload_conf()"], isTransactional: false },
  };
}
