/** Plans of a log, of which there are as many as statements: the slowest of each statement and each way of running it stay. */
import type { Plan, PlanNode } from "../model/index.ts";
import type { KeyedStatement } from "./statement-keys.ts";

export interface PlanKeeper {
  add(plan: Plan): void;
  /** Slowest first. */
  plans(): Plan[];
  /** Plans of statements for which there was no room. */
  readonly dropped: () => number;
}

/** Each holds all that EXPLAIN said, some 20 kB. Ours. */
const MOST_PLANS = 2000;

export function keepPlans(keyed: (sql: string) => KeyedStatement): PlanKeeper {
  const kept = new Map<string, Plan>();
  let dropped = 0;
  const add = (plan: Plan): void => {
    const key = `${keyed(plan.sql ?? "").key}\n${wayOf(plan.root)}`;
    const slowest = kept.get(key);
    if (slowest === undefined && kept.size >= MOST_PLANS) dropped += 1;
    else if (slowest === undefined || timeOf(plan) > timeOf(slowest)) kept.set(key, plan);
  };
  return { add, plans: () => [...kept.values()].toSorted((a, b) => timeOf(b) - timeOf(a)), dropped: () => dropped };
}

const timeOf = ({ executionMs }: Plan): number => executionMs ?? 0;

/** What tells one plan of a statement from another: its nodes and what they read. */
function wayOf({ type, relation, index, children }: PlanNode): string {
  return `${type}:${relation ?? ""}:${index ?? ""}(${children.map((one) => wayOf(one)).join(",")})`;
}
