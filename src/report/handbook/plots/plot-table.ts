/** The figures of a plot, for those who read and for those who copy. */
export interface PlotTable {
  readonly title: string;
  readonly head: readonly string[];
  /** Columns of numbers, from 0. */
  readonly numeric: readonly number[];
  readonly rows: readonly PlotRow[];
}

export interface PlotRow {
  readonly cells: readonly string[];
  /** The finding that the row is about. */
  readonly finding?: string;
}

export function table(head: readonly string[], numeric: readonly number[], rows: readonly PlotRow[], title = ""): PlotTable {
  return { title, head, numeric, rows };
}
