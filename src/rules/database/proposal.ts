/** An index that a rule proposes, and what planning the statements with it gave: one way for every rule that proposes one. */
import { createIndexSql, indexName, missingExtensions, type IndexSpec } from "../../fixes/migrations/index.ts";
import { namesDigest } from "../../model/generated-names.ts";
import { formatCount, formatNumber, formatPlannerCost } from "../../model/numbers.ts";
import type {
  Database,
  DatabaseDraft,
  Evidence,
  Index,
  IndexProposal,
  Judgement,
  Plan,
  PlanNode,
  ProposalProof,
  Statement,
  StudiedStatement,
  Table,
  Unjudged,
} from "../../model/index.ts";
import { nodeName } from "./plan-steps.ts";
import { plannedCost } from "./statement-places.ts";
import { tradesTextIndex } from "./text-matches.ts";

/** What the doubt of a finding says that proposes an index, until the plans are there. */
export const NOT_COMPARED = "the plans of the statements were not compared";

export interface Proposed {
  readonly table: Table;
  readonly spec: IndexSpec;
  readonly statements: readonly Statement[];
  /** The index that goes in its favour. */
  readonly instead?: Index;
  /** `cost` where it is not said. */
  readonly saves?: IndexProposal["saves"];
  readonly rewrites?: NonNullable<IndexProposal["rewrites"]>;
}

export function proposalOf({ table, spec, statements, instead, saves = "cost", rewrites = [] }: Proposed, database: Database): IndexProposal {
  const key = `luthier_${namesDigest([String(table.oid), JSON.stringify(spec), String(instead?.oid ?? ""), ...rewrites.map(({ sql }) => sql)], 12)}`;
  const sql = createIndexSql(spec, key, table, false);
  return {
    key,
    table,
    name: indexName(spec, table, database.catalog),
    label: `${table.name} ${sql.slice(sql.indexOf(" USING ") + 1)}`,
    sql,
    instead: instead ?? null,
    extension: missingExtensions({ database }, spec)[0]?.extension ?? null,
    saves,
    needsValues: spec.condition !== undefined || spec.keys.some(({ operatorClass = "" }) => BY_VALUE.test(operatorClass)),
    statements: statements.map(({ id }) => id),
    ...(rewrites.length === 0 ? {} : { rewrites }),
  };
}

/** A beginning is a range only once it is known, and how many rows hold a part depends on the part. */
const BY_VALUE = /(?:pattern|trgm)_ops$/;

/** Findings that propose an index with its plans; those of which the plans make nothing are not judged, and say why. */
export function withProposalProofs({ drafts, unjudged, examined }: Judgement, database: Database): Judgement {
  const all = drafts.map((draft) => judgeDraft(draft, database));
  return { drafts: all.flatMap(({ draft }) => draft ?? []), unjudged: [...unjudged, ...all.flatMap((one) => one.unjudged ?? [])], examined };
}

interface Judged {
  readonly draft: DatabaseDraft | null;
  readonly unjudged: Unjudged | null;
}

function judgeDraft(draft: DatabaseDraft, database: Database): Judged {
  const { proposes } = draft;
  const proof = database.study?.proposals?.find((one) => one.proposal.key === proposes?.key);
  if (proposes === undefined || proof === undefined) return { draft, unjudged: null };
  const looked = lookAt(proposes, proof);
  const gap = gapOf(proposes, proof, looked);
  if (gap !== null) return { draft, unjudged: { object: objectOf(proposes), why: gap } };
  const against = proposes.saves === "bytes" ? againstSmaller(looked) : againstNew(proposes, looked);
  return against === null
    ? { draft: withPlans(draft, proposes, looked, database), unjudged: null }
    : { draft: null, unjudged: { object: objectOf(proposes), why: against } };
}

const objectOf = ({ instead, table }: IndexProposal): string =>
  instead === null ? `table ${table.schema}.${table.name}` : `index ${instead.schema}.${instead.name}`;

interface Looked {
  /** Those of the finding. */
  readonly own: readonly StudiedStatement[];
  /** Of all of the table's, those that use it and cost less, the most saved first. */
  readonly cheaper: readonly StudiedStatement[];
  readonly dearer: readonly StudiedStatement[];
  readonly all: readonly StudiedStatement[];
}

