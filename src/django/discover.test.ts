import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readTestProject, type Files } from "./test-project.ts";

const manage = (settings: string): string =>
  `import os\nimport sys\ndef main():\n    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "${settings}")\nif __name__ == "__main__":\n    main()\n`;
const app = (path: string): Files => ({
  [`${path}/__init__.py`]: "",
  [`${path}/models.py`]: "from django.db import models\nclass Thing(models.Model): pass",
});
const project = (files: Files) => readTestProject(files).project;

describe("source roots", () => {
  const cases: readonly [trap: string, files: Files, names: readonly string[]][] = [
    [
      "the root",
      {
        "manage.py": manage("site.settings"),
        "site/__init__.py": "",
        "site/settings.py": "",
        "shop/__init__.py": "",
        "shop/views.py": "from shop import models",
        "shop/models.py": "",
      },
      ["manage", "shop", "shop.models", "shop.views", "site", "site.settings"],
    ],
    [
      "a folder with manage.py",
      { "back/manage.py": manage("back.settings"), "back/back/__init__.py": "", "back/back/settings.py": "", "back/shop/__init__.py": "" },
      ["back", "back.settings", "manage", "shop"],
    ],
    [
      "src",
      { "src/shop/__init__.py": "", "src/shop/models.py": "from shop.base import X", "src/shop/base.py": "", "tools/run.py": "" },
      ["run", "shop", "shop.base", "shop.models"],
    ],
    [
      "a folder of apps that are imported by their full path",
      {
        "manage.py": "",
        "apps/users/__init__.py": "",
        "apps/users/models.py": "",
        "apps/shop/__init__.py": "",
        "apps/shop/models.py": "from apps.users.models import User",
      },
      ["apps.shop", "apps.shop.models", "apps.users", "apps.users.models", "manage"],
    ],
    [
      "two levels down",
      {
        "apps/api/manage.py": "",
        "apps/api/plane/__init__.py": "",
        "apps/api/plane/db/__init__.py": "from plane.db import x",
        "apps/api/plane/db/x.py": "",
        "apps/web/x.html": "",
      },
      ["manage", "plane", "plane.db", "plane.db.x"],
    ],
    [
      "a package that manage.py puts on the path",
      {
        "manage.py": `${manage("conf.settings")}    sys.path.append(os.path.join(here, "site"))\n`,
        "conf/__init__.py": "",
        "conf/settings.py": "",
        "site/__init__.py": "",
        "site/shop/__init__.py": "",
        "site/shop/views.py": "from shop import models",
        "site/shop/models.py": "",
      },
      ["conf", "conf.settings", "manage", "shop", "shop.models", "shop.views", "site"],
    ],
    [
      "a package on the path, inside one that all others import from",
      {
        "manage.py": manage("site.settings"),
        "site/__init__.py": "",
        "site/settings.py": `import sys\nsys.path.insert(0, os.path.join(HERE, "apps"))\nOWN_APPS = ["shop", "news"]\n`,
        "site/urls.py": "from site.tags import a\nfrom site.settings import B\nfrom site.filters import c",
        "site/tags.py": "from site.filters import c",
        "site/filters.py": "",
        "site/apps/__init__.py": "",
        "site/apps/shop/__init__.py": "",
        "site/apps/shop/views.py": "from shop.models import Thing",
        "site/apps/shop/models.py": "",
        "site/apps/news/__init__.py": "",
      },
      ["manage", "news", "shop", "shop.models", "shop.views", "site", "site.apps", "site.filters", "site.settings", "site.tags", "site.urls"],
    ],
    [
      "a package that a setting names for the path, or the environment",
      {
        "manage.py": `${manage("conf.settings")}    sys.path.append(settings.SITE)\n`,
        "conf/settings.py": 'SITE = os.path.join(HERE, "site")',
        "site/__init__.py": "",
        "site/shop/__init__.py": "",
        "site/shop/models.py": "import site",
        "site/shop/views.py": "from shop.models import Thing\nfrom news import models\nfrom news.models import News",
        "site/news/__init__.py": "",
        "site/news/models.py": "",
        "site/news/feeds.py": "from shop.views import things",
      },
      ["conf.settings", "manage", "news", "news.feeds", "news.models", "shop", "shop.models", "shop.views", "site"],
    ],
    [
      "no package with modules that are named like those of others",
      {
        "manage.py": manage("site.settings"),
        "site/__init__.py": "",
        "site/settings.py": "",
        "site/celery/__init__.py": "from celery import Celery\nfrom celery.schedules import crontab\nfrom celery.result import x\nfrom celery.app import y",
        "site/shop/__init__.py": "",
        "site/shop/models.py": "from site.settings import X",
      },
      ["manage", "site", "site.celery", "site.settings", "site.shop", "site.shop.models"],
    ],
    [
      "the folder above a package that holds manage.py",
      {
        "site/__init__.py": "",
        "site/manage.py": manage("site.settings"),
        "site/settings.py": "",
        "site/urls.py": "from site.shop import views",
        "site/shop/__init__.py": "",
        "site/shop/views.py": "import site.settings",
      },
      ["site", "site.manage", "site.settings", "site.shop", "site.shop.views", "site.urls"],
    ],
  ];
  it.each(cases)("%s", (_, files, names) => {
    const { program } = readTestProject(files);
    const own = [...program.modules.values()].filter((module) => module.origin === "project");
    expect(own.map((module) => module.name).toSorted()).toEqual(names);
  });
});

