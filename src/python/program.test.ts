import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ClassInfo, Symbol } from "../model/project.ts";
import { openPythonParser } from "./parser.ts";
import { buildProgram, type ResolvedProgram } from "./program.ts";

const parser = await openPythonParser();

/** `a/b/__init__.py` is the package `a.b`; `@django/…` is a built-in stub. */
function programOf(files: Readonly<Record<string, string>>): ResolvedProgram {
  return buildProgram(
    Object.entries(files).map(([file, text]) => {
      const path = file.replace(/^@/, "");
      const name = path.replace(/(?:\/__init__)?\.py$/, "").replaceAll("/", ".");
      return {
        name,
        isPackage: path.endsWith("__init__.py"),
        origin: file.startsWith("@") ? ("builtin" as const) : ("project" as const),
        ir: parser.lower(path, text),
      };
    }),
  );
}

function show(symbol: Symbol | null): string {
  switch (symbol?.kind) {
    case "module":
      return `module ${symbol.module.name}`;
    case "class":
      return `class ${symbol.cls.id}`;
    case "function":
      return `function ${symbol.module.name}.${symbol.def.name}`;
    case "variable":
      return `variable ${symbol.module.name}.${symbol.name} (${symbol.values.length})`;
    case "external":
      return `external ${symbol.name}`;
    default:
      return "nothing";
  }
}

function classOf(program: ResolvedProgram, dotted: string): ClassInfo {
  const symbol = program.resolveDotted(dotted);
  if (symbol?.kind !== "class") throw new Error(`${dotted} is ${show(symbol)}`);
  return symbol.cls;
}

describe("a name means", () => {
  const cases: readonly [trap: string, files: Readonly<Record<string, string>>, meaning: string][] = [
    ["its own class", { "m.py": "class X: pass" }, "class m.X"],
    ["the last definition", { "m.py": "from a import X\nclass X: pass" }, "class m.X"],
    ["a class in a branch", { "m.py": "if DEBUG:\n    class X: pass" }, "class m.X"],
    [
      "what try imports, not what except falls back to",
      { "m.py": "try:\n    from a import X\nexcept ImportError:\n    X = None", "a.py": "class X: pass" },
      "class a.X",
    ],
    [
      "the known one of two imports",
      { "m.py": "try:\n    from gone import X\nexcept ImportError:\n    from a import X", "a.py": "class X: pass" },
      "class a.X",
    ],
    ["what type checkers see", { "m.py": "if TYPE_CHECKING:\n    from a import X\nelse:\n    X = object", "a.py": "class X: pass" }, "class a.X"],
    [
      "a relative import",
      {
        "p/__init__.py": "",
        "p/m.py": "",
        "m.py": "from p.q.r import X",
        "p/q/__init__.py": "",
        "p/q/r.py": "from ...a import X\nfrom ..s import X",
        "p/s.py": "class X: pass",
      },
      "class p.s.X",
    ],
    ["a relative import in a package's own file", { "m.py": "from p import X", "p/__init__.py": "from .s import X", "p/s.py": "class X: pass" }, "class p.s.X"],
    ["a submodule", { "m.py": "from p import X", "p/__init__.py": "", "p/X.py": "" }, "module p.X"],
    ["a submodule of a package without a file", { "m.py": "from p import X", "p/X.py": "" }, "module p.X"],
    ["a module under an alias", { "m.py": "import p.q as X", "p/q.py": "" }, "module p.q"],
    ["the top of an imported path", { "m.py": "import X.q", "X/__init__.py": "", "X/q.py": "" }, "module X"],
    ["what a star brings", { "m.py": "from a import *", "a.py": "from b import *", "b.py": "class X: pass" }, "class b.X"],
    ["not what __all__ leaves out", { "m.py": "from a import *", "a.py": "__all__ = ['Y']\nclass X: pass" }, "nothing"],
    ["what a grown __all__ lists", { "m.py": "from a import *", "a.py": "__all__ = ['Y']\n__all__ += ['X']\nclass X: pass" }, "class a.X"],
    ["what a star of an unknown package may bring", { "m.py": "from gone import *" }, "external gone.X"],
    ["something outside", { "m.py": "from gone.far import X" }, "external gone.far.X"],
    ["a variable with all its values", { "m.py": "X = 1\nif a:\n    X = 2" }, "variable m.X (2)"],
    ["a part of a tuple", { "m.py": "X, Y = f, g" }, "variable m.X (1)"],
    [
      "something through a cycle of imports",
      { "m.py": "from a import X", "a.py": "from b import *\nfrom m import *", "b.py": "from a import *\nclass X: pass" },
      "class b.X",
    ],
    [
      "what a package's star brings, also when a later module imports it back from the package",
      {
        "m.py": "from p import X",
        "p/__init__.py": "from .a import *\nfrom .b import *",
        "p/a.py": "class X: pass",
        "p/b.py": "from p import X\nclass Y: pass",
      },
      "class p.a.X",
    ],
    ["nothing, in a cycle that defines nothing", { "m.py": "from a import *", "a.py": "from m import *" }, "nothing"],
  ];
  it.each(cases)("%s", (_, files, meaning) => {
    const program = programOf(files);
    const module = program.modules.get("m");
    expect(show(module ? program.resolve(module, "X") : null)).toBe(meaning);
  });

  it("the same from every root where two have it", () => {
    const source = (root: string, path: string, text: string) => ({
      name: path.replace(/\.py$/, "").replaceAll("/", "."),
      isPackage: false,
      origin: "project" as const,
      ir: parser.lower(`${root}/${path}`, text),
      root,
    });
    const program = buildProgram([
      source("one", "core.py", "class X: pass"),
      source("two", "core.py", "class X: pass"),
      source("one", "a.py", "from core import X"),
      source("two", "b.py", "from core import X"),
    ]);
    const [a, b] = [program.modules.get("a"), program.modules.get("b")];
    expect([a && show(program.resolve(a, "X")), b && show(program.resolve(b, "X"))]).toEqual(["class core.X", "class two.core.X"]);
  });
});