function lookAt({ name, statements }: IndexProposal, proof: ProposalProof): Looked {
  const all = proof.statements;
  const isCheaper = ({ uses, verdict, plans }: StudiedStatement): boolean =>
    uses.includes(name) && (verdict === "gain" || verdict === "verify") && (plans === null || !tradesTextIndex(plans));
  return {
    own: all.filter(({ statement }) => statements.includes(statement)),
    cheaper: all.filter(isCheaper).toSorted((a, b) => saving(b) - saving(a)),
    dearer: all.filter(({ verdict }) => verdict === "dearer").toSorted((a, b) => worstRatio(b) - worstRatio(a)),
    all,
  };
}

const saving = ({ server, calls }: StudiedStatement): number => (server.before - server.after) * calls;
const worstRatio = ({ server, careful }: StudiedStatement): number =>
  Math.max(server.after / Math.max(1e-9, server.before), careful.after / Math.max(1e-9, careful.before));

/** Why the plans say nothing of it; null where they do. */
function gapOf({ label, needsValues, statements }: IndexProposal, { refused }: ProposalProof, { own, cheaper, all }: Looked): string | null {
  if (refused !== null) return `needs plans with an index on \`${label}\`, which PostgreSQL refuses: ${refused}`;
  if (all.length === 0 && statements.length === 0) return "needs plans of statements on the table, none of which was seen and could be planned";
  if (own.length === 0 && statements.length > 0) return `needs plans of the statements that \`${label}\` is for, none of which could be planned`;
  if (cheaper.length === 0 && needsValues && own.every(({ basis }) => basis === "any"))
    return `needs values of the statements' parameters: planned for any values, they do not tell what \`${label}\` gives`;
  return null;
}

/** A lower cost by itself is no gain of this index. */
function whyNotCheaper(name: string, own: readonly StudiedStatement[]): string {
  if (own.every(({ uses }) => !uses.includes(name))) return ", and no plan reads this index";
  return own.some(({ plans }) => plans !== null && tradesTextIndex(plans))
    ? ", and it would take the place of an index of text, whose comparisons cost more than the planner says"
    : ", and with pages at random nearly as cheap as in order nothing is saved";
}

function againstNew({ label, name }: IndexProposal, { own, cheaper, all }: Looked): string | null {
  const { before, after } = meanCost(own);
  if (!cheaper.some((one) => own.includes(one)))
    return `gets no index on \`${label}\`: with it, ${formatCount(own.length, "statement")} would cost ${formatPlannerCost(after)} in place of ${formatPlannerCost(before)}, as planned${after < before ? whyNotCheaper(name, own) : ""}`;
  const saved = all.reduce((sum, one) => sum + saving(one), 0);
  return saved > 0
    ? null
    : `gets no index on \`${label}\`: with it, ${formatCount(all.length, "statement")} of the table would cost no less together, as planned`;
}

/** What is only smaller must cost nobody more. */
function againstSmaller({ dearer: [worst, ...others] }: Looked): string | null {
  if (worst === undefined) return null;
  const { before, after } = worst.server.after / worst.server.before >= worst.careful.after / worst.careful.before ? worst.server : worst.careful;
  const more = others.length === 0 ? "" : `, and ${formatCount(others.length, "other")}`;
  return `is kept: with the smaller one, statement ${worst.statement} (${formatCount(worst.calls, "call")}) would cost ${formatPlannerCost(after)} in place of ${formatPlannerCost(before)}${more}, as planned`;
}

/** Of a mean call of the statements together. */
function meanCost(statements: readonly StudiedStatement[]): StudiedStatement["server"] {
  const calls = statements.reduce((sum, one) => sum + one.calls, 0) || 1;
  const mean = (which: "before" | "after"): number => statements.reduce((sum, one) => sum + one.server[which] * one.calls, 0) / calls;
  return { before: mean("before"), after: mean("after") };
}

// ------------------------------------------------------------------------------------------------------------ what the plans add

