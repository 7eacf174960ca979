/** What fixes write, for models as people write them. That it runs is shown in tests/migrations.heavy.test.ts. */
import { describe, expect, test } from "vitest";
import { smallSnapshot, type SmallTable } from "../../../tests/support/small-catalog.ts";
import { readMigrations } from "../../django/migrations/read-migrations.ts";
import { readTestProject } from "../../django/test-project.ts";
import type { EditDraft, FixDraft, Index, RuleInput, Table } from "../../model/index.ts";
import { openPythonParser } from "../../python/parser.ts";
import { joinSource } from "../../workload/declarations.ts";
import { buildDatabase, NO_SOURCE, NO_WORKLOAD } from "../../workload/database.ts";
import { indexName } from "./index-spec.ts";
import {
  addCheckConstraint,
  addIndex,
  changeType,
  mendInvalidIndex,
  removeIndex,
  replaceIndex,
  setNotNull,
  setSetting,
  setTableOptions,
  type ChangeInput,
} from "./index.ts";

const parser = await openPythonParser();

const SETTINGS = 'INSTALLED_APPS = ["shop"]\nDEFAULT_AUTO_FIELD = "django.db.models.AutoField"\n';
const MANAGE = 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings")\n';
const FIRST = "shop/migrations/0001_initial.py";

function migration(operations: string, dependencies = ""): string {
  return `import uuid\n\nfrom django.db import migrations, models\n\n\nclass Migration(migrations.Migration):\n    dependencies = [${dependencies}]\n    operations = [${operations}]\n`;
}

const CREATE = migration(
  'migrations.CreateModel(name="Book", fields=[("id", models.AutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")), ("title", models.CharField(max_length=9)), ("code", models.CharField(db_index=True, max_length=9, null=True))])',
);

const BOOK: SmallTable = {
  name: "shop_book",
  columns: { id: "integer", title: "character varying(9)", code: "character varying(9)" },
  indexes: [
    { name: "title_idx", columns: ["title"] },
    { name: "shop_book_code_ab12cd34", columns: ["code"] },
    { name: "shop_book_code_ab12cd34_like", columns: ["code"], operatorClass: "varchar_pattern_ops" },
  ],
};

interface Shop {
  readonly models: string;
  readonly files?: Readonly<Record<string, string>>;
  readonly table?: Partial<SmallTable>;
  readonly settings?: string;
}

interface World extends ChangeInput {
  readonly source: RuleInput;
  readonly table: Table;
  readonly index: (name: string) => Index;
}

function shopOf({ models, files = { [FIRST]: CREATE }, table = {}, settings = SETTINGS }: Shop): World {
  const migrations = Object.entries(files).filter(([file]) => file.includes("/migrations/"));
  const texts: Record<string, string> = { "manage.py": MANAGE, "settings.py": settings, "shop/__init__.py": "", "shop/models.py": models, ...files };
  const { project, program, graph } = readTestProject(Object.fromEntries(Object.entries(texts).filter(([file]) => !file.includes("/migrations/"))));
  const source = {
    graph,
    project,
    program,
    text: (file: string) => texts[file] ?? "",
    thresholds: {},
    lineLength: null,
    migrations: readMigrations(new Map(migrations.map(([file, text]) => [file, parser.lower(file, text)])), project),
    facts: {
      origins: [],
      loads: [],
      covered: new Set<string>(),
      loadedEagerly: new Set<string>(),
      runs: [],
      writes: [],
      eagerLoads: [],
      discarded: [],
      validations: [],
      rowPrefetches: [],
    },
  } satisfies RuleInput;
  const snapshot = smallSnapshot([{ ...BOOK, ...table }]);
  const database = buildDatabase({ snapshot, file: "s", source, workload: NO_WORKLOAD }, joinSource(snapshot.catalog, source));
  const [first] = database.tables;
  if (first === undefined) throw new Error("no table");
  const index = (name: string): Index => {
    const found = snapshot.catalog.indexes.find((one) => one.name === name);
    if (found === undefined) throw new Error(`no index ${name}`);
    return found;
  };
  return { database, source, table: first, index };
}

