/** Counters, statistics and extended statistics of production, put into the phantom's catalogs. */
import type { Catalog, ExtendedStatisticRow, PlannerData } from "../../model/index.ts";
import { renumberDependencies, renumberDistinct, renumberValues, type TypeNumbers } from "../../postgres/phantom/extended-bytes.ts";
import * as q from "../../postgres/phantom/phantom-queries.ts";
import { insertStatistics, statisticValue, typeOfExpression, type StatisticTarget } from "../../postgres/phantom/statistic-rows.ts";
import { shownStatistics, withShownValues } from "../../postgres/phantom/statistics-of-views.ts";
import type { Ask } from "./connection.ts";
import { explainThroughDoor } from "./door.ts";
import { messageOf, type Note } from "./load-schema.ts";
import type { Place, Places } from "./places.ts";

export async function loadCounters(ask: Ask, { tables, indexes }: Catalog, places: Places): Promise<void> {
  const rows = [...tables, ...indexes.map((one) => ({ ...one, relallvisible: 0 }))].flatMap((one) => {
    const place = places.of(one.oid);
    return place === null ? [] : [{ ...one, oid: place.oid }];
  });
  await ask(q.SET_COUNTERS, [
    rows.map(({ oid }) => oid),
    rows.map(({ reltuples }) => reltuples),
    rows.map(({ relpages }) => relpages),
    rows.map(({ relallvisible }) => relallvisible),
  ]);
}

/** Statements in one message. */
const AT_ONCE = 100;

export async function loadStatistics(ask: Ask, catalog: Catalog, planner: PlannerData, places: Places, note: Note): Promise<void> {
  const columns = new Map(catalog.tables.map(({ oid, columns: list }) => [oid, new Map(list.map(({ number, name }) => [number, name]))]));
  const statements: string[] = [];
  const shown = shownStatistics(catalog);
  for (const stored of planner.statistics) {
    const row = withShownValues(stored, shown(stored));
    const place = places.of(row.relation);
    const target =
      place === null ? null : await targetOf(ask, place, places, { number: row.attribute, name: columns.get(row.relation)?.get(row.attribute) ?? null });
    if (target !== null) statements.push(insertStatistics(target, row.inherited, row.figures, planner));
  }
  await ask("DELETE FROM pg_catalog.pg_statistic WHERE starelid >= 16384");
  const refused: string[] = [];
  for (let from = 0; from < statements.length; from += AT_ONCE) refused.push(...(await runAll(ask, statements.slice(from, from + AT_ONCE))));
  if (refused.length > 0) note(`statistics of ${refused.length} of ${statements.length} columns were refused, the first: ${refused[0] ?? ""}`);
}

/** What was refused, and why. */
async function runAll(ask: Ask, statements: readonly string[]): Promise<string[]> {
  try {
    await ask(statements.join(";\n"));
    return [];
  } catch (error) {
    const [first] = statements;
    if (first !== undefined && statements.length === 1) return [messageOf(error)];
    const half = Math.ceil(statements.length / 2);
    return [...(await runAll(ask, statements.slice(0, half))), ...(await runAll(ask, statements.slice(half)))];
  }
}

/** Columns by name: numbers of dropped ones are not used again in production, and do not exist here. An index's are its positions. */
async function targetOf(
  ask: Ask,
  place: Place,
  places: Places,
  { number, name }: { readonly number: number; readonly name: string | null },
): Promise<StatisticTarget | null> {
  const isIndex = place.table !== null;
  const found = places.attributes(place.oid).find((one) => (isIndex ? one.number === number : one.name === name));
  if (found === undefined) return null;
  // Some operator classes store another type than the expression's.
  const type =
    isIndex && place.method !== "btree" && found.expression !== null
      ? await expressionType(ask, `${place.table}::pg_catalog.regclass`, found.expression, place)
      : found.type;
  return { relation: place.oid, attribute: found.number, type: `${type}` };
}

async function expressionType(ask: Ask, table: string, expression: string, fallback: { readonly oid: number }): Promise<number> {
  const [named] = await ask<{ name: string }>(`SELECT ${table}::text AS name`);
  const asked = explainThroughDoor(`SELECT pg_catalog.to_json(t.type) FROM (${typeOfExpression(named?.name ?? "", expression)}) t`);
  const [row] = await ask<{ "QUERY PLAN": number }>(asked).catch(() => []);
  return Number(row?.["QUERY PLAN"] ?? fallback.oid);
}

// ------------------------------------------------------------------------------------------------------------ extended statistics

