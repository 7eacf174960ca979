import { describe, expect, test } from "vitest";
import type { DatabaseSettings, Said } from "../model/deployment.ts";
import { readTestDeployment } from "./test-deployment.ts";

const APPS = 'INSTALLED_APPS = ["shop"]\n';
const WSGI = 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")\n';

const said = (one: Said<unknown> | null | undefined): string =>
  one === null || one === undefined ? "-" : `${JSON.stringify(one.value)}${one.dependsOn === undefined ? "" : ` by ${one.dependsOn}`}`;

/** The default database of a settings module. */
function database(settings: string): DatabaseSettings {
  const found = readTestDeployment({
    "config/__init__.py": "",
    "config/wsgi.py": WSGI,
    "config/settings.py": `${settings}\n${APPS}`,
  }).settings[0]?.databases.find(({ alias }) => alias === "default");
  if (found === undefined) throw new Error("no default database");
  return found;
}

const AGES: readonly (readonly [settings: string, age: string])[] = [
  ['DATABASES = {"default": {"CONN_MAX_AGE": 60 * 10}}', "600"],
  ['DATABASES = {"default": {"CONN_MAX_AGE": None}}', "null"],
  ['AGE = 30\nDATABASES = {"default": dict(ENGINE="x", CONN_MAX_AGE=AGE)}', "30"],
  ['import os\nDATABASES = {"default": {"CONN_MAX_AGE": int(os.environ.get("AGE", "60"))}}', '60 by int(os.environ.get("AGE", "60"))'],
  ['import environ\nenv = environ.Env()\nAGE = env.int("AGE", default=5)\nDATABASES = {"default": {"CONN_MAX_AGE": AGE}}', "5 by AGE"],
  ['DATABASES = {"default": {}}\nDATABASES["default"]["CONN_MAX_AGE"] = 7', "7"],
  ['DATABASES = {"default": {}}\nDATABASES["default"].update(CONN_MAX_AGE=8)', "8"],
  ['DATABASES = {"default": {}}\nDATABASES["default"].update({"CONN_MAX_AGE": 9})', "9"],
  ['BASE = {"CONN_MAX_AGE": 1}\nDATABASES = {"default": {**BASE, "CONN_MAX_AGE": 2}}', "2"],
  ['BASE = {"CONN_MAX_AGE": 1}\nDATABASES = {"default": BASE | {"ENGINE": "x"}}', "1"],
  ['def base(age=4):\n    return {"CONN_MAX_AGE": age}\nDATABASES = {"default": {**base()}}', "4 by age"],
  ['DEBUG = True\nDATABASES = {"default": {"CONN_MAX_AGE": 0 if DEBUG else 60}}', "60"],
  ['DATABASES = {"default": {}}\nif not DEBUG:\n    DATABASES["default"]["CONN_MAX_AGE"] = 60', "60"],
  ['import sys\nDATABASES = {"default": {"CONN_MAX_AGE": 60}}\nif "test" in sys.argv:\n    DATABASES = {"default": {}}', "60"],
  ['import dj_database_url\nDATABASES = {"default": dj_database_url.config(conn_max_age=600)}', "600"],
  [
    'import os\nif os.getenv("DB") == "postgres":\n    DATABASES = {"default": {"CONN_MAX_AGE": 3}}\nif os.getenv("DB") == "mysql":\n    DATABASES = {"default": {"CONN_MAX_AGE": 99}}',
    "3",
  ],
  ['from vault import age\nDATABASES = {"default": {"CONN_MAX_AGE": age()}}', "-"],
];

test.each(AGES)("%s", (settings, age) => expect(said(database(settings).connMaxAge)).toBe(age));

describe("what was not read", () => {
  const open = (settings: string): string[] => (database(settings).open ?? []).map(({ key, by }) => `${key} ${by}`);

  test("a spread of unread code leaves any key open", () =>
    expect(open('from vault import base\nDATABASES = {"default": {**base(), "CONN_MAX_AGE": 1}}')).toEqual(["* code"]));
  test("an unknown value leaves its key open", () => expect(open('from vault import host\nDATABASES = {"default": {"HOST": host()}}')).toEqual(["HOST code"]));
  test("within OPTIONS too", () =>
    expect(open('from vault import more\nDATABASES = {"default": {"OPTIONS": {**more(), "pool": more()}}}')).toEqual(["OPTIONS.* code", "OPTIONS.pool code"]));
  test("a URL leaves its query open, but not what is written after it", () => {
    const keys = open('import environ\nenv = environ.Env()\nDATABASES = {"default": env.db("DATABASE_URL")}\nDATABASES["default"]["CONN_MAX_AGE"] = 60');
    expect(keys).toContain("OPTIONS.* url");
    expect(keys).not.toContain("CONN_MAX_AGE url");
  });
  test("an entry of unread code is all open", () => expect(open('from vault import base\nDATABASES = {"default": base()}')).toEqual(["* code"]));
});