/** The text of a file after the fix. */
function after(fix: FixDraft, { source }: World, file = "shop/models.py"): string {
  const edits = fix.edits.filter(({ span }) => span.file === file).toSorted((a: EditDraft, b: EditDraft) => b.span.start - a.span.start);
  return edits.reduce((text, { span, text: replacement }) => text.slice(0, span.start) + replacement + text.slice(span.end), source.text(file));
}

const HEAD = "from django.db import models\n\n\n";
const FIELDS = "    title = models.CharField(max_length=9)\n    code = models.CharField(max_length=9, null=True, db_index=True)\n";
const addTitle = (world: World): FixDraft => addIndex(world, world.table, { keys: [{ kind: "column", column: "title" }], name: "new_idx" });
const NEW = 'models.Index(fields=["title"], name="new_idx")';

describe("an entry goes into Meta.indexes", () => {
  const cases: readonly (readonly [string, string, string])[] = [
    [
      "a list on one line",
      `${FIELDS}\n    class Meta:\n        indexes = [models.Index(fields=["title"], name="a")]\n`,
      `        indexes = [\n            models.Index(fields=["title"], name="a"),\n            ${NEW},\n        ]\n`,
    ],
    [
      "a list on lines of its own, with comments",
      `${FIELDS}\n    class Meta:\n        indexes = [\n            models.Index(fields=["title"], name="a"),  # why\n        ]\n`,
      `            models.Index(fields=["title"], name="a"),  # why\n            ${NEW},\n        ]\n`,
    ],
    [
      "a list without a last comma",
      `${FIELDS}\n    class Meta:\n        indexes = [\n            models.Index(fields=["title"], name="a")\n        ]\n`,
      `            models.Index(fields=["title"], name="a"),\n            ${NEW},\n        ]\n`,
    ],
    ["an empty list", `${FIELDS}\n    class Meta:\n        indexes = []\n`, `        indexes = [${NEW}]\n`],
    [
      "a tuple",
      `${FIELDS}\n    class Meta:\n        indexes = (models.Index(fields=["title"], name="a"),)\n`,
      `        indexes = (\n            models.Index(fields=["title"], name="a"),\n            ${NEW},\n        )\n`,
    ],
    [
      "a Meta without indexes",
      `${FIELDS}\n    class Meta:\n        ordering = ["title"]  # of the list\n\n    def __str__(self):\n        return self.title\n`,
      `        ordering = ["title"]  # of the list\n        indexes = [${NEW}]\n\n    def __str__`,
    ],
    ["a Meta that passes", `${FIELDS}\n    class Meta:\n        pass\n`, `    class Meta:\n        indexes = [${NEW}]\n`],
    [
      "a model without Meta",
      `${FIELDS}\n    def __str__(self):\n        return self.title\n`,
      `null=True, db_index=True)\n\n    class Meta:\n        indexes = [${NEW}]\n\n    def __str__`,
    ],
  ];
  test.each(cases)("%s", (_, body, expected) => {
    const world = shopOf({ models: `${HEAD}class Book(models.Model):\n${body}` });
    const fix = addTitle(world);
    expect(fix.kind).toBe("migration");
    expect(after(fix, world)).toContain(expected);
  });

  test("beside those of an abstract base, which stay", () => {
    const base = `class Base(models.Model):\n    class Meta:\n        abstract = True\n        indexes = [models.Index(fields=["title"], name="%(class)s_title")]\n\n\n`;
    const world = shopOf({ models: `${HEAD}${base}class Book(Base):\n${FIELDS}` });
    expect(after(addTitle(world), world)).toContain(`    class Meta(Base.Meta):\n        indexes = [*Base.Meta.indexes, ${NEW}]\n`);
  });

  test("and in a Meta that extends the base's", () => {
    const base = `class Base(models.Model):\n    class Meta:\n        abstract = True\n        indexes = [models.Index(fields=["title"], name="%(class)s_title")]\n\n\n`;
    const world = shopOf({ models: `${HEAD}${base}class Book(Base):\n${FIELDS}\n    class Meta(Base.Meta):\n        ordering = ["title"]\n` });
    expect(after(addTitle(world), world)).toContain(`        ordering = ["title"]\n        indexes = [*Base.Meta.indexes, ${NEW}]\n`);
  });

  test("in the module of a package of models", () => {
    const files = {
      [FIRST]: CREATE,
      "shop/models/__init__.py": "from .book import Book\n",
      "shop/models/book.py": `${HEAD}class Book(models.Model):\n${FIELDS}`,
    };
    const world = shopOf({ models: "", files: { ...files, "shop/models.py": "" } });
    const fix = addTitle(world);
    expect(after(fix, world, "shop/models/book.py")).toContain(`    class Meta:\n        indexes = [${NEW}]\n`);
    expect(fix.files?.map(({ file }) => file)).toEqual(["shop/migrations/0002_add_new_idx.py"]);
  });
});

