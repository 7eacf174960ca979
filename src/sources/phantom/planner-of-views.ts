import type { Catalog, PlannerData } from "../../model/index.ts";
import * as q from "../../postgres/phantom/phantom-queries.ts";
import { statisticsOfViews, type ColumnOperators } from "../../postgres/phantom/statistics-of-views.ts";
import type { Ask } from "./connection.ts";
import type { Places } from "./places.ts";

interface OperatorRow extends Omit<ColumnOperators, "elementEqual"> {
  readonly relation: number;
  readonly number: number;
  readonly name: string;
  readonly element_equal: number | null;
}

/** What the planner goes by, as far as the snapshot's columns tell. Operators are those of this very server. */
export async function plannerOfViews(ask: Ask, catalog: Catalog, places: Places): Promise<PlannerData> {
  const rows = await ask<OperatorRow>(q.OPERATORS);
  const byColumn = new Map<string, ColumnOperators>();
  for (const { relation, number, name, element_equal: elementEqual, ...operators } of rows) {
    byColumn.set(`${relation} ${name}`, { ...operators, elementEqual });
    byColumn.set(`${relation} ${number}`, { ...operators, elementEqual });
  }
  const statistics = statisticsOfViews(catalog, (relation, column) => byColumn.get(`${places.of(relation)?.oid ?? 0} ${column}`) ?? null);
  const slots = statistics.flatMap(({ figures }) => figures.slots);
  const own = (oids: readonly number[]): Record<number, string> => Object.fromEntries(oids.filter((oid) => oid !== 0).map((oid) => [oid, `${oid}`]));
  return {
    statistics,
    extended: [],
    operators: own(slots.map(({ operator }) => operator)),
    collations: own(slots.map(({ collation }) => collation)),
    types: {},
    labels: {},
    ends: catalog.planner?.ends ?? [],
    locale: catalog.planner?.locale ?? null,
  };
}