it("apps of a package on the path are found by the name from above it too", () => {
  const { program } = readTestProject({
    "manage.py": `${manage("conf.settings")}    sys.path.insert(0, str(HERE / "site"))\n`,
    "conf/settings.py": 'INSTALLED_APPS = ["site.shop.apps.ShopConfig"]\nA = 1\nB = 2',
    "site/__init__.py": "",
    ...app("site/shop"),
    "site/shop/apps.py": "from django.apps import AppConfig\nclass ShopConfig(AppConfig):\n    name = 'shop'",
    "site/shop/views.py": "from shop.models import Thing",
  });
  const from = (dotted: string) => program.resolveDotted(dotted);
  expect(from("shop.views.Thing")?.kind).toBe("class");
  expect(from("site.shop.models.Thing")).toEqual(from("shop.views.Thing"));
});

describe("settings are found", () => {
  const settings = 'INSTALLED_APPS = ["shop"]\nDEBUG = True\n';
  const cases: readonly [where: string, files: Files, found: readonly string[]][] = [
    ["by manage.py", { "manage.py": manage("site.settings"), "site/settings.py": settings }, ["site.settings"]],
    ["by wsgi.py", { "site/wsgi.py": manage("site.conf"), "site/conf.py": settings }, ["site.conf"]],
    [
      "by pytest.ini",
      { "pytest.ini": "[pytest]\nDJANGO_SETTINGS_MODULE = site.conf\n", "site/conf.py": "SECRET_KEY = 'x'\nA = 1\nROOT_URLCONF = 'u'" },
      ["site.conf"],
    ],
    ["by pyproject.toml", { "pyproject.toml": '[tool.pytest.ini_options]\nDJANGO_SETTINGS_MODULE = "site.conf"\n', "site/conf.py": settings }, ["site.conf"]],
    ["by an env file", { ".env": "DJANGO_SETTINGS_MODULE=site.conf\n", "site/conf.py": settings }, ["site.conf"]],
    ["by what they list", { "site/__init__.py": "", "site/anything.py": settings }, ["site.anything"]],
    [
      "in a package, the named one first",
      {
        "manage.py": manage("conf.settings.dev"),
        "conf/__init__.py": "",
        "conf/settings/__init__.py": "",
        "conf/settings/base.py": settings,
        "conf/settings/dev.py": "from .base import *\nDEBUG = False",
        "conf/settings/test.py": `from .base import *\n${settings}`,
      },
      ["conf.settings.dev", "conf.settings.base"],
    ],
    [
      "as classes of django-configurations",
      {
        "manage.py": `${manage("site.settings")}os.environ.setdefault("DJANGO_CONFIGURATION", "Dev")`,
        "site/settings.py":
          'from configurations import Configuration\nclass Base(Configuration):\n    INSTALLED_APPS = ["shop"]\n    A = 1\n    B = 2\nclass Dev(Base):\n    INSTALLED_APPS = Base.INSTALLED_APPS + ["debug"]',
      },
      ["site.settings.Dev", "site.settings.Base"],
    ],
  ];
  it.each(cases)("%s", (_, files, found) => {
    expect(project(files).settings).toEqual(found);
  });

  it("or their absence is told, with who named them", () => {
    const { notices, settings: found, apps } = project({ "manage.py": manage("gone.settings"), ...app("shop") });
    expect(found).toEqual([]);
    expect(apps.map((each) => each.label)).toEqual(["shop"]);
    expect(notices.map((each) => `${each.file}: ${each.message}`)).toEqual([
      "manage.py: No Django settings were found; apps are taken from folders that hold models. manage.py names gone.settings, which was not found.",
    ]);
  });

  it("of two projects, both", () => {
    const one = (folder: string): Files => ({
      [`${folder}/manage.py`]: manage("conf.settings"),
      [`${folder}/conf/__init__.py`]: "",
      [`${folder}/conf/settings.py`]: `INSTALLED_APPS = ["${folder}shop"]\nA = 1\nB = 2`,
      ...app(`${folder}/${folder}shop`),
    });
    const both = project({ ...one("one"), ...one("two") });
    expect(both.apps.map((each) => each.directory)).toEqual(["one/oneshop", "two/twoshop"]);
    expect(both.notices.map((each) => each.message)).toEqual(["2 Django projects were found (one, two); they are analysed as one."]);
  });
});