describe("an index is replaced", () => {
  const key = { keys: [{ kind: "column", column: "title" }] as const, condition: [{ column: "title", operator: "is not null" }] as const };

  test("where its entry stands, by two migrations of which the second takes the old one away", () => {
    const world = shopOf({
      models: `${HEAD}class Book(models.Model):\n${FIELDS}\n    class Meta:\n        indexes = [\n            models.Index(fields=["title"], name="title_idx"),  # why\n        ]\n`,
    });
    const fix = replaceIndex(world, world.table, world.index("title_idx"), key);
    expect(after(fix, world)).toContain(
      `        indexes = [\n            models.Index(\n                fields=["title"],\n                name="book_title_part_idx",\n                condition=models.Q(title__isnull=False),\n            ),  # why\n        ]\n`,
    );
    expect(fix.files?.map(({ file }) => file)).toEqual(["shop/migrations/0002_add_book_title_part_idx.py", "shop/migrations/0003_drop_title_idx.py"]);
    expect(fix.files?.[1]?.text).toContain('dependencies = [("shop", "0002_add_book_title_part_idx")]');
    expect(fix.migration?.follows).toEqual({ app: "shop", name: "0001_initial", files: fix.files?.map(({ file }) => file) });
  });

  test("by SQL, the new one first, where there is no model", () => {
    const world = shopOf({ models: HEAD });
    const { kind, title, sql } = replaceIndex(world, world.table, world.index("title_idx"), key);
    expect([kind, title]).toEqual([
      "sql",
      "Replace the index `title_idx` by `book_title_part_idx`, by SQL alone: no model of the project has the table shop_book",
    ]);
    expect(sql?.forward.map((one) => one.slice(0, 25))).toEqual(["CREATE INDEX CONCURRENTLY", "DROP INDEX CONCURRENTLY I"]);
    expect(sql?.reverse.map((one) => one.slice(0, 25))).toEqual(["CREATE INDEX CONCURRENTLY", "DROP INDEX CONCURRENTLY I"]);
  });
});

test("a field keeps its own migration's way to a module that something else imports", () => {
  const create =
    'import django.utils.timezone\n\nfrom django.db import migrations, models\n\n\nclass Migration(migrations.Migration):\n    operations = [migrations.CreateModel(name="Book", fields=[("id", models.AutoField(primary_key=True)), ("code", models.CharField(max_length=9, null=True, validators=[django.core.validators.EMPTY]))])]\n';
  const world = shopOf({ models: `${HEAD}class Book(models.Model):\n${FIELDS}`, files: { [FIRST]: create } });
  expect(setNotNull(world, world.table, "code").files?.at(-1)?.text).toContain("import django.utils.timezone\n");
});

