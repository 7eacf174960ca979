/**
 * What the catalogs say of a schema, as far as statements that rebuild it need it and `Catalog` does not hold it. Names are as stored,
 * not quoted; `text`, `definition` and expressions are SQL in which every name outside `pg_catalog` is qualified.
 */
export interface SchemaParts {
  /** Roles that policies name: they must be there. */
  readonly roles: readonly string[];
  readonly schemas: readonly string[];
  readonly extensions: readonly { readonly name: string; readonly schema: string }[];
  /** Types, collations, functions, text search, foreign servers: whole statements. */
  readonly objects: readonly SchemaObject[];
  readonly sequences: readonly SequencePart[];
  readonly tables: readonly TablePart[];
  readonly defaults: readonly DefaultPart[];
  readonly constraints: readonly ConstraintPart[];
  readonly indexes: readonly IndexPart[];
  readonly views: readonly ViewPart[];
  /** Statements about what is there by then: triggers, rules, policies, row security, replica identity, storage, comments. In order. */
  readonly finishing: readonly string[];
  /** `from` needs `to`: `pg_depend` without what follows from the structure. */
  readonly dependencies: readonly { readonly from: ObjectKey; readonly to: ObjectKey }[];
  /** What no statement was written for, as `operator public.===(integer,integer)`. */
  readonly unsupported: readonly string[];
}

/** Catalog and oid: `pg_proc:16402`. */
export type ObjectKey = string;

export interface SchemaObject {
  readonly key: ObjectKey;
  readonly name: string;
  readonly statements: readonly string[];
}

interface Named {
  readonly oid: number;
  readonly schema: string;
  readonly name: string;
}

export interface SequencePart extends Named {
  /** All after the name: `AS integer START WITH 1 …`. */
  readonly text: string;
  readonly unlogged: boolean;
  readonly owner: { readonly schema: string; readonly table: string; readonly column: string } | null;
}

export interface TablePart extends Named {
  readonly kind: "table" | "partitioned" | "foreign";
  readonly unlogged: boolean;
  readonly accessMethod: string | null;
  /** As in WITH: `fillfactor='70'`. */
  readonly options: readonly string[];
  readonly partitionKey: string | null;
  /** Parents in order, of a partition or by inheritance. */
  readonly parents: readonly number[];
  /** Bounds of a partition. */
  readonly bounds: string | null;
  /** Type of a typed table. */
  readonly ofType: string | null;
  readonly server: string | null;
  readonly serverOptions: string | null;
  readonly columns: readonly ColumnPart[];
}

export interface ColumnPart {
  readonly name: string;
  /** Type, collation and compression. */
  readonly text: string;
  readonly notNull: boolean;
  readonly isLocal: boolean;
  readonly isInherited: boolean;
  /** `GENERATED … AS IDENTITY (…)`. */
  readonly identity: string | null;
}

export interface DefaultPart {
  readonly oid: number;
  readonly table: number;
  readonly column: string;
  readonly expression: string;
  readonly generated: "stored" | "virtual" | null;
}

export interface ConstraintPart {
  readonly oid: number;
  readonly name: string;
  readonly kind: "primary" | "unique" | "foreign" | "check" | "exclusion" | "not-null";
  readonly table: number;
  readonly definition: string;
  /** The column of a NOT NULL. */
  readonly column: string | null;
  readonly isLocal: boolean;
  readonly isInherited: boolean;
  readonly isValidated: boolean;
  readonly parent: number | null;
  /** The table that a foreign key refers to. */
  readonly target: number | null;
  /** Its index, and that index's options. */
  readonly index: number | null;
  readonly indexOptions: readonly string[];
}

export interface IndexPart extends Named {
  readonly table: number;
  readonly definition: string;
  readonly isValid: boolean;
  /** The parent's index, of a partition's. */
  readonly parent: number | null;
  readonly constraint: number | null;
}

export interface ViewPart extends Named {
  readonly isMaterialised: boolean;
  readonly isPopulated: boolean;
  readonly accessMethod: string | null;
  readonly options: readonly string[];
  readonly definition: string;
}
