/** What planning with a change gave that is no index: one way for every rule that proposes one. */
import { formatCount, formatNumber, formatPlannerCost } from "../../model/numbers.ts";
import type { ChangedStatement, ChangeProof, ChangeProposal, Database, DatabaseDraft, Evidence, Judgement, Unjudged } from "../../model/index.ts";
import { planText } from "./proposal.ts";

/** Whether a proposal stands on plans alone: where none becomes another, it is withdrawn. */
export interface ChangeRules {
  /** Of this change: `plans` stands on plans alone, `more` on what plans do not show too. */
  readonly standsOn: (change: ChangeProposal) => "plans" | "more";
}

export function withChangeProofs({ drafts, unjudged, examined }: Judgement, database: Database, rules: ChangeRules): Judgement {
  const all = drafts.map((draft) => judge(draft, database, rules));
  return { drafts: all.flatMap(({ draft }) => draft ?? []), unjudged: [...unjudged, ...all.flatMap((one) => one.unjudged ?? [])], examined };
}

interface Judged {
  readonly draft: DatabaseDraft | null;
  readonly unjudged: Unjudged | null;
}

function judge(draft: DatabaseDraft, database: Database, { standsOn }: ChangeRules): Judged {
  const { tries } = draft;
  const proof = database.study?.changes?.find(({ proposal }) => proposal.key === tries?.key);
  if (tries === undefined || proof === undefined) return { draft, unjudged: null };
  const { refused, statements } = proof;
  if (refused !== null) return { draft: { ...draft, doubt: `${draft.doubt}; what changes was not planned: ${refused}` }, unjudged: null };
  if (statements.length === 0) return { draft: { ...draft, doubt: `${draft.doubt}; what changes was not planned: no statement could be` }, unjudged: null };
  const others = othersOf(proof);
  if (others.length === 0 && standsOn(tries) === "plans")
    return {
      draft: null,
      unjudged: {
        object: objectOf(tries),
        why: `stays as it is: ${withChange(tries)} ${statements.length === 1 ? "the statement gets no other plan" : `none of ${formatCount(statements.length, "statement")} gets another plan`}, as planned`,
      },
    };
  return {
    draft: {
      ...draft,
      doubt: `${draft.doubt}; costs are the planner's, not time`,
      places: tries.kind === "restated" ? withCosts(draft.places, others, tries.isAtMost === true) : draft.places,
      evidence: [evidenceOf(proof, others, database), ...draft.evidence],
    },
    unjudged: null,
  };
}

/** What the change makes of each statement, at the statement. */
function withCosts(places: DatabaseDraft["places"], others: readonly ChangedStatement[], isAtMost: boolean): DatabaseDraft["places"] {
  const costs = new Map(
    others.map(({ statement, cost, isSure }) => [statement, { before: rounded(cost.before), after: rounded(cost.after), isSure: isSure && !isAtMost }]),
  );
  return places.map((place) => {
    const cost = "object" in place && place.role === "statement" ? costs.get(place.object) : undefined;
    return cost === undefined ? place : { ...place, cost };
  });
}

function objectOf(change: ChangeProposal): string {
  if (change.kind === "restated") return change.object;
  return change.kind === "setting" ? `setting ${change.name}` : `table ${change.table.schema}.${change.table.name}`;
}

function withChange(change: ChangeProposal): string {
  if (change.kind === "setting") return `with ${change.name} = ${change.value}`;
  return change.kind === "statistics" ? `with statistics of ${change.columns.join(" and ")} together` : "asked otherwise,";
}

/** The one whose cost changes most in all of its calls first. */
function othersOf({ statements }: ChangeProof): readonly ChangedStatement[] {
  const weight = ({ cost, calls }: ChangedStatement): number => Math.abs(cost.before - cost.after) * calls;
  return statements.filter(({ isOther }) => isOther).toSorted((a, b) => weight(b) - weight(a));
}

function evidenceOf({ proposal, statements }: ChangeProof, others: readonly ChangedStatement[], { study }: Database): Evidence {
  const [first] = others;
  const cheaper = others.filter(({ cost }) => cost.after < cost.before).length;
  const shown = first?.plans ?? null;
  const which = first === undefined || first.statement === "" ? "" : `; the plans are those of statement ${first.statement}`;
  const alone = statements.length === 1 ? aloneWords(first) : null;
  const counted =
    alone ??
    (others.length === 0
      ? `the plans of ${formatCount(statements.length, "statement")} stay`
      : `${formatNumber(others.length)} of ${formatCount(statements.length, "statement")} ${others.length === 1 ? "gets" : "get"} another plan, ${formatNumber(cheaper)} at less cost${which}`);
  const note = `planned by PostgreSQL ${study?.version ?? ""} on a copy without rows, ${withChange(proposal).replace(/,$/, "")}: ${counted}${MADE_UP[proposal.kind]}`;
  const costs = first === undefined ? {} : { costBefore: rounded(first.cost.before), costAfter: rounded(first.cost.after) };
  return { kind: "planned", note, ...costs, ...(shown === null ? {} : { planBefore: planText(shown.before), planAfter: planText(shown.after) }) };
}

function aloneWords(other: ChangedStatement | undefined): string {
  return other === undefined
    ? "its plan stays"
    : `another plan, of cost ${formatPlannerCost(other.cost.after)} instead of ${formatPlannerCost(other.cost.before)}`;
}

const MADE_UP: Readonly<Record<ChangeProposal["kind"], string>> = {
  setting: "",
  restated: "",
  statistics: "; the statistics are made up so that the condition has the rows that it really had",
};

const rounded = (cost: number): number => Number(cost.toPrecision(6));