describe("a dotted path leads", () => {
  const program = programOf({
    "p/__init__.py": "from . import deep as shallow\nfrom .deep import Outer\nfrom .chart import chart",
    "p/chart.py": "def chart(rows): pass",
    "p/deep.py": "class Outer:\n    class Inner:\n        class Core: pass",
  });
  it.each([
    ["p.deep.Outer.Inner.Core", "class p.deep.Outer.Inner.Core"],
    ["p.Outer.Inner", "class p.deep.Outer.Inner"],
    ["p.shallow.Outer", "class p.deep.Outer"],
    ["p.deep", "module p.deep"],
    ["p.chart", "function p.chart.chart"],
    ["p.chart.chart", "function p.chart.chart"],
    ["p.nothing", "nothing"],
    ["elsewhere.Thing", "external elsewhere.Thing"],
  ])("%s → %s", (dotted, meaning) => {
    expect(show(program.resolveDotted(dotted))).toBe(meaning);
  });
});

describe("the method resolution order", () => {
  const order = (text: string, files: Readonly<Record<string, string>> = {}): readonly string[] => {
    const program = programOf({ "m.py": text, ...files });
    return program.mro(classOf(program, "m.X")).map((each) => ("kind" in each ? `?${each.name}` : each.name));
  };
  it.each([
    ["a diamond", "class A: pass\nclass B(A): pass\nclass C(A): pass\nclass X(B, C): pass", ["X", "B", "C", "A"]],
    ["bases in contradiction", "class A: pass\nclass B(A): pass\nclass X(A, B): pass", ["X", "A", "B"]],
    ["a base outside", "from gone import Base\nclass A(Base): pass\nclass X(A): pass", ["X", "A", "?gone.Base"]],
    ["object and generics", "class A(object, Generic[T]): pass\nclass X(A[int]): pass", ["X", "A", "?Generic"]],
    ["an alias", "class A: pass\nB = A\nC = B\nclass X(C): pass", ["X", "A"]],
    ["an alias of another module", "from b import C\nclass X(C): pass", ["X", "A"]],
    ["with_metaclass", "class M: pass\nclass A: pass\nclass X(six.with_metaclass(M, A)): pass", ["X", "A"]],
    ["a class factory", "def make(base):\n    class Made(base): pass\n    return Made\nclass A: pass\nclass X(make(A)): pass", ["X", "Made", "?base", "A"]],
    ["a class made by a method of another", "class Q: pass\nclass M: pass\nclass X(M.joined(Q)): pass", ["X", "M", "Q"]],
    ["a nested base", "class P:\n    class In: pass\nclass R(P): pass\nclass X(R.In): pass", ["X", "In"]],
    ["a circle", "class A(X): pass\nclass X(A): pass", ["X", "A"]],
    ["the class it replaces", "from a import X\nclass X(X): pass", ["X", "X"]],
  ])("of %s", (_, text, expected) => {
    expect(order(text, { "a.py": "class X: pass", "b.py": "class A: pass\nB = A\nC = B" })).toEqual(expected);
  });
});

