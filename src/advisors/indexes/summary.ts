import type { CostPair, IndexStudy, StudiedStatement } from "../../model/index.ts";

/** Of the whole workload, each statement as often as it is called. */
export function wholeCost({ statements }: Pick<IndexStudy, "statements">, which: "server" | "careful"): CostPair {
  const sum = (of: (pair: CostPair) => number): number => statements.reduce((total, one) => total + of(one[which]) * one.calls, 0);
  return { before: sum((one) => one.before), after: sum((one) => one.after) };
}

/** What a statement's plans save over all calls. */
export const costOfWorkload = ({ server, calls }: StudiedStatement): number => (server.before - server.after) * calls;

export const verifiable = ({ statements }: IndexStudy): readonly StudiedStatement[] => statements.filter(({ verdict }) => verdict === "verify");