describe("apps", () => {
  const installed = (list: string, files: Files = {}) =>
    project({ "manage.py": manage("site.settings"), "site/settings.py": `${list}\nA = 1\nB = 2`, ...app("shop"), ...files }).apps.map(
      (each) => `${each.label} ${each.name} ${each.directory}`,
    );

  it.each<[string, string, Files, readonly string[]]>([
    ["a package", 'INSTALLED_APPS = ["shop"]', {}, ["shop shop shop"]],
    ["a package of Django", 'INSTALLED_APPS = ["django.contrib.auth", "shop"]', {}, ["auth django.contrib.auth null", "shop shop shop"]],
    [
      "the path of a config that says another label",
      'INSTALLED_APPS = ["shop.apps.ShopConfig"]',
      { "shop/apps.py": 'from django.apps import AppConfig\nclass ShopConfig(AppConfig):\n    name = "shop"\n    label = "store"' },
      ["store shop shop"],
    ],
    [
      "a package whose only config is the default",
      'INSTALLED_APPS = ["shop"]',
      { "shop/apps.py": 'from django.apps import AppConfig\nclass C(AppConfig):\n    name = "shop"\n    label = "store"' },
      ["store shop shop"],
    ],
    ["a config that was not read", 'INSTALLED_APPS = ["other.apps.OtherConfig", "shop"]', {}, ["other other null", "shop shop shop"]],
    ["lists joined", 'LOCAL = ["shop"]\nINSTALLED_APPS = ["django.contrib.auth"] + LOCAL', {}, ["auth django.contrib.auth null", "shop shop shop"]],
    ["not installed, with models", "INSTALLED_APPS = []", {}, ["shop shop shop"]],
    [
      "models split in a package, not installed",
      "INSTALLED_APPS = ['shop']",
      { "crm/__init__.py": "", "crm/models/__init__.py": "", "crm/models/models.py": "from django.db import models\nclass P(models.Model): pass" },
      ["shop shop shop", "crm crm crm"],
    ],
  ])("%s", (_, list, files, apps) => {
    expect(installed(list, files)).toEqual(apps);
  });
});

