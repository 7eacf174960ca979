import { describe, expect, it } from "vitest";
import { createConstantReader } from "./constant-module.ts";
import { isDict, isList, type ConstantValue } from "./constant.ts";
import { belowRoot } from "./constant-path.ts";
import { openPythonParser } from "./parser.ts";
import { buildProgram } from "./program.ts";

const parser = await openPythonParser();

function plain(value: ConstantValue | undefined): unknown {
  if (isList(value)) return value.items.map(plain);
  if (isDict(value)) return Object.fromEntries([...value.entries].map(([key, each]) => [key, plain(each)]));
  return typeof value === "string" ? (belowRoot(value) === null ? value : `<root>/${belowRoot(value)}`) : value;
}

/** The value of `X` in `conf/settings.py`. */
function valueOf(text: string, others: Readonly<Record<string, string>> = {}): unknown {
  const files = { "conf/settings.py": text, ...others };
  const program = buildProgram(
    Object.entries(files).map(([file, body]) => ({
      name: file.replace(/(?:\/__init__)?\.py$/, "").replaceAll("/", "."),
      isPackage: file.endsWith("__init__.py"),
      origin: "project" as const,
      ir: parser.lower(file, body),
    })),
  );
  const module = program.modules.get("conf.settings");
  return module && plain(createConstantReader(program).module(module).get("X"));
}

describe("an expression is", () => {
  it.each<[text: string, value: unknown]>([
    ["X = 'a' 'b'", "ab"],
    ["X = -3", -3],
    ["X = None", null],
    ["X = ['a', *('b', 'c'), unknown()] + ['d']", ["a", "b", "c", "d"]],
    ["A = ('a',)\nX = A + ('b',)", ["a", "b"]],
    ["A = 'x'\nX = f'{A}/y'", "x/y"],
    ["X = '%s.%s' % ('a', 'b')", "a.b"],
    ["X = '{}.{}'.format('a', 'b')", "a.b"],
    ["X = {'a': 1, **{'b': 2}}", { a: 1, b: 2 }],
    ["X = dict(a=1)", { a: 1 }],
    ["D = {'a': {'b': 'c'}}\nX = D['a']['b']", "c"],
    ["X = ['a', 'b'][-1]", "b"],
    ["X = 'a b'.split()", ["a", "b"]],
    ["X = '/'.join(['a', 'b'])", "a/b"],
    ["X = os.environ.get('A', 'b')", "b"],
    ["X = env.bool('A', default=True)", true],
    ["X = config('A', default='b')", "b"],
    ["X = unknown() or 'b'", "b"],
    ["X = ['a'] if A else ['b']", ["a", "b"]],
    ["X = re.compile(r'^a', re.I)", "^a"],
    ["X = re.compile('''\n  ^a  # first\n  b''', re.VERBOSE)", "^ab"],
    ["X = lambda: 1", undefined],
    ["X = X", undefined],
  ])("%s", (text, value) => {
    expect(valueOf(text)).toEqual(value);
  });
});

describe("a path is", () => {
  it.each([
    ["import os\nX = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))", "<root>/"],
    ["import os\nB = os.path.dirname(__file__)\nX = os.path.join(B, '..', 'templates')", "<root>/templates"],
    ["from pathlib import Path\nX = Path(__file__).resolve().parent.parent / 'templates'", "<root>/templates"],
    ["X = Path(__file__).parents[1] / 'a' / 'b'", "<root>/a/b"],
    ["X = str(Path(__file__).parent.joinpath('t', 'u'))", "<root>/conf/t/u"],
    ["B = environ.Path(__file__) - 2\nX = str(B.path('templates'))", "<root>/templates"],
    ["B = environ.Path(__file__) - 2\nX = B('templates')", "<root>/templates"],
    ["R = lambda *p: 1\nX = '/srv/' + 'app'", "/srv/app"],
  ])("%s", (text, value) => {
    expect(valueOf(text)).toBe(value);
  });
});

describe("a list of settings grows", () => {
  it.each([
    ["by +=", "X = ['a']\nX += ['b']"],
    ["by append and extend", "X = []\nX.append('a')\nX.extend(['b'])"],
    ["in a branch, whatever the condition", "X = ['a']\nif DEBUG:\n    X += ['b']"],
    ["in one branch or the other", "if DEBUG:\n    X = ['a']\nelse:\n    X = ['b']"],
    ["in a try", "X = ['a']\ntry:\n    import debug\n    X.append('b')\nexcept ImportError:\n    pass"],
    ["in a loop over a list", "X = []\nfor each in ['a', 'b']:\n    X.append(each)"],
    ["and keeps what it had when it is rebuilt", "X = ['a', 'b']\nX = deduplicate(X)"],
    ["after a star import", "from .base import *\nX += ['b']"],
    ["from a name of another module", "from conf import base\nX = base.X + ['b']"],
    ["by a file that is included", "from split_settings.tools import include, optional\ninclude('base.py', optional('local_*.py'))"],
  ])("%s", (_, text) => {
    expect(valueOf(text, { "conf/__init__.py": "", "conf/base.py": "X = ['a']", "conf/local_dev.py": "X += ['b']" })).toEqual(["a", "b"]);
  });

  it("without end where modules import each other", () => {
    expect(valueOf("from .base import *\nX = ['a'] + Y", { "conf/__init__.py": "", "conf/base.py": "from .settings import *\nY = X" })).toEqual(["a"]);
  });
});

describe("a configuration class", () => {
  it("has its bases' values", () => {
    const text = "class Base:\n    X = ['a']\n    Y = X + ['y']\nclass Dev(Base):\n    X = Base.X + ['b']";
    const program = buildProgram([{ name: "s", isPackage: false, origin: "project", ir: parser.lower("s.py", text) }]);
    const dev = program.modules.get("s")?.classes.get("Dev");
    const values = dev && createConstantReader(program).classBody(dev);
    expect([plain(values?.get("X")), plain(values?.get("Y"))]).toEqual([
      ["a", "b"],
      ["a", "y"],
    ]);
  });

  it("ends where two name each other", () => {
    expect(valueOf("class A:\n    a = B.b\nclass B:\n    b = A.a\nX = A.a")).toBeUndefined();
  });
});
