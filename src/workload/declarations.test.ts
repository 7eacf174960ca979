/** The join on models as people write them; the shop's own is held against a real server in tests/declarations.heavy.test.ts. */
import { expect, test } from "vitest";
import { smallSnapshot, type SmallTable } from "../../tests/support/small-catalog.ts";
import { readMigrations } from "../django/migrations/read-migrations.ts";
import { readTestProject } from "../django/test-project.ts";
import type { RuleInput } from "../model/index.ts";
import { generatedIndexName, generatedName } from "../model/generated-names.ts";
import { openPythonParser } from "../python/parser.ts";
import { joinSource } from "./declarations.ts";

const parser = await openPythonParser();

const MANAGE = 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings")\n';

/** What each index is declared by, and each column. */
function joined(
  models: string,
  tables: readonly SmallTable[],
  operations = "",
  settings = "",
): { readonly table: (name: string) => string; readonly index: (name: string) => string; readonly column: (table: string, name: string) => string } {
  const files = {
    "manage.py": MANAGE,
    "settings.py": `INSTALLED_APPS = ["shop"]\n${settings}`,
    "shop/__init__.py": "",
    "shop/models.py": `from django.db import models\n\n\n${models}`,
  };
  const { project, program, graph } = readTestProject(files);
  const migration = `from django.db import migrations, models\nclass Migration(migrations.Migration):\n    operations = [${operations}]\n`;
  const file = "shop/migrations/0001_initial.py";
  const migrations = readMigrations(new Map([[file, parser.lower(file, migration)]]), project);
  const source: Pick<RuleInput, "graph" | "migrations"> = { graph, migrations };
  const { catalog } = smallSnapshot(tables);
  const join = joinSource(catalog, { ...source, project, program, text: () => "", thresholds: {}, lineLength: null, facts: NO_FACTS });
  const tableOf = (name: string) => catalog.tables.find((one) => one.name === name);
  return {
    table: (name) => {
      const found = tableOf(name);
      return (found && join.modelOf(found)?.label) ?? "none";
    },
    index: (name) => {
      const found = catalog.indexes.find((one) => one.name === name);
      const declaration = found === undefined ? null : join.declarationOf(found);
      return declaration === null
        ? "none"
        : `${declaration.kind} ${declaration.model?.label ?? "-"} ${declaration.field?.name ?? declaration.entry?.fields.join() ?? "-"}`;
    },
    column: (table, name) => {
      const found = tableOf(table);
      return (found && join.fieldOf(found, name)?.name) ?? "none";
    },
  };
}

const NO_FACTS: RuleInput["facts"] = {
  origins: [],
  loads: [],
  covered: new Set(),
  loadedEagerly: new Set(),
  runs: [],
  writes: [],
  eagerLoads: [],
  discarded: [],
  validations: [],
  rowPrefetches: [],
};

test("a table with a name of its own, in a schema, and columns with theirs", () => {
  const models = `class Book(models.Model):\n    title = models.CharField(max_length=9, db_column="TITLE", db_index=True)\n\n    class Meta:\n        db_table = '"sales"."book"'\n`;
  const found = joined(models, [
    { name: "book", schema: "sales", columns: { id: "integer", TITLE: "text" }, indexes: [{ name: generatedName("book", ["TITLE"], ""), columns: ["TITLE"] }] },
    { name: "book", schema: "public", columns: { id: "integer" } },
  ]);
  expect(found.table("book")).toBe("shop.Book");
  expect(found.column("book", "TITLE")).toBe("title");
  expect(found.index(generatedName("book", ["TITLE"], ""))).toBe("field-index shop.Book title");
});

test("an index keeps the name of the table that it was made for", () => {
  const models = `class Volume(models.Model):\n    title = models.CharField(max_length=9, db_index=True)\n`;
  const operations = 'migrations.CreateModel("Book", [("title", models.CharField(max_length=9, db_index=True))]), migrations.RenameModel("Book", "Volume")';
  const name = generatedName("shop_book", ["title"], "");
  expect(
    joined(models, [{ name: "shop_volume", columns: { id: "integer", title: "text" }, indexes: [{ name, columns: ["title"] }] }], operations).index(name),
  ).toBe("field-index shop.Volume title");
});

test("any name will do where the structure is the field's, and not where it is another", () => {
  const models = `class Book(models.Model):\n    title = models.CharField(max_length=9, db_index=True)\n    code = models.CharField(max_length=9, unique=True)\n`;
  const indexes = [
    { name: "a", columns: ["title"] },
    { name: "b", columns: ["title"], operatorClass: "varchar_pattern_ops" },
    { name: "c", columns: ["code"], operatorClass: "varchar_pattern_ops" },
    { name: "d", columns: ["title", "code"] },
    { name: "e", columns: ["title"] },
  ];
  const found = joined(models, [{ name: "shop_book", columns: { id: "integer", title: "text", code: "text" }, indexes }]);
  expect(indexes.map(({ name }) => found.index(name))).toEqual(["field-index shop.Book title", "like shop.Book title", "like shop.Book code", "none", "none"]);
});

