import { expect, test } from "vitest";
import type { ProjectMigrations } from "../../model/index.ts";
import { openPythonParser } from "../../python/parser.ts";
import { readMigrations } from "./read-migrations.ts";

const parser = await openPythonParser();
const APPS = [
  { label: "shop", name: "shop", directory: "shop" },
  { label: "stock", name: "depot.stock", directory: "depot/stock" },
  { label: "auth", name: "django.contrib.auth", directory: null },
];

interface Written {
  readonly dependencies?: string;
  readonly operations?: string;
  readonly more?: string;
  readonly head?: string;
}

function module({ dependencies = "", operations = "", more = "", head = "" }: Written): string {
  return `from django.db import migrations, models\n${head}\n\nclass Migration(migrations.Migration):\n${more}    dependencies = [${dependencies}]\n    operations = [${operations}]\n`;
}

function read(files: Readonly<Record<string, Written | string>>, settings: Partial<Parameters<typeof readMigrations>[1]> = {}): ProjectMigrations {
  const modules = Object.entries(files).map(([file, one]): [string, ReturnType<typeof parser.lower>] => {
    const path = file.includes("/") ? `${file}.py` : `shop/migrations/${file}.py`;
    return [path, parser.lower(path, typeof one === "string" ? one : module(one))];
  });
  return readMigrations(new Map(modules), { apps: APPS, ...settings });
}

const names = (list: readonly { readonly app: string; readonly name: string }[]): string[] => list.map(({ app, name }) => `${app}.${name}`);
const BOOK =
  'migrations.CreateModel(name="Book", fields=[("id", models.AutoField(primary_key=True)), ("title", models.CharField(max_length=9, db_index=True)), ("shelf", models.ForeignKey("Shelf", models.CASCADE))], options={"indexes": [models.Index(fields=["title"], name="old_idx")], "unique_together": {("title", "shelf")}})';

test("the last migration of each app, in an order that can run", () => {
  const migrations = read({
    "0002_more": { dependencies: '("shop", "0001_initial"), ("stock", "0001_initial")' },
    "0001_initial": {},
    "depot/stock/migrations/0001_initial": { dependencies: '("shop", "__first__")' },
  });
  expect(names(migrations.migrations)).toEqual(["shop.0001_initial", "stock.0001_initial", "shop.0002_more"]);
  expect(names(migrations.leavesOf("shop"))).toEqual(["shop.0002_more"]);
  expect(migrations.leavesOf("auth")).toEqual([]);
});

test("two branches are two leaves until they are merged", () => {
  const branches = { "0001_initial": {}, "0002_a": { dependencies: '("shop", "0001_initial")' }, "0002_b": { dependencies: '("shop", "0001_initial")' } };
  expect(names(read(branches).leavesOf("shop"))).toEqual(["shop.0002_a", "shop.0002_b"]);
  const merged = { ...branches, "0003_merge": { dependencies: '("shop", "0002_a"), ("shop", "0002_b")' } };
  expect(names(read(merged).leavesOf("shop"))).toEqual(["shop.0003_merge"]);
});

test("a squashed migration stands for those that it replaces", () => {
  const migrations = read({
    "0001_initial": { operations: BOOK },
    "0002_more": { dependencies: '("shop", "0001_initial")' },
    "0001_squashed_0002_more": { operations: BOOK, more: '    replaces = [("shop", "0001_initial"), ("shop", "0002_more")]\n' },
    "0003_last": { dependencies: '("shop", "0002_more")' },
  });
  expect(names(migrations.migrations)).toEqual(["shop.0001_squashed_0002_more", "shop.0003_last"]);
  expect(names(migrations.leavesOf("shop"))).toEqual(["shop.0003_last"]);
});

test("run_before puts a migration of another app later", () => {
  const migrations = read({
    "0001_initial": {},
    "depot/stock/migrations/0001_initial": { more: '    run_before = [("shop", "0001_initial")]\n' },
  });
  expect(names(migrations.migrations)).toEqual(["stock.0001_initial", "shop.0001_initial"]);
});