interface ExtendedPlace {
  readonly oid: number;
  readonly schema: string;
  readonly name: string;
  readonly table: string;
  readonly columns: Readonly<Record<string, number>> | null;
}

export async function loadExtended(ask: Ask, catalog: Catalog, planner: PlannerData, major: number, note: Note): Promise<void> {
  if (planner.extended.length === 0) return;
  const numbers = await typeNumbers(ask, planner);
  const found = new Map((await ask<ExtendedPlace>(q.EXTENDED)).map((one) => [`${one.schema}\0${one.name}`, one]));
  for (const cast of q.BYTES_TO_DATA) await ask(cast);
  await ask("DELETE FROM pg_catalog.pg_statistic_ext_data");
  for (const row of planner.extended) {
    const known = catalog.extendedStatistics.find(({ oid }) => oid === row.statistics);
    const place = known === undefined ? undefined : found.get(`${known.schema}\0${known.name}`);
    if (place === undefined) continue;
    // Bytes that were damaged on the way are refused here or by the server.
    try {
      await ask(await insertExtended(ask, { row, place, planner, numbers, major }));
    } catch (error) {
      note(`extended statistics ${place.name} were refused: ${messageOf(error)}`);
    }
  }
}

async function typeNumbers(ask: Ask, planner: PlannerData): Promise<TypeNumbers> {
  const types = new Map((await ask<{ oid: number; name: string }>(q.TYPES)).map((one) => [one.name, Number(one.oid)]));
  const labels = new Map(
    (await ask<{ oid: number; type: number; label: string }>(q.LABELS)).map((one) => [`${Number(one.type)} ${one.label}`, Number(one.oid)]),
  );
  const typeHere = (oid: number): number => types.get(planner.types[oid] ?? "") ?? oid;
  const entries = Object.entries(planner.labels).map(([oid, one]) => [Number(oid), one] as const);
  return {
    types: new Map(Object.keys(planner.types).map((oid) => [Number(oid), typeHere(Number(oid))])),
    labels: new Map(entries.map(([oid, { type, label }]) => [oid, labels.get(`${typeHere(type)} ${label}`) ?? 0])),
    enums: new Set(entries.map(([, { type }]) => type)),
  };
}

const WITH_EXPRESSIONS = 14;
const WITH_INHERITED = 15;

interface ExtendedInsert {
  readonly row: ExtendedStatisticRow;
  readonly place: ExtendedPlace;
  readonly planner: PlannerData;
  readonly numbers: TypeNumbers;
  readonly major: number;
}

async function insertExtended(ask: Ask, { row, place, planner, numbers, major }: ExtendedInsert): Promise<string> {
  const columns = new Map(Object.entries(row.columns).map(([number, name]) => [Number(number), place.columns?.[name] ?? Number(number)]));
  const data = (bytes: string | null, change: (bytes: Buffer) => Buffer, type: string): string =>
    bytes === null ? "NULL" : `'\\x${change(Buffer.from(bytes, "base64")).toString("hex")}'::pg_catalog.bytea::pg_catalog.${type}`;
  const values = [
    `${place.oid}`,
    ...(major >= WITH_INHERITED ? [`${row.inherited}`] : []),
    data(row.distinct, (bytes) => renumberDistinct(bytes, columns), "pg_ndistinct"),
    data(row.dependencies, (bytes) => renumberDependencies(bytes, columns), "pg_dependencies"),
    data(row.commonValues, (bytes) => renumberValues(bytes, numbers), "pg_mcv_list"),
    ...(major >= WITH_EXPRESSIONS ? [await expressionValues(ask, row, place, planner)] : []),
  ];
  return `INSERT INTO pg_catalog.pg_statistic_ext_data VALUES (${values.join(", ")})`;
}

async function expressionValues(ask: Ask, { expressions }: ExtendedStatisticRow, place: ExtendedPlace, planner: PlannerData): Promise<string> {
  if (expressions.length === 0) return "NULL";
  const [row] = await ask<{ expressions: readonly string[] }>(q.EXTENDED_EXPRESSIONS, [place.oid]);
  const values: string[] = [];
  for (const [index, figures] of expressions.entries()) {
    const [typed] = await ask<{ type: number }>(typeOfExpression(place.table, row?.expressions[index] ?? "NULL"));
    values.push(statisticValue(figures, `${Number(typed?.type)}`, planner));
  }
  return `ARRAY[${values.join(", ")}]::pg_catalog.pg_statistic[]`;
}
