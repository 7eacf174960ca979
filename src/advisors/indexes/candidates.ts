/** Indexes that a statement could use, from what it asks: equality first, then the order or one range; the rest along for the ride. */
import type { Database, Index, StudiedKey as IndexKeySpec, StudiedSpec as IndexSpec, Table } from "../../model/index.ts";
import { isBounded } from "../../rules/database/bounded-columns.ts";
import { readingsIn } from "./resolve-columns.ts";
import { usesIn, type SpecialUse, type TableUse } from "./table-use.ts";

export interface Candidate {
  readonly table: Table;
  readonly spec: IndexSpec;
}

/** The same index, the same key. */
export function keyOf({ table, spec }: Candidate): string {
  return JSON.stringify([table.oid, spec.method ?? "btree", spec.keys, [...(spec.include ?? [])].toSorted(), spec.condition ?? null]);
}

/** Ours: a wider index is a copy of the table. PostgreSQL takes 32. */
const MOST_COLUMNS = 9;
/** Ours: orders of columns of equal rank that are tried. */
const MOST_ORDERS = 2;
/** PostgreSQL's own limit of what an index of 8 kB pages holds is a third of a page; texts that are long on average are not worth copying. Ours. */
const WIDEST = 120;

/** Of one statement. */
export function candidatesOf(shape: NonNullable<Database["workload"]["statements"][number]["shape"]>, database: Database): Candidate[] {
  const found = new Map<string, Candidate>();
  for (const reading of readingsIn(shape, (name) => database.tableNamed(name))) {
    for (const use of usesIn(reading)) {
      if (!mayIndex(use.table) || isOnePage(use.table)) continue;
      for (const spec of specsOf(use, database)) {
        const candidate = { table: use.table, spec: packed(spec, use.table, database) };
        if (!isThere(candidate, database)) found.set(keyOf(candidate), candidate);
      }
    }
  }
  return [...found.values()];
}

/** A page of a B-tree is left a tenth empty for rows to come; where none come, it need not be. */
function packed(spec: IndexSpec, table: Table, database: Database): IndexSpec {
  return (spec.method === undefined || spec.method === "hash") && isStatic(table, database) ? { ...spec, options: { fillfactor: 100 } } : spec;
}

/** Nothing wrote it, as far as counters and statements tell. */
export function isStatic(table: Table, database: Database): boolean {
  const counters = database.tableCounters(table);
  return (
    counters !== null &&
    counters.inserted + counters.updated + counters.deleted === 0 &&
    database.statementsOn(table).every(({ shape }) => shape === null || shape.kind === "select")
  );
}

/** Whatever is asked of it, its one page is read. */
const isOnePage = ({ relpages, reltuples }: Table): boolean => reltuples > 0 && relpages === 1;

const mayIndex = ({ kind, persistence, partitionOf }: Table): boolean =>
  (kind === "table" || kind === "partitioned" || kind === "materialised-view") && persistence !== "temporary" && partitionOf === null;

function specsOf(use: TableUse, database: Database): IndexSpec[] {
  const usable = indexable(use);
  const keys = keySets(usable);
  const plain = keys.map((names): IndexSpec => ({ keys: names.map(keyColumn(use)) }));
  const covering = keys.flatMap((names) => coveringSpec(usable, names));
  return [
    ...plain,
    ...covering,
    ...partialSpecs(usable, keys),
    ...use.special.flatMap((one) => specialSpecs(one, use.table, database)),
    ...brinSpecs(usable),
    ...hashSpecs(usable, database),
  ];
}

/** Columns whose type a B-tree cannot hold, or holds at length, are left out. */
function indexable(use: TableUse): TableUse {
  const isFine = (name: string): boolean => {
    const column = use.table.columns.find((one) => one.name === name);
    return (
      column !== undefined &&
      !UNORDERED.has(column.typeName) &&
      !column.typeName.startsWith("_") &&
      (column.length > 0 || (column.statistics?.averageWidth ?? 0) <= WIDEST)
    );
  };
  const order = use.order.findIndex(({ column }) => !isFine(column));
  return {
    ...use,
    equal: byDistinct(use.equal.filter(isFine), use.table),
    joined: use.joined.filter(isFine),
    ranges: use.ranges.filter(isFine),
    grouped: use.grouped.every(isFine) ? use.grouped : [],
    order: order < 0 ? use.order : use.order.slice(0, order),
    needed: use.needed === null || !use.needed.every(isFine) ? null : use.needed,
  };
}

