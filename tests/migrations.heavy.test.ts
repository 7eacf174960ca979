/** Every kind of change on a real PostgreSQL and several versions of Django: nothing is left to make, it goes forward, and back again. */
import { rmSync } from "node:fs";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  addCheckConstraint,
  addForeignKey,
  addIndex,
  addUniqueConstraint,
  castColumn,
  changeType,
  charToVarchar,
  createPartition,
  createStatistics,
  createView,
  jsonToJsonb,
  rebuildIndex,
  removeIndex,
  setCollation,
  setIndexOptions,
  setNotNull,
  setStatisticsTarget,
  setTableOptions,
  timestampToTimestamptz,
} from "../src/fixes/migrations/index.ts";
import type { Database, FixDraft, Index, RuleInput, Table } from "../src/model/index.ts";
import { readChangeInput } from "./support/change-input.ts";
import { takeSnapshot } from "./support/database-world.ts";
import { djangoEnvironments, type DjangoEnvironment } from "./support/django-versions.ts";
import { applyTogether, buildShop, dumpSchema, startDriver, writeDuring, type Driver, type Shop, type Writes } from "./support/migration-world.ts";
import { startPostgres } from "./support/services.ts";
import { writeFiles } from "./support/temporary-folder.ts";

/**
 * A write that has to queue behind a lock would wait for the 300 ms that a transaction is held open; one that does not is done in a few. The
 * rest is for a busy machine.
 */
const LONGEST_WAIT_MS = 200;

interface World {
  readonly shop: Shop;
  readonly drafts: readonly FixDraft[];
  readonly driver: Driver;
  readonly steps: readonly { readonly names: readonly string[]; readonly before: string }[];
  /** Before the first change, and after each. */
  readonly schemas: string[];
  readonly waits: (number | null)[];
  readonly input: { readonly database: Database; readonly source: RuleInput };
}

interface Case {
  readonly name: string;
  readonly app: string;
  /** Written to while the migration waits for an open transaction: what is built concurrently must not hold that up. */
  readonly concurrentOn?: string;
  readonly writtenTo?: string;
  readonly fix: (input: World["input"]) => FixDraft;
  /** The way back takes a constraint away, which holds up writes for a moment. */
  readonly blocksBack?: true;
  /** Undoes what the way back leaves on purpose. */
  readonly after?: string;
}

function tableNamed({ database }: World["input"], name: string): Table {
  const found = database.tableNamed(name);
  if (found === null) throw new Error(`no table ${name}`);
  return found;
}

function indexLike({ database }: World["input"], pattern: RegExp): Index {
  const found = database.catalog.indexes.find(({ name }) => pattern.test(name));
  if (found === undefined) throw new Error(`no index ${pattern.source}`);
  return found;
}

const drop =
  (pattern: RegExp) =>
  (input: World["input"]): FixDraft =>
    removeIndex(input, indexLike(input, pattern));