test("partial indexes of one column are named by what they ask for", () => {
  const name = (column: string): string =>
    indexName({ keys: [{ kind: "column", column: "event_id" }], condition: [{ column, operator: "=", value: true }] }, { name: "shop_talk" }, { indexes: [] });
  expect(["featured", "event_id"].map(name)).toEqual(["talk_event_featured_part_idx", "talk_event_part_idx"]);
  const by = (value: string): string =>
    indexName({ keys: [{ kind: "column", column: "state" }], condition: [{ column: "state", operator: "=", value }] }, { name: "shop_talk" }, { indexes: [] });
  expect(["new", "failed"].map(by)).toEqual(["talk_state_new_part_idx", "talk_state_failed_part_idx"]);
  const asked = (operator: "<" | "<=" | ">" | ">=" | "<>" | "=", value: string | number): string =>
    indexName({ keys: [{ kind: "column", column: "seats" }], condition: [{ column: "seats", operator, value }] }, { name: "shop_talk" }, { indexes: [] });
  expect([asked("<", 5), asked(">", 5), asked("<=", 5), asked(">=", 5), asked("<>", 5), asked("=", 5)]).toEqual(
    ["lt", "gt", "lte", "gte", "not"].map((word) => `talk_seats_${word}_5_part_idx`).concat("talk_seats_5_part_idx"),
  );
  const long = ["a value of many words", "a value of more words", "A value of more words"].map((value) => asked("=", value));
  expect(new Set(long).size).toBe(3);
});

describe("an entry is taken out of Meta.indexes", () => {
  const other = 'models.Index(fields=["code"], name="other")';
  const own = 'models.Index(fields=["title"], name="title_idx")';
  const cases: readonly (readonly [string, string, string])[] = [
    [
      "with its line and its comment",
      `    class Meta:\n        indexes = [\n            ${own},  # unused\n            ${other},\n        ]\n`,
      `    class Meta:\n        indexes = [\n            ${other},\n        ]\n`,
    ],
    ["the first of a line", `    class Meta:\n        indexes = [${own}, ${other}]\n`, `    class Meta:\n        indexes = [${other}]\n`],
    ["the last of a line", `    class Meta:\n        indexes = [${other}, ${own}]\n`, `    class Meta:\n        indexes = [${other}]\n`],
    [
      "the only one, with the list",
      `    class Meta:\n        ordering = ["title"]\n        indexes = [${own}]\n`,
      `    class Meta:\n        ordering = ["title"]\n`,
    ],
    ["the only one, with the Meta", `    class Meta:\n        indexes = [\n            ${own},\n        ]\n`, ""],
  ];
  test.each(cases)("%s", (_, meta, expected) => {
    const created = migration(
      'migrations.CreateModel(name="Book", fields=[("title", models.CharField(max_length=9)), ("code", models.CharField(max_length=9))])',
    );
    const world = shopOf({
      models: `${HEAD}class Book(models.Model):\n${FIELDS}\n${meta}\n    def __str__(self):\n        return self.title\n`,
      files: { [FIRST]: created },
    });
    const fix = removeIndex(world, world.index("title_idx"));
    expect(after(fix, world)).toBe(
      `${HEAD}class Book(models.Model):\n${FIELDS}\n${expected}${expected === "" ? "" : "\n"}    def __str__(self):\n        return self.title\n`,
    );
    expect(fix.files?.[0]?.text).toContain('RemoveIndexConcurrently(model_name="book", name="title_idx")');
  });

  test("one beside those of a base", () => {
    const base = `class Base(models.Model):\n    class Meta:\n        abstract = True\n        indexes = []\n\n\n`;
    const meta = (entries: string): string => `    class Meta(Base.Meta):\n        indexes = Base.Meta.indexes + [${entries}]\n`;
    const world = shopOf({ models: `${HEAD}${base}class Book(Base):\n${FIELDS}\n${meta(`${other}, ${own}`)}`, files: { [FIRST]: CREATE } });
    expect(after(removeIndex(world, world.index("title_idx")), world)).toBe(`${HEAD}${base}class Book(Base):\n${FIELDS}\n${meta(other)}`);
  });

  test("not where it stands for several models", () => {
    const base = `class Base(models.Model):\n    title = models.CharField(max_length=9)\n\n    class Meta:\n        abstract = True\n        indexes = [models.Index(fields=["title"], name="title_idx")]\n\n\n`;
    const world = shopOf({ models: `${HEAD}${base}class Book(Base):\n    code = models.CharField(max_length=9)\n\n\nclass Leaflet(Base):\n    pass\n` });
    const fix = removeIndex(world, world.index("title_idx"));
    expect(fix).toMatchObject({
      kind: "sql",
      edits: [],
      title: "Drop the index `title_idx`, by SQL alone: its entry in Meta.indexes stands for 2 models, shop.Book, shop.Leaflet",
    });
    expect(fix.sql).toEqual({
      forward: ['DROP INDEX CONCURRENTLY IF EXISTS "title_idx"'],
      reverse: ["CREATE INDEX CONCURRENTLY IF NOT EXISTS title_idx ON shop_book USING btree (title)"],
      isTransactional: false,
    });
  });
});