describe("templates", () => {
  const engines = (templates: string, paths: readonly string[], more: Files = {}) =>
    project({
      "manage.py": manage("site.settings"),
      "site/settings.py": `import os\nfrom pathlib import Path\nBASE_DIR = Path(__file__).resolve().parent.parent\nINSTALLED_APPS = ["shop"]\n${templates}`,
      ...app("shop"),
      ...more,
      ...Object.fromEntries(paths.map((path) => [path, ""])),
    }).templates.map((each) => [each.language, ...each.directories]);

  it("stand in DIRS, then in apps", () => {
    const text = 'TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "DIRS": [BASE_DIR / "templates"], "APP_DIRS": True}]';
    expect(engines(text, ["templates/a.html", "shop/templates/shop/b.html"])).toEqual([["django", "templates", "shop/templates"]]);
  });

  it("are Jinja2's in the folder that Jinja2's backend is given", () => {
    const text =
      'TEMPLATES = [{"BACKEND": "django.template.backends.jinja2.Jinja2", "DIRS": [os.path.join(BASE_DIR, "templates")], "APP_DIRS": True}, {"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}]';
    expect(engines(text, ["templates/a.html", "shop/jinja2/b.html", "shop/templates/c.html"])).toEqual([
      ["jinja2", "templates", "shop/jinja2"],
      ["django", "shop/templates"],
    ]);
  });

  it("are shared by two engines of which one takes only some names", () => {
    const text =
      'TEMPLATES = [{"BACKEND": "django_jinja.backend.Jinja2", "APP_DIRS": True, "OPTIONS": {"match_extension": (".html", ".txt"), "match_regex": r"^(?!admin/)", "environment": "shop.jinja.environment"}}, {"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True, "OPTIONS": {"context_processors": ["shop.context.cart"], "builtins": ["shop.tags"]}}]';
    const [jinja, django] = project({
      "manage.py": manage("site.settings"),
      "site/settings.py": `INSTALLED_APPS = ["shop"]\nA = 1\n${text}`,
      ...app("shop"),
      "shop/templates/a.html": "",
    }).templates;
    const matches = (name: string): boolean => new RegExp(jinja?.match ?? "never").test(name);
    expect([jinja?.directories, jinja?.environment, matches("a.html"), matches("admin/a.html"), matches("a.xml")]).toEqual([
      ["shop/templates"],
      "shop.jinja.environment",
      true,
      false,
      false,
    ]);
    expect([django?.directories, django?.contextProcessors, django?.builtins, django?.match]).toEqual([
      ["shop/templates"],
      ["shop.context.cart"],
      ["shop.tags"],
      null,
    ]);
  });

  it("are found where nothing is configured", () => {
    expect(engines("", ["web/templates/a.html", "shop/jinja2/b.html"])).toEqual([
      ["django", "web/templates"],
      ["jinja2", "shop/jinja2"],
    ]);
  });

  it("are found in folders that no engine names, after those it names", () => {
    const text = 'TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "DIRS": [UNKNOWN, "templates"], "APP_DIRS": True}]';
    expect(engines(text, ["templates/a.html", "plugin/templates/b.html"])).toEqual([["django", "templates", "plugin/templates"]]);
  });
});

it("MIGRATION_MODULES is read, but for what no constant says", () => {
  const text =
    'INSTALLED_APPS = ["shop"]\nROOT = "site.moved"\nMIGRATION_MODULES = {"shop": "site.moved.shop", "auth": ROOT + ".auth", "sites": None, "blog": pick()}\n';
  const found = project({ "manage.py": manage("site.settings"), "site/__init__.py": "", "site/settings.py": text, ...app("shop") }).migrationModules;
  expect([...(found ?? [])]).toEqual([
    ["shop", "site.moved.shop"],
    ["auth", "site.moved.auth"],
    ["sites", null],
  ]);
});

describe("Django", () => {
  it.each<[Files, boolean]>([
    [{ "a.py": "import django" }, true],
    [{ "a.py": "from rest_framework import views" }, true],
    [{ "a.py": "import djangular", "requirements.txt": "django\n" }, true],
    [{ "a.py": "import flask" }, false],
    [{ "a.html": "" }, false],
    [{}, false],
  ])("is used by %j: %s", (files, isUsed) => {
    expect(readTestProject(files).usesDjango).toBe(isUsed);
  });
});

describe("any settings", () => {
  const text =
    'from pathlib import Path\nfrom .base import *\nBASE = Path(__file__).parents[1]\nINSTALLED_APPS = ["shop", *EXTRA]\nif DEBUG:\n    INSTALLED_APPS += ["x.apps.X"]\nTEMPLATES = [{"BACKEND": "jinja2", "DIRS": [BASE / "t"], "OPTIONS": {"loaders": [("a", ["b"])]}}]\nfor a in INSTALLED_APPS:\n    INSTALLED_APPS.append(a % a)\n';

  it("are read without an error, whatever is cut out or doubled", () => {
    fc.assert(
      fc.property(fc.nat(text.length), fc.nat(60), fc.boolean(), (start, length, isDoubled) => {
        const part = text.slice(start, start + length);
        const mutated = text.slice(0, start) + (isDoubled ? part + part : "") + text.slice(start + length);
        const found = project({
          "manage.py": manage("site.settings"),
          "site/__init__.py": "",
          "site/settings.py": mutated,
          "site/base.py": mutated,
          ...app("shop"),
        });
        expect(found.apps.map((each) => each.name)).toContain("shop");
      }),
      { numRuns: 150 },
    );
  });
});