function withPlans(draft: DatabaseDraft, proposal: IndexProposal, looked: Looked, database: Database): DatabaseDraft {
  const { own, cheaper, dearer } = looked;
  const isSure = proposal.saves === "bytes" || cheaper.some(({ verdict }) => verdict === "gain");
  const costs = new Map(own.map((one) => [one.statement, one]));
  return {
    ...draft,
    ...(isSure && (proposal.saves === "bytes" || dearer.length === 0) ? {} : { confidence: "possible" }),
    doubt: draft.doubt.replace(NOT_COMPARED, doubtOf(proposal, looked)),
    places: draft.places.map((place) => {
      const one = "object" in place && place.role === "statement" ? costs.get(place.object) : undefined;
      if (one === undefined || !("object" in place)) return place;
      const words = `cost ${formatPlannerCost(one.server.before)} to ${formatPlannerCost(one.server.after)}`;
      return { ...place, label: [...(place.label === undefined ? [] : [place.label]), words].join(", "), cost: plannedCost(one) };
    }),
    evidence: [planEvidence(proposal, looked, database), ...draft.evidence],
  };
}

function doubtOf({ saves, extension, rewrites = [] }: IndexProposal, { cheaper, dearer, own }: Looked): string {
  const verify = saves === "bytes" ? 0 : cheaper.filter(({ verdict }) => verdict === "verify").length;
  const any = own.filter(({ basis, uses }) => basis === "any" && uses.length > 0).length;
  return [
    ...(verify === 0
      ? []
      : [
          `${verify === cheaper.length ? "verify by running" : `verify ${verify} of the statements by running`}: with pages at random nearly as cheap as in order, the plan is another one`,
        ]),
    ...(dearer.length === 0
      ? []
      : [
          `${formatCount(dearer.length, "statement")} of the table cost more with it`.replace(
            "1 statement of the table cost ",
            "1 statement of the table costs ",
          ),
        ]),
    ...(any === 0 ? [] : [`${formatCount(any, "statement")} planned for any values; rare and frequent ones differ`]),
    ...(rewrites.length === 0 ? [] : [`planned as ${formatCount(rewrites.length, "statement")} would ask then`]),
    ...(extension === null ? [] : [`the plans were made with extension ${extension}, which the database does not have yet`]),
    "costs are the planner's, not time",
  ].join("; ");
}

/** By itself, without what else is advised. The plans are those of the statement that saves most. */
function planEvidence(proposal: IndexProposal, { own, cheaper, all }: Looked, { study }: Database): Evidence {
  const { saves, instead, name } = proposal;
  const costs = own.length === 0 ? {} : costFigures(meanCost(own));
  const shown = saves === "bytes" ? own.find(({ plans }) => plans !== null) : cheaper[0];
  const plans = shown?.plans == null ? {} : { planBefore: planText(shown.plans.before), planAfter: planText(shown.plans.after) };
  const place = instead === null ? "with and without it" : `with it in place of \`${instead.name}\``;
  const agreed = cheaper.filter(({ verdict }) => verdict === "gain").length;
  const result =
    saves === "bytes"
      ? `none of ${formatCount(all.length, "statement")} of the table costs 5 % more`
      : `${formatNumber(cheaper.length)} of ${formatCount(all.length, "statement")} of the table cost less, ${formatNumber(agreed)} by the same plan with the server's constants and with careful ones`;
  return {
    kind: "planned",
    note: `planned by PostgreSQL ${study?.version ?? ""} on a copy without rows, \`${name}\` by itself, ${place}: ${result}`,
    ...costs,
    ...plans,
  };
}

const costFigures = ({ before, after }: StudiedStatement["server"]): { readonly costBefore: number; readonly costAfter: number } => ({
  costBefore: Number(before.toPrecision(6)),
  costAfter: Number(after.toPrecision(6)),
});

/** `Limit > Sort > Seq Scan on orders_order (cost 1,234)`; what has several nodes below names each in brackets. */
export function planText({ root }: Plan): string {
  return `${nodeText(root)} (cost ${formatPlannerCost(root.cost.total)})`;
}

function nodeText(node: PlanNode): string {
  const below = node.children.map(nodeText);
  const [only] = below;
  if (only === undefined) return nodeName(node);
  return `${nodeName(node)} > ${below.length === 1 ? only : `(${below.join("; ")})`}`;
}