const PLAIN = `${HEAD}class Book(models.Model):\n${FIELDS}`;

describe("why no migration is written is said", () => {
  const last = '("shop", "0001_initial")';
  const cases: readonly (readonly [string, Shop, string])[] = [
    [
      "two last migrations",
      { models: PLAIN, files: { [FIRST]: CREATE, "shop/migrations/0002_a.py": migration("", last), "shop/migrations/0002_b.py": migration("", last) } },
      "the app shop has two last migrations, 0002_a and 0002_b; run makemigrations --merge first",
    ],
    ["no migrations", { models: PLAIN, files: {} }, "the app shop has no migrations"],
    ["no model", { models: HEAD }, "no model of the project has the table shop_book"],
    ["an unmanaged model", { models: `${PLAIN}\n    class Meta:\n        managed = False\n` }, "shop.Book is not managed by Django"],
    ["a list that is made", { models: `${PLAIN}\n    class Meta:\n        indexes = make()\n` }, "Meta.indexes of shop.Book is not a plain list"],
  ];
  test.each(cases)("%s", (_, shop, why) => {
    expect(addTitle(shopOf(shop))).toMatchObject({ kind: "sql", edits: [], title: `Add the index \`new_idx\` to shop_book, by SQL alone: ${why}` });
  });

  test("an operator class around an expression needs django.contrib.postgres", () => {
    const upper = (world: World): FixDraft =>
      addIndex(world, world.table, { name: "up", keys: [{ kind: "function", function: "upper", column: "title", operatorClass: "text_pattern_ops" }] });
    expect(upper(shopOf({ models: PLAIN })).title).toContain("OpClass needs django.contrib.postgres in INSTALLED_APPS");
    const installed = upper(shopOf({ models: PLAIN, settings: 'INSTALLED_APPS = ["shop", "django.contrib.postgres"]\n' }));
    expect(installed.files?.[0]?.text).toContain('models.Index(OpClass(Upper("title"), name="text_pattern_ops"), name="up")');
  });

  test("Django 6 refuses index classes of an app that is not installed: a B-tree does without its storage parameters, others are SQL", () => {
    const at = (version: string, settings?: string): World => {
      const world = shopOf({ models: PLAIN, ...(settings === undefined ? {} : { settings }) });
      return { ...world, source: { ...world.source, project: { ...world.source.project, djangoVersion: version } } };
    };
    const full = (world: World): FixDraft =>
      addIndex(world, world.table, { name: "full", keys: [{ kind: "column", column: "title" }], options: { fillfactor: 100 } });
    expect(full(at("5.2")).files?.[0]?.text).toContain('BTreeIndex(fields=["title"], name="full", fillfactor=100)');
    expect(full(at("6.0.1", 'INSTALLED_APPS = ["shop", "django.contrib.postgres"]\n')).files?.[0]?.text).toContain("BTreeIndex(");
    const plain = full(at("6.0.1"));
    expect(plain.files?.[0]?.text).toContain('models.Index(fields=["title"], name="full")');
    expect(plain.files?.[0]?.text).not.toContain("django.contrib.postgres.indexes");
    const brin = addIndex(at("6.0.1"), at("6.0.1").table, { name: "b", method: "brin", keys: [{ kind: "column", column: "title" }] });
    expect(brin).toMatchObject({
      kind: "sql",
      title: expect.stringContaining("Django 6.0.1 wants django.contrib.postgres in INSTALLED_APPS for brin indexes"),
    });
  });

  test("a field that a helper of the project makes", () => {
    const world = shopOf({
      models: `${HEAD}def code_field(**kwargs):\n    return models.CharField(max_length=9, null=True, db_index=True, **kwargs)\n\n\nclass Book(models.Model):\n    title = models.CharField(max_length=9)\n    code = code_field()\n`,
    });
    expect(removeIndex(world, world.index("shop_book_code_ab12cd34")).title).toContain("by SQL alone: its field is not written as a plain call");
  });

  test("nothing is said where there is no source", () => {
    const snapshot = smallSnapshot([BOOK]);
    const database = buildDatabase({ snapshot, file: "s", source: null, workload: NO_WORKLOAD }, NO_SOURCE);
    const [index] = snapshot.catalog.indexes;
    expect(index && removeIndex({ database, source: null }, index).title).toBe("Drop the index `title_idx`");
  });
});

