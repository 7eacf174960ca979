/** Indexes that rules propose, tried one by one: the statements of the table planned with each, and without the index that it takes the place of. */
import type { Database, IndexProposal, Plan, PlanNode, ProposalProof, StudiedStatement } from "../model/index.ts";
import { carefulSettings, statementVerdict, type QuestionPlans } from "../advisors/indexes/verdict.ts";
import type { PreparedStatement, Sight, Trial } from "./phantom/trial.ts";
import { NO_PLAN, plansIn, type Measured } from "./study-plans.ts";

export interface ProposalInput {
  readonly proposals: readonly IndexProposal[];
  readonly database: Database;
  /** Of each question, as it is planned today. */
  readonly plans: readonly (Measured | null)[];
  readonly prepared: readonly PreparedStatement[];
  readonly progress: (phase: string, done: number, total: number) => void;
}

export async function tryProposals(trial: Trial, input: ProposalInput): Promise<ProposalProof[]> {
  const { proposals, progress } = input;
  const tried = await trial.add(proposals.map(({ sql }) => sql));
  const proofs: ProposalProof[] = [];
  for (const [place, proposal] of proposals.entries()) {
    const one = tried[place];
    progress("planning with a proposed index", place, proposals.length);
    if (one === undefined || "refused" in one) proofs.push({ proposal, refused: one?.refused ?? "it was not made", statements: [] });
    else proofs.push({ proposal, refused: null, statements: await planWith(trial, place, proposal, new Set(one.parts.map(({ name }) => name)), input) });
  }
  return proofs;
}

async function planWith(
  trial: Trial,
  place: number,
  proposal: IndexProposal,
  names: ReadonlySet<string>,
  { database, plans, prepared }: ProposalInput,
): Promise<StudiedStatement[]> {
  const { table, instead, name } = proposal;
  const ids = new Set([...database.statementsOn(table).map(({ id }) => id), ...proposal.statements]);
  const asked = [...plans.entries()].flatMap(([number, one]) => {
    const text = prepared[number];
    return one === null || text === undefined || !ids.has(database.workload.statements[one.statement]?.id ?? "") ? [] : [{ one, text }];
  });
  const sight: Sight = { shown: [place], ...(instead === null ? {} : { hidden: [{ schema: instead.schema, name: instead.name }] }) };
  const texts = await Promise.all(asked.map(({ one, text }) => textWith(trial, proposal, one, text, database)));
  const server = await plansIn(trial, texts, sight);
  const careful = await plansIn(trial, texts, { ...sight, settings: carefulSettings(database) });
  const byStatement = new Map<number, QuestionPlans[]>();
  for (const [at, { one }] of asked.entries()) {
    const [plan, other] = [server[at], careful[at]];
    if (plan === undefined || other === undefined || plan === NO_PLAN || other === NO_PLAN) continue;
    const pair: QuestionPlans = {
      asked: one.asked,
      server: { before: one.server.before, after: renamed(plan, names, name) },
      careful: { before: one.careful.before, after: renamed(other, names, name) },
    };
    byStatement.set(one.statement, [...(byStatement.get(one.statement) ?? []), pair]);
  }
  return [...byStatement].flatMap(([number, all]) => {
    const statement = database.workload.statements[number];
    return statement === undefined ? [] : [statementVerdict(statement.id, statement.calls, all, new Set([name]))];
  });
}

/** As the statement would ask then; as it asks now where that has no plan. */
async function textWith(
  trial: Trial,
  { rewrites = [] }: IndexProposal,
  { statement, asked }: Measured,
  text: PreparedStatement,
  { workload }: Database,
): Promise<PreparedStatement> {
  const id = workload.statements[statement]?.id;
  const rewritten = rewrites.find((one) => one.statement === id);
  if (rewritten === undefined) return text;
  const prepared = await trial.prepare(rewritten.sql, asked.parameters);
  return "refused" in prepared ? text : prepared;
}

/** Plans name the index as it will be called; of a partitioned table, the parts of it too. */
function renamed(plan: Plan, names: ReadonlySet<string>, name: string): Plan {
  const node = (one: PlanNode): PlanNode => ({
    ...one,
    index: one.index !== null && names.has(one.index) ? name : one.index,
    children: one.children.map(node),
  });
  return { ...plan, root: node(plan.root) };
}
