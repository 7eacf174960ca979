/** The search for indexes on a phantom. */
import type { Database, Plan, QueryShape } from "../model/index.ts";
import { createIndexSql } from "../fixes/migrations/index.ts";
import { openSqlParser } from "../sql/open-parser.ts";
import { isThere, type Candidate } from "../advisors/indexes/candidates.ts";
import { carefulCost, type IndexFacts } from "../advisors/indexes/careful-cost.ts";
import { candidateFacts, costFacts } from "../advisors/indexes/cost-facts.ts";
import { leastBytes } from "../advisors/indexes/least-bytes.ts";
import type { Planner } from "../advisors/indexes/planner.ts";
import { openSolver } from "../advisors/indexes/program.ts";
import { candidatesOfAll, questionsOf, shapesOf, tablesRead, type Asked } from "../advisors/indexes/questions.ts";
import { searchIndexes, type SearchResult } from "../advisors/indexes/search.ts";
import { burdenOf, upkeepOf } from "../advisors/indexes/writes.ts";
import type { PreparedStatement, Trial } from "./phantom/trial.ts";
import { trialPlanner, type AddedCandidate } from "./phantom/trial-planner.ts";

export interface IndexSearchOptions {
  readonly budget: number;
  readonly isOver: () => boolean;
  /** Until the search shall have ended. */
  readonly secondsLeft?: () => number;
  readonly progress: (phase: string, done: number, total: number) => void;
  /** Another planner around the phantom's, for other sizes. */
  readonly around?: (planner: Planner) => Planner;
}

export interface IndexSearch extends SearchResult {
  readonly questions: readonly Asked[];
  readonly prepared: readonly PreparedStatement[];
  /** Statements without a plan, and why. */
  readonly unplanned: readonly { readonly statement: number; readonly why: string }[];
  /** Of a candidate, for the writes in the time of the statements. */
  readonly upkeepOf: (candidate: number) => number;
  /** What a plan of the search's trial would cost if memory were small. */
  readonly heldCost: (plan: Plan) => number;
}

export async function runIndexSearch(trial: Trial, database: Database, options: IndexSearchOptions): Promise<IndexSearch> {
  const { asked, prepared, unplanned } = await prepareAll(trial, database);
  const views = await shapesOfViews(database);
  const shapes = asked.map(({ statement }) => {
    const shape = database.workload.statements[statement]?.shape ?? null;
    return shape === null ? [] : shapesOf(shape, views);
  });
  const numbered = new Map<number, Candidate>();
  const added = (one: AddedCandidate | undefined): IndexFacts | undefined => {
    const candidate = one === undefined ? undefined : numbered.get(one.number);
    return one === undefined || candidate === undefined ? undefined : candidateFacts(candidate, one.bytes);
  };
  const facts = costFacts(database);
  const planner = trialPlanner(trial, prepared, (plan, addedOf) => carefulCost(plan, { ...facts, index: (name) => added(addedOf(name)) ?? facts.index(name) }));
  const result = await searchIndexes({
    questions: asked,
    candidates: shapes.map((one) => candidatesOfAll(one, database)),
    tables: shapes.map((one) => tablesRead(one, database)),
    sqlOf: (candidate, number) => {
      numbered.set(number, candidate);
      return createIndexSql(candidate.spec, `luthier_${number}`, candidate.table, false);
    },
    isThere: (candidate) => isThere(candidate, database),
    leastBytesOf: leastBytes,
    burdenOf: (question, candidate, bytes) => burdenOf(candidate, bytes, database.workload.statements[asked[question]?.statement ?? -1], database),
    upkeepOf: (candidate, bytes) => upkeepOf(candidate, bytes, database),
    budget: options.budget,
    planner: options.around === undefined ? planner : options.around(planner),
    solver: await openSolver(),
    isOver: options.isOver,
    ...(options.secondsLeft === undefined ? {} : { secondsLeft: options.secondsLeft }),
    progress: options.progress,
  });
  const upkeep: IndexSearch["upkeepOf"] = (number) => {
    const entry = result.candidates[number];
    return entry === undefined || "refused" in entry.known ? 0 : upkeepOf(entry.candidate, entry.known.bytes, database);
  };
  return { ...result, questions: asked, prepared, unplanned, upkeepOf: upkeep, heldCost: planner.careful };
}

interface Prepared {
  readonly asked: readonly Asked[];
  readonly prepared: readonly PreparedStatement[];
  readonly unplanned: IndexSearch["unplanned"];
}

async function prepareAll(trial: Trial, database: Database): Promise<Prepared> {
  const asked: Asked[] = [];
  const prepared: PreparedStatement[] = [];
  const unplanned: { statement: number; why: string }[] = [];
  for (const one of questionsOf(database.workload.statements)) {
    const statement = await trial.prepare(one.sql, one.parameters);
    if ("refused" in statement) unplanned.push({ statement: one.statement, why: statement.refused });
    else {
      asked.push(one);
      prepared.push(statement);
    }
  }
  return { asked, prepared, unplanned };
}

async function shapesOfViews({ catalog }: Database): Promise<ReadonlyMap<string, QueryShape>> {
  const parser = await openSqlParser();
  return new Map(
    catalog.views
      .filter(({ materialised }) => !materialised)
      .flatMap(({ name, definition }) => {
        const shape = parser.shapeOf(definition);
        return shape === null ? [] : [[name, shape] as const];
      }),
  );
}
