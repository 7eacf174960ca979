/** Integer columns that sequences fill, and how far they are. */
import type { Database, DatabaseSequence, Table } from "../../model/index.ts";
import { ownColumns, type ColumnOf } from "./columns.ts";

/** Greatest value of a type. Those of bigint are beyond 2^53 and beyond anybody. */
export const GREATEST: Readonly<Record<string, number>> = { int2: 32_767, int4: 2_147_483_647, int8: Number("9223372036854775807") };

export interface FedColumn extends ColumnOf {
  readonly sequence: DatabaseSequence;
  /** The lesser of what the sequence and the type allow. */
  readonly greatest: number;
}

/** By ownership, or by a default of `nextval('…')`. Sequences that begin again never run out. */
export function fedColumns(database: Database): readonly FedColumn[] {
  return ownColumns(database).flatMap((of) => {
    const greatest = GREATEST[of.column.typeName];
    const sequence = greatest === undefined ? undefined : sequenceOf(database, of);
    if (greatest === undefined || sequence === undefined || sequence.cycles || Number(sequence.increment) <= 0) return [];
    return [{ ...of, sequence, greatest: Math.min(greatest, Number(sequence.maximum)) }];
  });
}

function sequenceOf({ catalog }: Database, { table, column }: ColumnOf): DatabaseSequence | undefined {
  const owned = catalog.sequences.find(({ ownedBy }) => ownedBy?.table === table.oid && ownedBy.column === column.name);
  const [, named] = /^nextval\('(?:[^']*\.)?"?([^'".]+)"?'::regclass\)$/.exec(column.default ?? "") ?? [];
  return (
    owned ??
    (named === undefined ? undefined : catalog.sequences.find(({ name, schema }) => name === named && (schema === table.schema || schema === "public")))
  );
}

/** Columns of foreign keys that refer to a column, with those of a model's relations without a constraint left out. */
export function referringColumns(database: Database, { table, column }: ColumnOf): readonly ColumnOf[] {
  return database.referencesTo(table).flatMap(({ table: oid, columns, references, parent }) => {
    const at = references?.table === table.oid && parent === null ? references.columns.indexOf(column.name) : -1;
    const child: Table | null = at < 0 ? null : database.table(oid);
    const own = child === null ? null : database.column(child, columns[at] ?? "");
    return child === null || own === null ? [] : [{ table: child, column: own }];
  });
}