/** Types without an order, or with one that nobody asks for. */
const UNORDERED: ReadonlySet<string> = new Set([
  "json",
  "jsonb",
  "xml",
  "point",
  "box",
  "polygon",
  "path",
  "circle",
  "line",
  "lseg",
  "tsvector",
  "tsquery",
  "geometry",
  "geography",
  "hstore",
]);

/** The planner's cost is blind to the order of columns that are all compared for equality: most values first leaves the shortest way. */
function byDistinct(names: readonly string[], table: Table): string[] {
  const values = (name: string): number => {
    const distinct = table.columns.find((one) => one.name === name)?.statistics?.distinct ?? 0;
    return distinct < 0 ? -distinct * Math.max(1, table.reltuples) : distinct;
  };
  return names.toSorted((a, b) => values(b) - values(a) || (a < b ? -1 : 1));
}

const keyColumn =
  ({ order }: TableUse) =>
  (column: string): IndexKeySpec => {
    const [first] = order;
    const sort = order.find((one) => one.column === column);
    // An index is read both ways: only columns that run against the first one need to say so.
    return { kind: "column", column, ...(sort !== undefined && sort.descending !== first?.descending ? { descending: true } : {}) };
  };

/** Lists of columns that the statement could be led by. */
function keySets(use: TableUse): string[][] {
  const { equal, joined, ranges, grouped } = use;
  const order = use.order.map(({ column }) => column);
  const heads = [
    ...orders(equal),
    ...joined.map((one) => [one]),
    ...joinedPairs(joined),
    ...joined.flatMap((one) => [
      [one, ...equal],
      [...equal, one],
    ]),
  ];
  const tails = [[], order, grouped, ...ranges.map((one) => [one]), ...orders(ranges), ...ranges.map((one) => [...order, one])];
  const lone = [...equal, ...joined, ...ranges, ...order.slice(0, 1), ...grouped].map((one) => [one]);
  const led = [
    ...ranges.map((one) => [one, ...equal]),
    ...ranges.flatMap((one) => joined.map((other) => [one, other])),
    ...(grouped.length > 1 ? [grouped] : []),
  ];
  const sets = [...lone, ...heads.flatMap((head) => tails.map((tail) => [...head, ...tail])), ...tails, ...led];
  const found = new Map(
    sets
      .map((names) => [...new Set(names)])
      .filter((names) => names.length > 0 && names.length <= MOST_COLUMNS)
      .map((names) => [names.join("\0"), names]),
  );
  return [...found.values()];
}

function joinedPairs(joined: readonly string[]): string[][] {
  return joined.flatMap((one) => joined.filter((other) => other !== one).map((other) => [one, other]));
}

/** As ranked, and the other way round. */
function orders(names: readonly string[]): string[][] {
  if (names.length === 0) return [];
  return [[...names], names.toReversed()].slice(0, names.length > 1 ? MOST_ORDERS : 1);
}

function coveringSpec(use: TableUse, names: readonly string[]): IndexSpec[] {
  if (use.needed === null) return [];
  const rest = use.needed.filter((one) => !names.includes(one));
  if (rest.length === 0 || names.length + rest.length > MOST_COLUMNS) return [];
  // A value that is short today and too long for an entry tomorrow would be refused with its row.
  if (!rest.every((name) => use.table.columns.some((column) => column.name === name && isBounded(column)))) return [];
  // With every column it is the table once more, and each write is made twice.
  if (use.table.columns.every(({ name }) => names.includes(name) || rest.includes(name))) return [];
  return [{ keys: names.map(keyColumn(use)), include: rest }];
}