test("what made a column, an index and a constraint, through renames", () => {
  const migrations = read({
    "0001_initial": { operations: BOOK },
    "0002_more": {
      dependencies: '("shop", "0001_initial")',
      operations: [
        'migrations.AddField("Book", "isbn", models.CharField(max_length=13, unique=True))',
        'migrations.RenameField("book", "title", "name")',
        'migrations.AlterField("book", "name", models.CharField(max_length=20, db_index=True))',
        'migrations.AddIndex("book", models.Index(fields=["isbn"], name="isbn_idx"))',
        'migrations.RenameIndex("book", new_name="new_idx", old_name="old_idx")',
        'migrations.AddConstraint("book", models.CheckConstraint(check=models.Q(name=""), name="named"))',
        'migrations.RenameModel("Book", "Volume")',
      ].join(", "),
    },
  });
  const history = migrations.historyOf("shop", "Volume");
  const shown = [...(history?.fields ?? [])].map(
    ([name, { made, indexed }]) => `${name} ${made.migration.name} ${made.operation.kind} ${indexed?.operation.kind ?? "-"}`,
  );
  expect(shown).toEqual([
    "id 0001_initial CreateModel CreateModel",
    "shelf 0001_initial CreateModel CreateModel",
    "isbn 0002_more AddField AddField",
    "name 0001_initial CreateModel CreateModel",
  ]);
  expect([...(history?.indexes.keys() ?? [])]).toEqual(["isbn_idx", "new_idx"]);
  expect([...(history?.constraints.keys() ?? [])]).toEqual(["named"]);
  expect(history?.tables).toEqual(["shop_book", "shop_volume"]);
  expect(history?.uniqueTogether?.operation.kind).toBe("CreateModel");
  expect(migrations.historyOf("shop", "Book")).toBeNull();
});

test("SQL as text: constants of the module, lists, and what stands for the state", () => {
  const migrations = read({
    "0001_initial": {
      head: '\nCREATE = "CREATE INDEX a ON b (c)"\n',
      operations:
        'migrations.RunSQL(CREATE, "DROP INDEX a"), migrations.RunSQL(sql=["SELECT 1", ("SELECT %s", [2])]), migrations.SeparateDatabaseAndState(database_operations=[migrations.RunSQL("SELECT 3")], state_operations=[migrations.RemoveIndex("book", "x")]), migrations.RunSQL(make_sql())',
    },
  });
  expect(migrations.statements.map(({ sql, reverse }) => [sql, reverse])).toEqual([
    ["CREATE INDEX a ON b (c)", "DROP INDEX a"],
    ["SELECT 1;\nSELECT %s", null],
    ["SELECT 3", null],
  ]);
  expect(migrations.migrations[0]?.operations.map(({ kind, effect }) => `${kind} ${effect}`)).toEqual([
    "RunSQL both",
    "RunSQL both",
    "RunSQL database",
    "RemoveIndex state",
    "RunSQL both",
  ]);
});

test("a list that is made is not read as an empty one", () => {
  const migrations = read({ "0001_initial": "from django.db import migrations\nclass Migration(migrations.Migration):\n    operations = make()\n" });
  expect(migrations.migrations[0]).toMatchObject({ isComplete: false, operations: [] });
  expect(read({ "0001_initial": "from django.db import migrations\n" }).migrations).toEqual([]);
});

test("a migration that is not atomic says so, and its imports are kept as lines", () => {
  const [migration] = read({
    "0001_initial": { more: "    atomic = False\n", head: "import django.db.models.deletion\nfrom uuid import uuid4 as make\n" },
  }).migrations;
  expect(migration?.isAtomic).toBe(false);
  expect(migration?.imports.map(({ line }) => line)).toEqual([
    "from django.db import migrations",
    "from django.db import models",
    "import django.db.models.deletion",
    "from uuid import uuid4 as make",
  ]);
});

test("MIGRATION_MODULES moves an app's migrations, a package's too, and takes them away", () => {
  const files = {
    "0001_initial": {},
    "0002_more": { dependencies: '("shop", "0001_initial")' },
    "src/site/moved/shop/0001_elsewhere": {},
    "src/site/moved/auth/0013_longer_names": {},
    "depot/stock/migrations/0001_initial": {},
  };
  const migrationModules = new Map([
    ["shop", "site.moved.shop"],
    ["auth", "site.moved.auth"],
    ["stock", null],
  ]);
  const moved = read(files, { migrationModules, sourceRoots: ["", "src"] });
  expect(names(moved.migrations).toSorted()).toEqual(["auth.0013_longer_names", "shop.0001_elsewhere"]);
  expect(moved.leavesOf("shop")[0]?.file).toBe("src/site/moved/shop/0001_elsewhere.py");
  expect(names(moved.leavesOf("stock"))).toEqual([]);
});
