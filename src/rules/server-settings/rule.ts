import type { Database, DatabaseDraft, DatabaseInput, FixDraft, Judgement, Rule, Unjudged } from "../../model/index.ts";
import { counterEvidence, gapIn, LEAST_DAYS } from "../database/evidence.ts";
import { withChangeProofs } from "../database/change-proof.ts";
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
  proposes: true,
  judge: (input) => {
    const { database } = input;
    const gap = gapIn(database, "settings");
    if (gap !== null || database.server.settings.length === 0)
      return { drafts: [], unjudged: [gap ?? { object: "", why: "needs the server's settings" }], examined: "" };
    const judgement: Judgement = {
      drafts: proposeSettings(input).map((one) => toDraft(one, input)),
      unjudged: unknowns(database),
      examined: `${database.server.settings.length} settings`,
    };
    return withChangeProofs(judgement, database, { standsOn: (change) => (change.kind === "setting" && PLANS_ALONE.has(change.name) ? "plans" : "more") });
  },
};

/** What the planner alone goes by. A sort that spills, and compiling, cost time under one and the same plan. */
const PLANS_ALONE: ReadonlySet<string> = new Set(["effective_cache_size", "random_page_cost"]);
const PLANNED: ReadonlySet<string> = new Set([...PLANS_ALONE, "work_mem", "jit"]);

/** What a size is judged by: blocks, temporary files and checkpoints of a week at least. */
function unknowns(database: Database): Unjudged[] {
  const { age } = database;
  const gap = gapIn(database, "database counters", "checkpoints");
  if (gap !== null) return [gap];
  const object = "setting shared_buffers, work_mem, max_wal_size";
  if (age.days === null) return [{ object, why: `needs counters of ${LEAST_DAYS} days; since when these count is not known` }];
  return age.days >= 1 ? [] : [{ object, why: "needs counters of a day; these are younger" }];
}

function toDraft(
  { name, value, severity, claim, counters, arithmetic, doubt, statements, figures, needsRestart, current, tried }: SettingProposal,
  { database }: DatabaseInput,
): DatabaseDraft {
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
    ...triesOf(name, value ?? tried ?? null),
  };
}

function triesOf(name: string, value: string | null): Pick<DatabaseDraft, "tries"> {
  return value === null || !PLANNED.has(name) ? {} : { tries: { kind: "setting", key: `setting ${name} ${value}`, name, value } };
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