test("the place of a key is where it is written, in whatever file", () => {
  const files = {
    "config/__init__.py": "",
    "config/wsgi.py": WSGI.replace("config.settings", "config.settings.live"),
    "config/settings/__init__.py": "",
    "config/settings/base.py": `${APPS}DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql", "CONN_MAX_AGE": 60}}\n`,
    "config/settings/live.py": 'from .base import *\n\nDATABASES["default"]["OPTIONS"] = {"connect_timeout": 5}\n',
  };
  const [facts, ...others] = readTestDeployment(files).settings;
  const [entry] = facts?.databases ?? [];
  const text = ({ spot }: Said<unknown>): string =>
    spot === null ? "" : (files[spot.span.file as keyof typeof files] ?? "").slice(spot.span.start, spot.span.end);
  expect([facts?.module, facts?.isNamed, others.map(({ module }) => module)]).toEqual(["config.settings.live", true, []]);
  expect(
    [entry?.connMaxAge, entry?.options.get("connect_timeout")].map((one) => (one === null || one === undefined ? "" : `${one.spot?.span.file} ${text(one)}`)),
  ).toEqual(['config/settings/base.py "CONN_MAX_AGE": 60', 'config/settings/live.py "connect_timeout": 5']);
});

test("settings for tests and for a developer's machine are no deployment", () => {
  const base = `${APPS}DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql"}}\n`;
  const files = {
    "config/__init__.py": "",
    "config/settings/__init__.py": "",
    "config/settings/base.py": base,
    "config/settings/local.py": "from .base import *\nDEBUG = True\n",
    "config/settings/test.py": "from .base import *\n",
    "config/settings/production.py": "from .base import *\nDEBUG = False\n",
    "manage.py": 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")\n',
  };
  expect(readTestDeployment(files).settings.map(({ module }) => module)).toEqual(["config.settings.production"]);
});

test("classes of django-configurations", () => {
  const files = {
    "config/__init__.py": "",
    "config/settings.py": `from configurations import Configuration\n\n\nclass Base(Configuration):\n    INSTALLED_APPS = ["shop"]\n    DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql", "CONN_MAX_AGE": 0}}\n\n\nclass Live(Base):\n    DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql", "CONN_MAX_AGE": 90}}\n`,
    "config/wsgi.py": 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")\nos.environ.setdefault("DJANGO_CONFIGURATION", "Live")\n',
  };
  expect(readTestDeployment(files).settings.map(({ module, databases }) => `${module} ${said(databases[0]?.connMaxAge)}`)).toEqual(["config.settings.Live 90"]);
});

test("options of the server are read as the server reads them", () => {
  const { serverSettings } = database(
    String.raw`DATABASES = {"default": {"OPTIONS": {"options": "-c statement_timeout=5s -csearch_path=a\\ b --lock-timeout=2000"}}}`,
  );
  expect([...serverSettings].map(([name, { value }]) => `${name}=${value}`)).toEqual(["statement_timeout=5s", "search_path=a b", "lock_timeout=2000"]);
});

test("secrets are not kept", () => {
  const { settings } = readTestDeployment({
    "config/__init__.py": "",
    "config/wsgi.py": WSGI,
    "config/settings.py": `${APPS}SECRET_KEY = "hush"\nAPI_TOKEN = "hush"\nDATABASES = {"default": {"PASSWORD": "hush", "OPTIONS": {"pool": {"password": "hush"}}}}\nCACHES = {"default": {"LOCATION": "redis://user:hush@cache/1", "OPTIONS": {"PASSWORD": "hush"}}}\nCELERY_BROKER_URL = "amqp://user:hush@broker//"\n`,
  });
  const texts = JSON.stringify(settings, (_key, value: unknown) => (value instanceof Map ? [...value] : value));
  expect(texts).not.toContain("hush");
  expect(texts).toContain("redis://cache/1");
});