describe("isSubclass", () => {
  const stubs = {
    "@django/db/models/__init__.py": "class Model: pass",
    "@django/db/models/base.py": "from django.db.models import Model",
  };
  it.each([
    ["from django.db import models\nclass X(models.Model): pass", true],
    ["from django.db.models import base\nclass X(base.Model): pass", true],
    ["import django.db.models.base as b\nclass X(b.Model): pass", true],
    ["from shop.base import Model\nclass X(Model): pass", false],
  ])("sees one class under all its paths: %s", (text, isModel) => {
    const program = programOf({ "m.py": text, ...stubs });
    const cls = classOf(program, "m.X");
    expect([program.isSubclass(cls, "django.db.models.Model"), program.isSubclass(cls, "django.db.models.base.Model")]).toEqual([isModel, isModel]);
  });

  it("takes re-exports of packages that were not read for one", () => {
    const program = programOf({ "m.py": "from rest_framework.serializers.models import Serializer\nclass X(Serializer): pass" });
    expect(program.isSubclass(classOf(program, "m.X"), "rest_framework.serializers.Serializer")).toBe(true);
    expect(program.isSubclass(classOf(program, "m.X"), "other.serializers.Serializer")).toBe(false);
  });
});

describe("a member", () => {
  it("is the nearest along the order, with its owner", () => {
    const program = programOf({ "m.py": "class A:\n    a = 1\n    b = 2\nclass B(A):\n    a = 3\nclass X(B):\n    if True:\n        def c(self): pass" });
    const cls = classOf(program, "m.X");
    const found = ["a", "b", "c", "d"].map((name) => program.member(cls, name));
    expect(found.map((each) => each && `${each.owner.name} ${each.definition.kind}`)).toEqual(["B variable", "A variable", "X function", null]);
  });

  it("is a base's where the class says no more than its type", () => {
    const program = programOf({
      "a.py": "class Base:\n    def rows(self): pass\n\nclass Typed:\n    rows: object\n    alone: int\n\nclass Both(Typed, Base): pass",
    });
    const cls = program.modules.get("a")?.classes.get("Both");
    if (cls === undefined) throw new Error("no class");
    expect(["rows", "alone"].map((name) => program.member(cls, name)?.owner.name)).toEqual(["Base", "Typed"]);
  });
});

describe("classes", () => {
  it("are listed with nested ones and under a name of their own", () => {
    const program = programOf({ "m.py": "if a:\n    class X: pass\nelse:\n    class X:\n        class Meta: pass" });
    expect(program.classes.map((cls) => cls.id)).toEqual(["m.X", "m.X~2", "m.X~2.Meta"]);
  });
});

describe("any set of modules", () => {
  const names = ["m", "a", "b", "p", "p.q"];
  const line = fc.oneof(
    fc.tuple(fc.constantFrom(...names), fc.constantFrom("X", "Y", "*")).map(([from, name]) => `from ${from} import ${name}`),
    fc
      .tuple(fc.constantFrom("X", "Y"), fc.constantFrom("X", "Y", "p.X", "X.Y"))
      .map(([name, base]) => `class ${name}(${base}):\n    X = Y\n    class Meta(${base}.Meta): pass`),
    fc.tuple(fc.constantFrom("X", "Y"), fc.constantFrom("X", "Y", "a.X", "X or Y")).map(([name, value]) => `${name} = ${value}`),
    fc.constantFrom("from . import X", "from .. import Y", "import p.q", "__all__ = ['X']"),
  );
  const text = fc.array(line, { maxLength: 6 }).map((lines) => lines.join("\n"));

  it("resolves without end or error", () => {
    fc.assert(
      fc.property(text, text, text, text, text, (m, a, b, p, q) => {
        const program = programOf({ "m.py": m, "a.py": a, "b.py": b, "p/__init__.py": p, "p/q.py": q });
        for (const module of program.modules.values()) for (const name of ["X", "Y", "p"]) program.followAlias(program.resolve(module, name));
        for (const cls of program.classes) {
          expect(program.mro(cls)[0]).toBe(cls);
          program.member(cls, "X");
        }
      }),
      { numRuns: 200 },
    );
  });
});