describe("a field is written anew", () => {
  test("without db_index; its twin goes with it", () => {
    const world = shopOf({ models: PLAIN });
    const fix = removeIndex(world, world.index("shop_book_code_ab12cd34"));
    expect(after(fix, world)).toContain("    code = models.CharField(max_length=9, null=True)\n");
    expect(fix.files?.[0]?.text).toMatch(/DROP INDEX CONCURRENTLY IF EXISTS "shop_book_code_ab12cd34"'[\s\S]*"shop_book_code_ab12cd34_like"'/);
    expect(fix.files?.[0]?.text).toContain("field=models.CharField(max_length=9, null=True)");
  });

  test("over several lines, each argument with its own", () => {
    const world = shopOf({
      models: `${HEAD}class Book(models.Model):\n    title = models.CharField(max_length=9)\n    code = models.CharField(\n        max_length=9,\n        null=True,  # of old books\n        db_index=True,\n    )\n`,
    });
    expect(after(setNotNull(world, world.table, "code"), world)).toContain(
      "    code = models.CharField(\n        max_length=9,\n        db_index=True,\n    )\n",
    );
    const retyped = changeType(world, world.table, "code", { kind: "decimal", maxDigits: 8, decimalPlaces: 2 });
    expect(after(retyped, world)).toContain(
      "    code = models.DecimalField(\n        null=True,  # of old books\n        db_index=True,\n        max_digits=8,\n        decimal_places=2,\n    )\n",
    );
  });

  test("as one more line where Django adds the key of itself", () => {
    const world = shopOf({ models: `${HEAD}class Book(models.Model):\n    """What is sold."""\n\n${FIELDS}` });
    const fix = changeType(world, world.table, "id", { kind: "integer", to: "BigAutoField" });
    expect(after(fix, world)).toContain('    """What is sold."""\n\n    id = models.BigAutoField(primary_key=True)\n    title = ');
    expect(fix.files?.[0]?.text).toContain(
      'migrations.AlterField(\n            model_name="book",\n            name="id",\n            field=models.BigAutoField(primary_key=True, serialize=False),\n        )',
    );
    expect(fix.migration?.lock).toContain("ACCESS EXCLUSIVE until it is done");
  });
});

