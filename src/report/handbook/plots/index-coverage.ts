import type { IndexMapPlot } from "../../../model/plot.ts";

type Statement = IndexMapPlot["statements"][number];
type Index = IndexMapPlot["indexes"][number];

export interface WayIn {
  /** No index that is there serves it as far as one that is to be added. */
  readonly isOpen: boolean;
  readonly words: string;
}

/** The index that serves most of what a statement asks, of those that are there, and whether a new one serves more. */
export function wayIn(statement: Statement, indexes: readonly Index[]): WayIn {
  const there = best(
    statement,
    indexes.filter(({ verdict }) => verdict !== "add"),
  );
  const added = best(
    statement,
    indexes.filter(({ verdict }) => verdict === "add"),
  );
  const asked = statement.marks.length;
  if (added.columns > there.columns)
    return { isOpen: true, words: there.columns === 0 ? `no way in; new: ${added.name}` : `${there.columns} of ${asked} today; new: ${added.name}` };
  if (there.columns === 0) return { isOpen: false, words: asked === 0 ? "asks for no column" : "no index, none proposed" };
  return { isOpen: false, words: there.columns < asked ? `${there.columns} of ${asked} by ${there.name}` : `by ${there.name}` };
}

interface Served {
  readonly name: string;
  readonly columns: number;
}

function best(statement: Statement, indexes: readonly Index[]): Served {
  return indexes.reduce<Served>(
    (known, index) => {
      const columns = served(statement, index);
      return columns > known.columns ? { name: index.name, columns } : known;
    },
    { name: "", columns: 0 },
  );
}

/** Columns from the index's first on that the statement asks for, as far as they follow one another; after a range or an order none is sought. */
function served({ marks }: Statement, { positions }: Index): number {
  const keys = positions.filter(({ position }) => position !== "include").toSorted((a, b) => Number(a.position) - Number(b.position));
  let count = 0;
  for (const { column } of keys) {
    const mark = marks.find((one) => one.column === column)?.mark;
    if (mark === undefined) break;
    count += 1;
    if (mark === "<") break;
  }
  return count;
}
