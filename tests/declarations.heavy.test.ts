/** The bookshop as Django really migrates it: every column, index and constraint of its tables leads to the place that declares it. */
import { rmSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Database, Declaration, RuleInput, Table } from "../src/model/index.ts";
import { readChangeInput } from "./support/change-input.ts";
import { takeSnapshot } from "./support/database-world.ts";
import { djangoEnvironments } from "./support/django-versions.ts";
import { buildShop } from "./support/migration-world.ts";
import { startPostgres } from "./support/services.ts";

/** Apps whose tables the shop does not declare: Django brings their models along. */
const FOREIGN = /^(?:django_|auth_)/;

interface World {
  readonly database: Database;
  readonly source: RuleInput;
}

const worlds = new Map<string, World>();
const closers: (() => void)[] = [];
const environments = (await djangoEnvironments()).filter(({ version }) => version !== "6.0");

beforeAll(async () => {
  for (const environment of environments) {
    const { cluster, stop } = await startPostgres();
    closers.push(stop);
    const shop = buildShop(environment, cluster.url);
    closers.push(() => rmSync(shop.root, { recursive: true, force: true }));
    worlds.set(environment.version, await readChangeInput(shop.root, await takeSnapshot(cluster.url)));
  }
});

afterAll(() => {
  for (const close of closers.toReversed()) close();
});

function worldOf(version: string): World {
  const world = worlds.get(version);
  if (world === undefined) throw new Error(`no world for Django ${version}`);
  return world;
}

const ownTables = ({ database }: World): readonly Table[] => database.tables.filter(({ name }) => !FOREIGN.test(name));

/** `foreign-key catalog.Authorship.book: models.ForeignKey(Book… < 0001_initial AddField`. */
function shown({ source }: World, declaration: Declaration | null): string {
  if (declaration === null) return "nothing";
  const { kind, model, field, span, migration } = declaration;
  const text = source.text(span.file).slice(span.start, span.end).replaceAll(/\s+/g, " ");
  return `${kind} ${model?.label ?? "-"}${field === null ? "" : `.${field.name}`}: ${text.slice(0, 30).trimEnd()} < ${migration?.name ?? "?"}`;
}

describe.each(environments.map(({ version }) => version))("Django %s", (version) => {
  test("every table has its model", () => {
    const world = worldOf(version);
    const lost = ownTables(world).filter((table) => world.database.modelOf(table) === null || world.database.declarationOfTable(table) === null);
    expect(lost.map(({ name }) => name)).toEqual([]);
    expect(ownTables(world).length).toBeGreaterThan(35);
  });

  test("every column has its field, and the migration that made it", () => {
    const { database } = worldOf(version);
    const columns = ownTables(worldOf(version)).flatMap((table) =>
      table.columns.map(({ name }) => ({ name: `${table.name}.${name}`, found: database.declarationOfColumn(table, name) })),
    );
    expect(columns.filter(({ found }) => found === null).map(({ name }) => name)).toEqual([]);
    // The columns of tables that other programs made stand in no migration's fields.
    const unmade = columns.filter(({ found }) => found?.migration === undefined).map(({ name }) => name);
    expect(unmade.filter((name) => !/^(?:legacy_price_list|marketing_pageview\w*)\.book_id$|^accounts_user_(?:groups|user_permissions)\./.test(name))).toEqual(
      [],
    );
    expect(columns.length).toBeGreaterThan(200);
  });

  test("every index and every constraint has its place", () => {
    const { database } = worldOf(version);
    const tables = ownTables(worldOf(version));
    const indexes = tables.flatMap((table) => database.indexesOf(table));
    const constraints = tables.flatMap((table) => database.constraintsOf(table).filter(({ kind }) => kind !== "not-null"));
    expect(indexes.filter((index) => database.declarationOf(index) === null).map(({ name }) => name)).toEqual([]);
    expect(constraints.filter((one) => database.declarationOfConstraint(one) === null).map(({ name }) => name)).toEqual([]);
    expect(indexes.length + constraints.length).toBeGreaterThan(180);
  });

  test.each([
    [/^book_title_idx$/, 'meta-index catalog.Book: models.Index(fields=["title"], < 0001_initial'],
    [/^payment_paid_at_idx$/, 'meta-index orders.Payment: models.Index(fields=["paid_at" < 0003_index_payment_dates'],
    [/^orders_order_channel_\w{8}$/, "field-index orders.Order.channel: models.CharField(max_length=10 < 0001_initial"],
    [/^orders_order_channel_\w{8}_like$/, "like orders.Order.channel: models.CharField(max_length=10 < 0001_initial"],
    [/^catalog_publisher_slug_\w{8}_like$/, "like catalog.Publisher.slug: models.SlugField(max_length=12 < 0001_initial"],
    [/^catalog_authorship_book_id_\w{8}$/, "foreign-key catalog.Authorship.book: models.ForeignKey(Book, models < 0001_initial"],
    [/^catalog_authorship_book_id_author_id_role_\w{8}_uniq$/, 'unique-together catalog.Authorship: ("book", "author", "role") < 0001_initial'],
    [/^award_once$/, "meta-constraint catalog.Award: models.UniqueConstraint(fields < 0001_initial"],
    [/^catalog_book_genres_genre_id_\w{8}$/, "many-to-many catalog.Book_genres.genres: models.ManyToManyField(Genre, < 0001_initial"],
    [/^catalog_ebook_pkey$/, "primary-key catalog.Ebook.book_ptr: class Ebook(Book) < 0001_initial"],
    [/^legacy_price_list_book$/, 'migration -: migrations.RunSQL(CREATE, "DRO < 0002_legacy_price_list'],
    [/^marketing_pageview_2026_03_book_id_idx$/, 'migration -: migrations.RunSQL(CREATE, "DRO < 0002_partition_page_views'],
    [/^accounts_user_email_key$/, "field-unique accounts.User.email: models.EmailField(unique=True) < 0001_initial"],
  ])("%s", (pattern, expected) => {
    const world = worldOf(version);
    const index = world.database.catalog.indexes.find(({ name }) => pattern.test(name));
    expect(index && shown(world, world.database.declarationOf(index))).toBe(expected);
  });

  test("a check and a foreign key lead to their fields", () => {
    const world = worldOf(version);
    const named = (name: RegExp): string => {
      const found = world.database.catalog.constraints.find((one) => name.test(one.name));
      return found === undefined ? "no such constraint" : shown(world, world.database.declarationOfConstraint(found));
    };
    expect(named(/^catalog_audiobook_minutes_check$/)).toBe("field catalog.Audiobook.minutes: models.PositiveIntegerField(de < 0001_initial");
    expect(named(/^inventory_stockmovem_warehouse_id_\w{8}_fk_inventory$/)).toBe(
      "foreign-key inventory.StockMovement.warehouse: models.ForeignKey(Warehouse, m < 0001_initial",
    );
  });
});
