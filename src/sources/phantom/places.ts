/** Where production's relations and columns are in the phantom: oids and column numbers differ. */
import type { Catalog, Index, Table } from "../../model/index.ts";
import * as q from "../../postgres/phantom/phantom-queries.ts";
import type { Ask } from "./connection.ts";

export interface Place {
  readonly oid: number;
  readonly schema: string;
  readonly name: string;
  /** `relkind`. */
  readonly kind: string;
  readonly method: string | null;
  /** Of its file in the data folder; null where it has none. */
  readonly path: string | null;
  /** Of an index, its table. */
  readonly table: number | null;
}

export interface Attribute {
  readonly number: number;
  readonly name: string;
  readonly type: number;
  readonly typeName: string;
  /** SQL of an index's column or expression. */
  readonly expression: string | null;
}

export interface Places {
  /** By production's oid. */
  readonly of: (oid: number) => Place | null;
  /** Of a relation of the phantom. */
  readonly attributes: (oid: number) => readonly Attribute[];
  /** Tables and indexes of production that are not here. */
  readonly missing: { readonly tables: readonly Table[]; readonly indexes: readonly Index[] };
}

interface AttributeRow {
  readonly relation: number;
  readonly number: number;
  readonly name: string;
  readonly type: number;
  readonly type_name: string;
  readonly expression: string | null;
}

export async function findPlaces(ask: Ask, catalog: Catalog): Promise<Places> {
  const byName = new Map(
    (await ask<Place>(q.RELATIONS)).map((one) => [keyOf(one), { ...one, oid: Number(one.oid), table: one.table === null ? null : Number(one.table) }]),
  );
  const attributes = new Map<number, Attribute[]>();
  for (const { relation, number, name, type, type_name: typeName, expression } of await ask<AttributeRow>(q.ATTRIBUTES)) {
    const list = attributes.get(Number(relation)) ?? [];
    list.push({ number, name, type: Number(type), typeName, expression });
    attributes.set(Number(relation), list);
  }
  const names = new Map([...catalog.tables, ...catalog.indexes].map((one) => [one.oid, keyOf(one)]));
  const isMissing = (one: Table | Index): boolean => !byName.has(keyOf(one));
  return {
    of: (oid) => byName.get(names.get(oid) ?? "") ?? null,
    attributes: (oid) => attributes.get(oid) ?? [],
    missing: {
      tables: catalog.tables.filter((one) => one.persistence !== "temporary" && isMissing(one)),
      indexes: catalog.indexes.filter((one) => one.valid && isMissing(one)),
    },
  };
}

function keyOf({ schema, name }: { readonly schema: string; readonly name: string }): string {
  return `${schema}\0${name}`;
}