const CASES: readonly Case[] = [
  { name: "drop an entry of Meta.indexes", app: "catalog", concurrentOn: "catalog_book", fix: drop(/^book_view_count_idx$/) },
  { name: "drop the only entry of a Meta", app: "orders", concurrentOn: "orders_payment", fix: drop(/^payment_paid_at_idx$/) },
  { name: "drop the index of db_index, with its twin for LIKE", app: "orders", concurrentOn: "orders_order", fix: drop(/^orders_order_channel_\w{8}$/) },
  { name: "drop the index of a foreign key", app: "catalog", concurrentOn: "catalog_authorship", fix: drop(/^catalog_authorship_book_id_\w{8}$/) },
  { name: "drop the twin for LIKE alone", app: "catalog", concurrentOn: "catalog_publisher", fix: drop(/^catalog_publisher_slug_\w{8}_like$/) },
  { name: "drop an index of a many-to-many table", app: "catalog", concurrentOn: "catalog_book_genres", fix: drop(/^catalog_book_genres_genre_id_\w{8}$/) },
  { name: "drop an index made by RunSQL", app: "inventory", concurrentOn: "legacy_price_list", fix: drop(/^legacy_price_list_book$/) },
  { name: "drop an index that no migration makes", app: "orders", concurrentOn: "orders_shipment", fix: drop(/^stray_tracking$/) },
  { name: "drop an index of a partitioned table", app: "marketing", fix: drop(/^marketing_pageview_book$/) },
  {
    name: "add an index",
    app: "customers",
    concurrentOn: "customers_address",
    fix: (input) =>
      addIndex(input, tableNamed(input, "customers_address"), {
        keys: [
          { kind: "column", column: "customer_id" },
          { kind: "column", column: "postcode", descending: true },
        ],
      }),
  },
  {
    name: "add a partial index that covers",
    app: "orders",
    concurrentOn: "orders_order",
    fix: (input) =>
      addIndex(input, tableNamed(input, "orders_order"), {
        keys: [{ kind: "column", column: "placed_at" }],
        include: ["number"],
        condition: [
          { column: "status", operator: "in", values: ["new", "paid"] },
          { column: "coupon_id", operator: "is null" },
          { column: "channel", operator: "<>", value: "web" },
        ],
      }),
  },
  {
    name: "add an index to a model without Meta",
    app: "orders",
    concurrentOn: "orders_shipment",
    fix: (input) => addIndex(input, tableNamed(input, "orders_shipment"), { keys: [{ kind: "column", column: "warehouse_id" }] }),
  },
  {
    name: "add an index of an expression with its operator class",
    app: "catalog",
    concurrentOn: "catalog_author",
    fix: (input) =>
      addIndex(input, tableNamed(input, "catalog_author"), {
        keys: [{ kind: "function", function: "upper", column: "name", operatorClass: "text_pattern_ops" }],
      }),
  },
  {
    name: "add a trigram index, with its extension",
    app: "catalog",
    concurrentOn: "catalog_book",
    fix: (input) =>
      addIndex(input, tableNamed(input, "catalog_book"), { method: "gin", keys: [{ kind: "column", column: "title", operatorClass: "gin_trgm_ops" }] }),
  },
  {
    name: "add a BRIN index",
    app: "orders",
    concurrentOn: "orders_orderevent",
    fix: (input) =>
      addIndex(input, tableNamed(input, "orders_orderevent"), {
        method: "brin",
        keys: [{ kind: "column", column: "happened_at" }],
        options: { pages_per_range: 32 },
      }),
  },
  {
    name: "add an index of a key of a document",
    app: "customers",
    concurrentOn: "customers_customer",
    fix: (input) => addIndex(input, tableNamed(input, "customers_customer"), { keys: [{ kind: "json-key", column: "preferences", key: "theme" }] }),
  },
  {
    name: "rebuild an index",
    app: "catalog",
    concurrentOn: "catalog_book",
    fix: (input) => rebuildIndex(input, indexLike(input, /^book_title_idx$/), "migration"),
  },
  {
    name: "make columns unique",
    app: "customers",
    concurrentOn: "customers_wishlistitem",
    blocksBack: true,
    fix: (input) => addUniqueConstraint(input, tableNamed(input, "customers_wishlistitem"), { columns: ["customer_id", "book_id"] }),
  },
  {
    name: "make some rows unique",
    app: "catalog",
    concurrentOn: "catalog_edition",
    fix: (input) =>
      addUniqueConstraint(input, tableNamed(input, "catalog_edition"), {
        columns: ["book_id", "number"],
        condition: [{ column: "remarks", operator: "=", value: "first" }],
        name: "edition_first_once",
      }),
  },
  {
    name: "add a check",
    app: "orders",
    writtenTo: "orders_orderline",
    fix: (input) =>
      addCheckConstraint(input, tableNamed(input, "orders_orderline"), {
        name: "line_quantity_positive",
        condition: [{ column: "quantity", operator: ">=", value: 0 }],
      }),
  },
  {
    name: "add the constraint of a foreign key",
    app: "orders",
    writtenTo: "orders_shipment",
    fix: (input) => addForeignKey(input, tableNamed(input, "orders_shipment"), "carrier_id", { table: tableNamed(input, "inventory_carrier"), column: "id" }),
  },
  {
    name: "make a column NOT NULL",
    app: "orders",
    writtenTo: "orders_payment",
    fix: (input) => setNotNull(input, tableNamed(input, "orders_payment"), "paid_at"),
  },
  {
    name: "widen a key",
    app: "orders",
    writtenTo: "orders_orderevent",
    fix: (input) => changeType(input, tableNamed(input, "orders_orderevent"), "id", { kind: "integer", to: "BigAutoField" }),
  },
  {
    name: "change the key that Django adds",
    app: "catalog",
    writtenTo: "catalog_genre",
    fix: (input) => changeType(input, tableNamed(input, "catalog_genre"), "id", { kind: "integer", to: "AutoField" }),
    // Django makes the foreign keys anew, and leaves the target out of their names.
    after: `
      ALTER TABLE catalog_book_genres RENAME CONSTRAINT catalog_book_genres_genre_id_87d459fb_fk TO catalog_book_genres_genre_id_87d459fb_fk_catalog_genre_id;
      ALTER TABLE catalog_genre RENAME CONSTRAINT catalog_genre_parent_id_b2e7718f_fk TO catalog_genre_parent_id_b2e7718f_fk_catalog_genre_id`,
  },
  {
    name: "narrow an integer",
    app: "inventory",
    writtenTo: "inventory_stockmovement",
    fix: (input) => changeType(input, tableNamed(input, "inventory_stockmovement"), "change", { kind: "integer", to: "IntegerField" }),
  },
  {
    name: "make a float a decimal",
    app: "orders",
    writtenTo: "orders_payment",
    fix: (input) => changeType(input, tableNamed(input, "orders_payment"), "amount", { kind: "decimal", maxDigits: 10, decimalPlaces: 2 }),
  },
  {
    name: "make a text a UUID",
    app: "orders",
    writtenTo: "orders_payment",
    fix: (input) => changeType(input, tableNamed(input, "orders_payment"), "provider_reference", { kind: "uuid" }),
  },
  {
    name: "make json jsonb",
    app: "inventory",
    writtenTo: "legacy_price_list",
    fix: (input) => castColumn(input, tableNamed(input, "legacy_price_list"), "extra", jsonToJsonb("extra")),
  },
  {
    name: "give a time its zone",
    app: "inventory",
    writtenTo: "legacy_price_list",
    fix: (input) => castColumn(input, tableNamed(input, "legacy_price_list"), "valid_from", timestampToTimestamptz("valid_from", "Europe/Lisbon")),
  },
  {
    name: "make char varchar",
    app: "inventory",
    writtenTo: "legacy_price_list",
    fix: (input) => castColumn(input, tableNamed(input, "legacy_price_list"), "code", charToVarchar("code", 12)),
  },
  {
    name: "collate a text bytewise",
    app: "catalog",
    writtenTo: "catalog_book",
    fix: (input) => setCollation(input, tableNamed(input, "catalog_book"), "isbn", "C"),
  },
  {
    name: "set options of a table",
    app: "inventory",
    concurrentOn: "inventory_stocklevel",
    fix: (input) => setTableOptions(input, tableNamed(input, "inventory_stocklevel"), { fillfactor: 80, autovacuum_vacuum_scale_factor: 0.02 }),
  },
  {
    name: "set options of an index",
    app: "catalog",
    writtenTo: "catalog_book",
    fix: (input) => setIndexOptions(input, indexLike(input, /^book_title_idx$/), { fillfactor: 70 }),
  },
  {
    name: "sample more of a column",
    app: "orders",
    concurrentOn: "orders_order",
    fix: (input) => setStatisticsTarget(input, tableNamed(input, "orders_order"), "status", 500),
  },
  {
    name: "measure columns together",
    app: "customers",
    concurrentOn: "customers_address",
    fix: (input) => createStatistics(input, tableNamed(input, "customers_address"), { columns: ["postcode", "city"], kinds: ["dependencies", "ndistinct"] }),
  },
  {
    name: "add a partition",
    app: "marketing",
    fix: (input) =>
      createPartition(input, tableNamed(input, "marketing_pageview"), [
        { name: "marketing_pageview_2031_05", from: "'2031-05-01 00:00+00'", to: "'2031-06-01 00:00+00'" },
      ]),
    after: "DROP TABLE marketing_pageview_2031_05",
  },
  {
    name: "add a materialised view with its model",
    app: "orders",
    writtenTo: "orders_orderline",
    fix: (input) =>
      createView(input, tableNamed(input, "orders_orderline"), {
        name: "orders_book_sales",
        model: "BookSales",
        isMaterialised: true,
        columns: [
          { name: "book_id", field: "BigIntegerField()", isKey: true },
          { name: "copies", field: "BigIntegerField()" },
        ],
        query: "SELECT book_id, sum(quantity) AS copies FROM orders_orderline GROUP BY book_id",
      }),
  },
];