/** Only for what the statement itself writes: values of parameters are other ones tomorrow. */
function partialSpecs(use: TableUse, keys: readonly string[][]): IndexSpec[] {
  return use.constants.flatMap((constant): IndexSpec[] => {
    const { column, operator, value } = constant;
    const condition = operator === "=" ? (value === null ? null : ({ column, operator, value } as const)) : ({ column, operator } as const);
    if (condition === null || !isRare(use.table, constant)) return [];
    const rest = [
      ...new Map(
        keys
          .map((names) => names.filter((one) => one !== column))
          .filter((names) => names.length > 0)
          .map((names) => [names.join("\0"), names]),
      ).values(),
    ];
    return rest.slice(0, MOST_PARTIAL).map((names) => ({ keys: names.map(keyColumn(use)), condition: [condition] }));
  });
}

const MOST_PARTIAL = 6;
/** As the rule partial-index: at most a fifth of the rows. */
const RARE = 0.2;

function isRare(table: Table, { column, operator, value }: TableUse["constants"][number]): boolean {
  const statistics = table.columns.find(({ name }) => name === column)?.statistics ?? null;
  if (statistics === null) return false;
  if (operator === "is null") return statistics.nullFraction > 0 && statistics.nullFraction <= RARE;
  const text = value === true ? "t" : value === false ? "f" : String(value);
  const at = (statistics.commonValues ?? []).indexOf(text);
  return at >= 0 && (statistics.commonFrequencies?.[at] ?? 1) <= RARE;
}

// ------------------------------------------------------------------------------------------------------------ other methods

const PATTERN_CLASSES: Readonly<Record<string, string>> = { varchar: "varchar_pattern_ops", text: "text_pattern_ops", bpchar: "bpchar_pattern_ops" };

function specialSpecs(use: SpecialUse, table: Table, { catalog }: Database): IndexSpec[] {
  const column = table.columns.find(({ name }) => name === use.column);
  if (column === undefined) return [];
  switch (use.kind) {
    case "pattern": {
      const operatorClass = PATTERN_CLASSES[column.typeName];
      return operatorClass === undefined
        ? []
        : [
            { keys: [{ kind: "column", column: use.column, operatorClass }] },
            { method: "gin", keys: [{ kind: "column", column: use.column, operatorClass: "gin_trgm_ops" }] },
          ];
    }
    case "function": {
      const key = { kind: "function", function: use.function, column: use.column } as const;
      return use.operator === "="
        ? [{ keys: [key] }]
        : [{ keys: [{ ...key, operatorClass: "text_pattern_ops" }] }, { method: "gin", keys: [{ ...key, operatorClass: "gin_trgm_ops" }] }];
    }
    case "json-key":
      return column.typeName === "jsonb" ? [{ keys: [{ kind: "json-key", column: use.column, key: use.key }] }] : [];
    default:
      return containsSpecs(
        use,
        column.typeName,
        catalog.extensions.map(({ name }) => name),
      );
  }
}

function containsSpecs({ column, operator }: Extract<SpecialUse, { kind: "contains" }>, typeName: string, _extensions: readonly string[]): IndexSpec[] {
  if (typeName === "jsonb")
    return [
      ...(operator === "@>" ? [{ method: "gin", keys: [{ kind: "column", column, operatorClass: "jsonb_path_ops" }] } as const] : []),
      { method: "gin", keys: [{ kind: "column", column }] },
    ];
  return typeName.startsWith("_") || typeName === "tsvector" ? [{ method: "gin", keys: [{ kind: "column", column }] }] : [];
}

/** As the rule brin-index: rows that lie as the column's values do, in a table that is worth it. */
const BRIN = { correlation: 0.9, pages: 10_000 } as const;

function brinSpecs({ table, ranges }: TableUse): IndexSpec[] {
  return ranges.flatMap((name): IndexSpec[] => {
    const correlation = table.columns.find((one) => one.name === name)?.statistics?.correlation ?? 0;
    return Math.abs(correlation) >= BRIN.correlation && table.relpages >= BRIN.pages ? [{ method: "brin", keys: [{ kind: "column", column: name }] }] : [];
  });
}

