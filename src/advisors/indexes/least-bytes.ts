import type { Candidate } from "./candidates.ts";

/** Of an entry of a B-tree, beside its values: its head and its place in the page. */
const ENTRY_BYTES = 12;

/** No less than what it takes, as far as that is known without making it: with columns that are carried along, a B-tree keeps an entry for each row. */
export function leastBytes({ table, spec }: Candidate): number {
  if (spec.include === undefined || spec.condition !== undefined || (spec.method ?? "btree") !== "btree") return 0;
  const names = [...spec.keys.flatMap(({ column }) => column ?? []), ...spec.include];
  const widths = names.map((name) => {
    const statistics = table.columns.find((one) => one.name === name)?.statistics;
    return (statistics?.averageWidth ?? 0) * (1 - (statistics?.nullFraction ?? 0));
  });
  return Math.max(0, table.reltuples) * widths.reduce((sum, one) => sum + one, ENTRY_BYTES);
}