/** One that leaves the schema as it was. */
const UNSEEN = new Set(["rebuild an index"]);

const worlds = new Map<string, World>();
const closers: (() => void)[] = [];
const environments: readonly DjangoEnvironment[] = await djangoEnvironments();

beforeAll(async () => {
  const { cluster, stop } = await startPostgres();
  closers.push(stop);
  for (const environment of environments) worlds.set(environment.version, await buildWorld(environment, cluster.url));
});

/** All changes are written into one copy of the shop, so that their migrations follow each other. */
async function buildWorld(environment: DjangoEnvironment, server: string): Promise<World> {
  const database = `django_${environment.version.replace(".", "_")}`;
  const url = Object.assign(new URL(server), { pathname: `/${database}` }).href;
  await execute(server, `CREATE DATABASE ${database}`);
  const shop = buildShop(environment, url);
  closers.push(() => rmSync(shop.root, { recursive: true, force: true }));
  await execute(url, "CREATE INDEX stray_tracking ON orders_shipment (tracking_code)");
  const input = await readChangeInput(shop.root, await takeSnapshot(url));
  const drafts = CASES.map(({ fix }) => fix(input));
  const { files, migrations } = applyTogether(drafts, input.source);
  writeFiles(shop.root, Object.fromEntries(files));
  const driver = startDriver(shop);
  closers.push(driver.stop);
  return { shop, input, drafts, driver, steps: stepsOf(drafts, migrations), schemas: [dumpSchema(shop)], waits: [] };
}