describe("what a migration does to the database is said", () => {
  test("with the time that the table's size asks for", () => {
    expect(addTitle(shopOf({ models: PLAIN })).migration).toMatchObject({
      lock: "SHARE UPDATE EXCLUSIVE",
      duration: "about 16 s: 1.0 GiB read twice, at an assumed 125 MiB/s",
    });
    expect(addTitle(shopOf({ models: PLAIN, table: { bytes: 600 * 1024 ** 3 } })).migration?.duration).toBe(
      "about 2.7 h: 600 GiB read twice, at an assumed 125 MiB/s",
    );
  });

  test("a partitioned table takes no index concurrently", () => {
    const fix = addTitle(shopOf({ models: PLAIN, table: { kind: "partitioned" } }));
    expect(fix.migration?.lock).toBe("SHARE");
    expect(fix.files?.[0]?.text).toContain("migrations.AddIndex(");
    expect(fix.files?.[0]?.text).not.toContain("atomic = False");
  });

  test("old rows are checked in a migration of their own, with the argument of the project's Django", () => {
    const check = (files: Readonly<Record<string, string>>): FixDraft => {
      const world = shopOf({ models: PLAIN, files: { [FIRST]: CREATE, ...files } });
      return addCheckConstraint(world, world.table, { name: "titled", condition: [{ column: "title", operator: "<>", value: "" }] });
    };
    const fix = check({ "requirements.txt": "Django==4.2.30\n" });
    expect(fix.files?.map(({ file }) => file)).toEqual(["shop/migrations/0002_add_titled.py", "shop/migrations/0003_validate_titled.py"]);
    expect(fix.files?.[0]?.text).toContain('models.CheckConstraint(check=~models.Q(title=""), name="titled")');
    expect(fix.files?.[1]?.text).toContain('dependencies = [("shop", "0002_add_titled")]');
    expect(check({ "requirements.txt": "Django==5.1\n" }).files?.[0]?.text).toContain('condition=~models.Q(title="")');
  });

  test("settings go back to what they were", () => {
    const { database } = shopOf({ models: PLAIN });
    expect(setSetting(database, "random_page_cost", "2").sql).toEqual({
      forward: ["ALTER SYSTEM SET random_page_cost = 2", "SELECT pg_reload_conf()"],
      reverse: ["ALTER SYSTEM SET random_page_cost = 1.1", "SELECT pg_reload_conf()"],
      isTransactional: false,
    });
    expect(setSetting(database, "work_mem", "16MB").sql?.reverse).toEqual(["ALTER SYSTEM RESET work_mem", "SELECT pg_reload_conf()"]);
    expect(setSetting(database, "shared_buffers", "4GB")).toMatchObject({
      title: "Set shared_buffers to 4GB, and restart the server",
      sql: { forward: ["ALTER SYSTEM SET shared_buffers = '4GB'"], reverse: ["ALTER SYSTEM SET shared_buffers = 16384"] },
    });
  });

  test("options of a table as SQL, at the caller's choice", () => {
    const world = shopOf({ models: PLAIN });
    expect(setTableOptions(world, world.table, { fillfactor: 80 }, "sql").sql).toEqual({
      forward: ['ALTER TABLE "shop_book" SET (fillfactor = 80)'],
      reverse: ['ALTER TABLE "shop_book" RESET (fillfactor)'],
      isTransactional: true,
    });
  });
});

test("an index that backs a constraint is left to it", () => {
  const world = shopOf({ models: PLAIN, table: { indexes: [{ name: "once", columns: ["title"], unique: true, isConstraint: true }] } });
  expect(removeIndex(world, world.index("once"))).toMatchObject({ safety: "advice", edits: [] });
});

test("an invalid index that the models ask for is built again, another is dropped", () => {
  const world = shopOf({
    models: PLAIN,
    table: {
      indexes: [
        { name: "shop_book_code_ab12cd34", columns: ["code"] },
        { name: "shop_book_code_ab12cd34_ccnew", columns: ["code"] },
      ],
    },
  });
  expect(mendInvalidIndex(world, world.index("shop_book_code_ab12cd34")).sql?.forward).toEqual(['REINDEX INDEX CONCURRENTLY "shop_book_code_ab12cd34"']);
  expect(mendInvalidIndex(world, world.index("shop_book_code_ab12cd34_ccnew")).sql?.forward).toEqual([
    'DROP INDEX CONCURRENTLY IF EXISTS "shop_book_code_ab12cd34_ccnew"',
  ]);
});
