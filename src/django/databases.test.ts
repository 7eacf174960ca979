import { expect, test } from "vitest";
import { readDatabases, type DatabaseSetting } from "./databases.ts";
import { readTestProject } from "./test-project.ts";

const MANAGE = 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "site.settings")\n';

function settingOf(databases: string, environment: Readonly<Record<string, string>> = {}): DatabaseSetting | undefined {
  const { program, project } = readTestProject({
    "manage.py": MANAGE,
    "site/settings.py": `import os\nINSTALLED_APPS = ["shop"]\nDEBUG = True\n${databases}\n`,
  });
  return readDatabases(program, project, (name) => environment[name]).get("default");
}

test("literals become libpq's words", () => {
  const text =
    'DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql", "NAME": "shop", "USER": "app", "PASSWORD": "p@ss", "HOST": "db", "PORT": 5433, "OPTIONS": {"sslmode": "require"}}}';
  expect(settingOf(text)).toEqual({ kind: "words", words: { dbname: "shop", user: "app", password: "p@ss", host: "db", port: "5433", sslmode: "require" } });
});

test.each([
  ["os.environ", 'os.environ["DB_NAME"]'],
  ["os.environ.get", 'os.environ.get("DB_NAME", "other")'],
  ["os.getenv", 'os.getenv("DB_NAME", "other")'],
  ["django-environ", 'env("DB_NAME", default="other")'],
  ["decouple", 'config("DB_NAME", default="other")'],
])("%s is read from the environment", (_name, expression) => {
  expect(settingOf(`DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql", "NAME": ${expression}}}`, { DB_NAME: "shop" })).toEqual({
    kind: "words",
    words: { dbname: "shop" },
  });
});

test.each([
  ["dj_database_url", "dj_database_url.config(conn_max_age=60)"],
  ["dj_database_url of a text", 'dj_database_url.parse("postgres://app@db/shop")'],
  ["django-environ", 'env.db("DATABASE_URL")'],
])("a URL by %s is kept as one", (_name, expression) => {
  expect(settingOf(`DATABASES = {"default": ${expression}}`, { DATABASE_URL: "postgres://app@db/shop" })).toEqual({
    kind: "url",
    url: "postgres://app@db/shop",
  });
});

test("a variable that is not set falls back to what the source says", () => {
  expect(settingOf('DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql", "NAME": os.environ.get("DB_NAME", "dev")}}')).toEqual({
    kind: "words",
    words: { dbname: "dev" },
  });
});

test("another engine, and what is made elsewhere, are said to be so", () => {
  expect(settingOf('DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "db"}}')).toEqual({
    kind: "unknown",
    why: "is of the engine django.db.backends.sqlite3, not PostgreSQL",
  });
  expect(settingOf('DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql", "NAME": vault("name")}}')).toEqual({
    kind: "unknown",
    why: "takes its NAME from code that is not read",
  });
});

const SWITCHED = `DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "db"}}
if os.getenv("DB") == "postgres":
    DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql", "NAME": "shop"}}
if os.getenv("DB") in ["mysql", "mariadb"]:
    DATABASES = {"default": {"ENGINE": "django.db.backends.mysql", "NAME": "shop"}}`;

test("a variable decides which branch of the settings holds", () => {
  expect(settingOf(SWITCHED, { DB: "postgres" })).toEqual({ kind: "words", words: { dbname: "shop" } });
  expect(settingOf(SWITCHED)).toMatchObject({ kind: "unknown" });
});