/** Where nothing writes and values hardly repeat, a hash table of them can be smaller than a B-tree; it serves equality alone. */
function hashSpecs({ table, equal, joined }: TableUse, database: Database): IndexSpec[] {
  if (table.relpages < HASH_PAGES || !isStatic(table, database)) return [];
  return [...new Set([...equal, ...joined])].map((column) => ({ method: "hash", keys: [{ kind: "column", column }] }));
}

/** Below, the buckets are rounded up to more than a B-tree needs. Ours. */
const HASH_PAGES = 10_000;

// ------------------------------------------------------------------------------------------------------------ what is there already

/** An index that is there does all that the candidate would. */
export function isThere({ table, spec }: Candidate, database: Database): boolean {
  return database.indexesOf(table).some((index) => index.valid && servesAs(index, spec));
}

function servesAs(index: Index, { keys, include = [], condition, method = "btree" }: IndexSpec): boolean {
  if (index.method !== method || index.predicate !== null || condition !== undefined || index.keys.length < keys.length) return false;
  const isSame = keys.every((key, position) => {
    const other = index.keys[position];
    return (
      other !== undefined &&
      key.kind === "column" &&
      other.column === key.column &&
      (key.operatorClass === undefined ? other.isDefaultClass : other.operatorClass === key.operatorClass) &&
      !other.descending === (key.descending !== true)
    );
  });
  const carried = new Set([...index.include, ...index.keys.flatMap(({ column }) => column ?? [])]);
  return isSame && include.every((one) => carried.has(one));
}

// ------------------------------------------------------------------------------------------------------------ from two, one

/** B-trees of all rows of one table. */
function areJoinable(one: Candidate, other: Candidate): boolean {
  return one.table === other.table && [one, other].every(({ spec }) => spec.method === undefined && spec.condition === undefined);
}

/** One index in place of two of a table: the longer key, with all that either carries. Null where neither leads the other. */
export function mergeOf(one: Candidate, other: Candidate): Candidate | null {
  if (!areJoinable(one, other)) return null;
  const [wide, narrow] = one.spec.keys.length >= other.spec.keys.length ? [one, other] : [other, one];
  const leads = narrow.spec.keys.every((key, position) => JSON.stringify(key) === JSON.stringify(wide.spec.keys[position]));
  if (!leads) return null;
  const names = wide.spec.keys.flatMap((key) => (key.kind === "column" ? [key.column] : []));
  const include = [...new Set([...(wide.spec.include ?? []), ...(narrow.spec.include ?? [])])].filter((name) => !names.includes(name)).toSorted();
  if (names.length + include.length > MOST_COLUMNS + 3 || include.length === 0) return null;
  return { table: one.table, spec: { ...wide.spec, include } };
}

/** The candidate with less to carry: without INCLUDE, or without its last key. */
export function narrowed({ table, spec }: Candidate): Candidate[] {
  const { include, ...bare } = spec;
  const shorter = spec.keys.length > 1 && include === undefined ? [{ table, spec: { ...bare, keys: spec.keys.slice(0, -1) } }] : [];
  return [...(include === undefined ? [] : [{ table, spec: bare }]), ...shorter];
}

/** The candidate with what another of its table reads besides: one index for the statements of both. */
export function widened(one: Candidate, other: Candidate): Candidate | null {
  if (!areJoinable(one, other)) return null;
  const [keys, others] = [one, other].map(({ spec }) =>
    spec.keys.flatMap((key) => (key.kind === "column" && key.operatorClass === undefined ? [key.column] : [])),
  );
  if (keys === undefined || others === undefined || keys.length < one.spec.keys.length || others.length < other.spec.keys.length) return null;
  const include = [...new Set([...(one.spec.include ?? []), ...others, ...(other.spec.include ?? [])])].filter((name) => !keys.includes(name)).toSorted();
  if (!include.every((name) => one.table.columns.some((column) => column.name === name && isBounded(column)))) return null;
  return keys.length + include.length > MOST_COLUMNS || include.length === (one.spec.include?.length ?? 0)
    ? null
    : { table: one.table, spec: { ...one.spec, include } };
}
