import { describe, expect, it } from "vitest";
import { openPythonParser } from "./parser.ts";
import { withPlainDefinitions } from "./plain-definitions.ts";

const parser = await openPythonParser();

/** What `module` says in the end: `from a.b import C`, `class X(Base): attribute`, and the names that are still assigned. */
function plain(module: string, files: Readonly<Record<string, string>>): string[] {
  const sources = Object.entries(files).map(([file, text]) => ({
    name: file.replace(/\.py$/, "").replaceAll("/", "."),
    isPackage: false,
    origin: "project" as const,
    ir: parser.lower(file, text),
  }));
  const found = withPlainDefinitions(sources).find(({ name }) => name === module);
  return (found?.ir.body ?? []).flatMap((stmt) => {
    if (stmt.kind === "import") return stmt.names.map(({ name, alias }) => `from ${stmt.from} import ${name} as ${alias}`);
    if (stmt.kind === "class") return [`class ${stmt.name}(${stmt.bases.map((base) => (base.kind === "name" ? base.name : "?")).join()}): ${stmt.body.length}`];
    return stmt.kind === "assign" ? stmt.targets.map((target) => (target.kind === "name" ? target.name : "?")) : [];
  });
}

const views = { "shop/apps/basket/views.py": "class AddView: pass\nclass ListView: pass\ndef price(): pass" };
const factory =
  "def is_known(cls): pass\ndef model_factory(abstract):\n    name = abstract.__name__\n    if not is_known(abstract):\n        return type(str(name), (abstract,), {'__module__': __name__})\n";

describe("a loader's call is the import", () => {
  const cases: readonly [what: string, text: string, said: readonly string[]][] = [
    ["of a class", 'AddView = get_class("basket.views", "AddView")', ["from shop.apps.basket.views import AddView as AddView"]],
    ["of a function, by a loader of any name", 'price = load("basket.views", "price")', ["from shop.apps.basket.views import price as price"]],
    ["under another name", 'View = get_class("basket.views", "AddView")', ["from shop.apps.basket.views import AddView as View"]],
    [
      "of several",
      '(AddView, ListView) = get_classes("basket.views", ["AddView", "ListView"])',
      ["from shop.apps.basket.views import AddView as AddView", "from shop.apps.basket.views import ListView as ListView"],
    ],
    [
      "beside others in a branch",
      'if True:\n    x = 1\nAddView = get_class("basket.views", "AddView")',
      ["from shop.apps.basket.views import AddView as AddView"],
    ],
  ];
  it.each(cases)("%s", (_, text, said) => {
    expect(plain("urls", { ...views, "urls.py": text })).toEqual(said);
  });

  const others: readonly [why: string, text: string][] = [
    ["no such module", 'X = get_class("wishlist.views", "X")'],
    ["no such class in it", 'X = get_class("basket.views", "X")'],
    ["another function that takes two texts", 'x = describe("basket.views", "AddView")'],
    ["a label without an app", 'AddView = get_class("views", "AddView")'],
    ["more than the two", 'AddView = get_class("basket.views", "AddView", False)'],
  ];
  it.each(others)("not with %s", (_, text) => {
    expect(plain("urls", { ...views, "urls.py": text })).toEqual([text.slice(0, text.indexOf(" "))]);
  });

  it("of the importer's own project, where several have the app", () => {
    const text = 'AddView = get_class("basket.views", "AddView")';
    const fork = { "demo/basket/views.py": "class AddView: pass" };
    expect(plain("demo.urls", { ...views, ...fork, "demo/urls.py": text })).toEqual(["from demo.basket.views import AddView as AddView"]);
    expect(plain("urls", { ...views, ...fork, "urls.py": text })).toEqual(["AddView"]);
  });
});

describe("a class made by a call is a class", () => {
  const cases: readonly [what: string, text: string, said: string][] = [
    ["by type()", 'Forum = type("Forum", (Base,), {"ordering": ["name"]})', "class Forum(Base): 1"],
    ["by a function of the module", `${factory}Forum = model_factory(Base)`, "class Forum(Base): 0"],
    ["by one that is imported", "from factories import model_factory as make\nForum = make(Base)", "class Forum(Base): 0"],
  ];
  it.each(cases)("%s", (_, text, said) => {
    expect(plain("models", { "factories.py": factory, "models.py": text }).at(-1)).toBe(said);
  });

  const others: readonly [why: string, text: string][] = [
    ["a function that makes none", "def wrap(base):\n    return base\nForum = wrap(Base)"],
    ["a function that is not read", "from elsewhere import model_factory\nForum = model_factory(Base)"],
    ["the type of a value", "Forum = type(forum)"],
  ];
  it.each(others)("not with %s", (_, text) => {
    expect(plain("models", { "models.py": text }).at(-1)).toBe("Forum");
  });
});
