/** A queryset is asked a question in a query of its own, and then its rows are loaded anyway. */
import type { QueryRun, RuleInput } from "../model/index.ts";
import { isWithin } from "../model/span.ts";
import { isWrittenBetween, oncePerPlace, runsAfter } from "./runs.ts";

export interface AskedPair {
  readonly asked: QueryRun;
  readonly loaded: QueryRun;
}

/** Ways of running that keep the rows, so that a question asked afterwards is free. */
const KEEPS_ROWS: ReadonlySet<string> = new Set(["iterate", "list", "len", "bool", "sorted", "sum", "text", "unpack"]);

/** Each round of the loop over the rows writes to the database: a question before the loop is one statement beside those. */
export function isBeforeWrites({ asked, loaded }: AskedPair, { facts }: RuleInput): boolean {
  return asked.loop === null && facts.writes.some(({ loop }) => loop !== null && isWithin(loaded.span, loop.span));
}

export const BEFORE_WRITES = "each round of the loop writes to the database: beside that one question weighs little";

export function askedPairs(input: RuleInput, how: string): AskedPair[] {
  const byObject = new Map<number, QueryRun[]>();
  for (const run of input.facts.runs) {
    const runs = byObject.get(run.queryset);
    if (runs === undefined) byObject.set(run.queryset, [run]);
    else runs.push(run);
  }
  const pairs = new Map<QueryRun, AskedPair>();
  for (const runs of byObject.values()) {
    for (const asked of runs) {
      if (asked.how !== how || asked.cached) continue;
      const loaded = runs.find((run) => KEEPS_ROWS.has(run.how) && !run.cached && runsAfter(input, asked, run));
      if (loaded === undefined || isWrittenBetween(input, asked.model, asked.span, loaded.span)) continue;
      pairs.set(asked, { asked, loaded });
    }
  }
  const once = new Set(oncePerPlace([...pairs.keys()]));
  return [...pairs.values()].filter((pair) => once.has(pair.asked));
}
