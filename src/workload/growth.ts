import type { Occurrence, Recording, RowCluster } from "../model/recording.ts";

/** How statements changed from a recording of few rows to one of more. */
export interface Growth {
  readonly label: string;
  readonly before: number;
  readonly after: number;
  readonly kind: "constant" | "grows" | "shrinks";
}

/** Less than this share more is noise of caches and first requests. */
const LEAST_GROWTH = 1.2;

/** Statements of each route, task or command at both sizes; a single statement more is none. */
export function growthOfScopes(small: Recording, large: Recording): Growth[] {
  const before = new Map(small.scopes.map((one) => [`${one.kind}\n${one.label}`, one]));
  return large.scopes.flatMap((after) => {
    const known = before.get(`${after.kind}\n${after.label}`);
    if (known === undefined || after.kind === "process") return [];
    return [growth(after.label, known.statements.median, after.statements.median)];
  });
}

function growth(label: string, before: number, after: number): Growth {
  if (after > before + 1 && after >= before * LEAST_GROWTH) return { label, before, after, kind: "grows" };
  return { label, before, after, kind: after + 1 < before ? "shrinks" : "constant" };
}

/** `5 → 25 queries for 5 → 25 rows`; null where only one of the recordings has it, or both have as many rows. */
export function growthOfRows(cluster: RowCluster, small: Recording): string | null {
  const known = small.rowClusters.find(
    (one) => one.model === cluster.model && one.path === cluster.path && one.cause === cluster.cause && isSamePlace(one, cluster),
  );
  const [before, after] = [known?.occurrences, cluster.occurrences].map((all) => largest(all ?? []));
  if (before === undefined || after === undefined) return null;
  const figures = `${before.statements.median} → ${after.statements.median} queries for ${before.rows.median} → ${after.rows.median} rows`;
  if (after.rows.median < before.rows.median * LEAST_GROWTH) return null;
  return after.statements.median >= before.statements.median * LEAST_GROWTH ? `grows with its rows: ${figures}` : `constant: ${figures}`;
}

function isSamePlace(a: RowCluster, b: RowCluster): boolean {
  const [first, second] = [a.access[0], b.access[0]];
  return first?.file === second?.file && first?.name === second?.name && a.fetch[0]?.name === b.fetch[0]?.name;
}

function largest(all: readonly Occurrence[]): Occurrence | undefined {
  return all.toSorted((a, b) => b.statements.max - a.statements.max)[0];
}