test("an entry of Meta.indexes without a name has the one that Django makes up", () => {
  const models = `class Book(models.Model):\n    title = models.CharField(max_length=9)\n    at = models.DateField()\n\n    class Meta:\n        indexes = [models.Index(fields=["title", "-at"])]\n`;
  const name = generatedIndexName("shop_book", ["title", "-at"], "idx");
  expect(
    joined(models, [{ name: "shop_book", columns: { id: "integer", title: "text", at: "date" }, indexes: [{ name, columns: ["title", "at"] }] }]).index(name),
  ).toBe("meta-index shop.Book title,-at");
});

test.each(['Base.Meta.indexes + [models.Index(fields=["title"])]', '[*Base.Meta.indexes, models.Index(fields=["title"])]'])(
  "entries beside those of a base: %s",
  (list) => {
    const models = `class Base(models.Model):\n    at = models.DateField()\n\n    class Meta:\n        abstract = True\n        indexes = [models.Index(fields=["at"])]\n\n\nclass Book(Base):\n    title = models.CharField(max_length=9)\n\n    class Meta(Base.Meta):\n        indexes = ${list}\n`;
    const names = ["at", "title"].map((column) => generatedIndexName("shop_book", [column], "idx"));
    const found = joined(models, [
      {
        name: "shop_book",
        columns: { id: "integer", title: "text", at: "date" },
        indexes: names.map((name, index) => ({ name, columns: [index === 0 ? "at" : "title"] })),
      },
    ]);
    expect(names.map((name) => found.index(name))).toEqual(["meta-index shop.Book at", "meta-index shop.Book title"]);
  },
);

test("an entry of an abstract model has the child's name in it", () => {
  const models = `class Base(models.Model):\n    at = models.DateField()\n\n    class Meta:\n        abstract = True\n        indexes = [models.Index(fields=["at"], name="%(app_label)s_%(class)s_at")]\n\n\nclass Book(Base):\n    pass\n\n\nclass Leaflet(Base):\n    class Meta(Base.Meta):\n        ordering = ["at"]\n`;
  const table = (name: string, index: string): SmallTable => ({ name, columns: { id: "integer", at: "date" }, indexes: [{ name: index, columns: ["at"] }] });
  const found = joined(models, [table("shop_book", "shop_book_at"), table("shop_leaflet", "shop_leaflet_at")]);
  expect([found.index("shop_book_at"), found.index("shop_leaflet_at")]).toEqual(["meta-index shop.Book at", "meta-index shop.Leaflet at"]);
});

test("a child's table holds its own columns; a proxy has its model's table", () => {
  const models = `class Book(models.Model):\n    title = models.CharField(max_length=9)\n\n\nclass Ebook(Book):\n    size = models.IntegerField()\n\n\nclass Old(Book):\n    class Meta:\n        proxy = True\n`;
  const found = joined(models, [
    { name: "shop_book", columns: { id: "integer", title: "text" } },
    { name: "shop_ebook", columns: { book_ptr_id: "integer", size: "integer" } },
  ]);
  expect([found.table("shop_book"), found.table("shop_ebook")]).toEqual(["shop.Book", "shop.Ebook"]);
  expect([found.column("shop_ebook", "book_ptr_id"), found.column("shop_ebook", "size"), found.column("shop_ebook", "title")]).toEqual([
    "book_ptr",
    "size",
    "none",
  ]);
});

test("automatic tables lead to the field that asks for them, whatever it calls them", () => {
  const models = `class Tag(models.Model):\n    pass\n\n\nclass Book(models.Model):\n    tags = models.ManyToManyField(Tag)\n    also = models.ManyToManyField("self", db_table="related_books")\n`;
  const found = joined(models, [
    {
      name: "shop_book_tags",
      columns: { id: "integer", book_id: "integer", tag_id: "integer" },
      indexes: [{ name: generatedName("shop_book_tags", ["tag_id"], ""), columns: ["tag_id"] }],
    },
    {
      name: "related_books",
      columns: { id: "integer", from_book_id: "integer", to_book_id: "integer" },
      indexes: [{ name: "other", columns: ["to_book_id"] }],
    },
  ]);
  expect(found.index(generatedName("shop_book_tags", ["tag_id"], ""))).toBe("many-to-many shop.Book_tags tags");
  expect(found.index("other")).toBe("many-to-many shop.Book_also also");
});

test("a table that Django does not manage has no indexes of Django's; SQL of a migration may have made them", () => {
  const models = `class Book(models.Model):\n    title = models.CharField(max_length=9, db_index=True)\n\n    class Meta:\n        managed = False\n        db_table = "old_books"\n`;
  const table = {
    name: "old_books",
    columns: { id: "integer", title: "text" },
    indexes: [
      { name: "by_title", columns: ["title"] },
      { name: "by_title_too", columns: ["title"] },
    ],
  };
  const found = joined(models, [table], 'migrations.RunSQL("CREATE INDEX by_title ON old_books (title)")');
  expect([found.index("by_title"), found.index("by_title_too")]).toEqual(["migration - -", "none"]);
  expect(found.column("old_books", "title")).toBe("title");
});

test("names that PostgreSQL cuts", () => {
  const long = "a_table_whose_name_is_longer_than_postgresql_lets_a_name_be_at_all";
  const models = `class Book(models.Model):\n    class Meta:\n        db_table = "${long}"\n`;
  expect(joined(models, [{ name: long.slice(0, 63), columns: { id: "integer" } }]).table(long.slice(0, 63))).toBe("shop.Book");
});