/** The migrations of each case, and the one before them in their app. */
function stepsOf(drafts: readonly FixDraft[], migrations: readonly (readonly string[])[]): World["steps"] {
  const last = new Map<string, string>();
  return drafts.map(({ migration }, index) => {
    const names = migrations[index] ?? [];
    const app = migration?.follows?.app ?? "";
    const before = last.get(app) ?? migration?.follows?.name ?? "";
    last.set(app, names.at(-1) ?? before);
    return { names, before };
  });
}

async function execute(url: string, sql: string): Promise<void> {
  const client = new pg.Client(url);
  await client.connect();
  await client.query(sql).finally(() => client.end());
}

afterAll(() => {
  for (const close of closers.toReversed()) close();
});

function worldOf(version: string): World {
  const world = worlds.get(version);
  if (world === undefined) throw new Error(`no world for Django ${version}`);
  return world;
}

const NO_WRITES: Writes = { table: null, holds: false };

const writesOf = ({ concurrentOn, writtenTo }: Case): Writes => ({ table: concurrentOn ?? writtenTo ?? null, holds: concurrentOn !== undefined });

/** The newest only has to go there and back: what Django sends has not changed since. */
const NEWEST = "6.0";

describe.each(environments.map(({ version }) => version))("Django %s", (version) => {
  test("every change is a migration, and makemigrations has nothing left to make", async () => {
    const { drafts, driver } = worldOf(version);
    expect(drafts.map(({ kind, title }) => `${kind}: ${title}`)).toEqual(drafts.map(({ title }) => `migration: ${title}`));
    await driver.check();
  });

  if (version === NEWEST) {
    test("all changes, and back", async () => {
      const { driver, steps, schemas, shop } = worldOf(version);
      for (const [index, { app }] of CASES.entries()) for (const name of steps[index]?.names.slice(-1) ?? []) await driver.migrate(app, name, NO_WRITES);
      expect(dumpSchema(shop)).not.toBe(schemas[0]);
      for (const [index, { app, after }] of [...CASES.entries()].toReversed()) {
        await driver.migrate(app, steps[index]?.before ?? "", NO_WRITES);
        if (after !== undefined) await execute(shop.url, after);
      }
      expect(dumpSchema(shop)).toBe(schemas[0]);
    });
    return;
  }

  test.each(CASES.map((one, index) => ({ ...one, index })))("$name", async ({ index, ...one }) => {
    const { driver, steps, schemas, shop, waits } = worldOf(version);
    for (const name of steps[index]?.names ?? []) waits.push(await driver.migrate(one.app, name, writesOf(one)));
    schemas.push(dumpSchema(shop));
    if (!UNSEEN.has(one.name)) expect(schemas[index + 1]).not.toBe(schemas[index]);
    if (one.concurrentOn !== undefined) expect(waits.at(-1) ?? 0).toBeLessThan(LONGEST_WAIT_MS);
  });

  test.each(CASES.map((one, index) => ({ ...one, index })).toReversed())("$name, and back", async ({ index, ...one }) => {
    const { driver, steps, schemas, shop, waits } = worldOf(version);
    const writes = writesOf(one);
    waits.push(await driver.migrate(one.app, steps[index]?.before ?? "", { ...writes, holds: writes.holds && one.blocksBack !== true }));
    if (one.after !== undefined) await execute(shop.url, one.after);
    expect(dumpSchema(shop)).toBe(schemas[index]);
    if (one.concurrentOn !== undefined) expect(waits.at(-1) ?? 0).toBeLessThan(LONGEST_WAIT_MS);
  });
});

test("the measure sees an index that is built in the way of writes", async () => {
  const { shop } = worldOf("5.2");
  const wait = await writeDuring(shop.url, { table: "customers_address", holds: true }, async () => {
    await execute(shop.url, "CREATE INDEX in_the_way ON customers_address (line1)");
  });
  expect(wait).toBeGreaterThan(LONGEST_WAIT_MS);
});
