import { beforeAll, describe, expect, test } from "vitest";
import type { Module, Stmt } from "../model/index.ts";
import { openPythonParser } from "./parser.ts";
import type { PythonParser } from "./parser.ts";
import { show } from "./show.ts";

let parser: PythonParser;
beforeAll(async () => {
  parser = await openPythonParser();
});

/** The IR in a short notation of its own: see `show`. */
function shown(text: string): string {
  return show(parser.lower("test.py", text).body);
}

function only<K extends Stmt["kind"]>(text: string, kind: K): Extract<Stmt, { kind: K }> {
  const module = parser.lower("test.py", text);
  expect(module.errors).toEqual([]);
  const found = module.body.find((stmt): stmt is Extract<Stmt, { kind: K }> => stmt.kind === kind);
  if (found === undefined) throw new Error(`no ${kind} in ${text}`);
  return found;
}

describe("expressions", () => {
  test.each([
    ["a.b.c", "a.b.c"],
    ["f(a, *b, c=d, **e)", "(call f a (star b) c=d **=e)"],
    ["sum(x for x in y)", "(call sum (generator x (for x in y)))"],
    ["a[b]", "(index a b)"],
    ["a[b,]", "(index a (tuple b))"],
    ["a[1:2, ::c]", "(index a (tuple (slice 1 2 _) (slice _ _ c)))"],
    ["a[:b]", "(index a (slice _ b _))"],
    ["x = 'a' \"b\"", "x = 'ab'"],
    ["x = r'\\d' '\\x41\\n\\u00e9\\101'", "x = '\\\\dA\\né\\101'".replace("\\101", "A")],
    ["x = b'a'", "x = (opaque)"],
    ["x = 0x1F, 1_000, 1.5e3, 0o17, 07, 10L", "x = (tuple 31 1000 1500 15 7 10)"],
    ["x = 1j", "x = (opaque)"],
    ["x = None, True, False, ...", "x = (tuple none true false ellipsis)"],
    ["x = [a, *b], {a, b}, (), (a,)", "x = (tuple (list a (star b)) (set a b) (tuple) (tuple a))"],
    ["x = {a: b, **c, 'd': e}", "x = (dict a:b **:c 'd':e)"],
    ["x = [a for b, c in d if e if f for g in h]", "x = (list a (for (tuple b c) in d if e if f) (for g in h))"],
    ["x = {a: b async for c in d}", "x = (dict a:b (async-for c in d))"],
    ["x = {a for b in c}", "x = (set a (for b in c))"],
    ["a and b and c or d", "(or (and a b c) d)"],
    ["a or b and c or d", "(or a (and b c) d)"],
    ["(a and b) and c", "(and (and a b) c)"],
    ["not a", "(not a)"],
    ["a < b not  in c is\\\n not d", "(compare a < b not in c is not d)"],
    ["a + b * -c ** ~d", "(+ a (* b (- (** c (~ d)))))"],
    ["a // (b # +\n  - c)", "(// a (- b c))"],
    ["a if b else c", "(if b a c)"],
    ["lambda: a", "(lambda () a)"],
    ["lambda a, *b, c=d, **e: f", "(lambda (a *b c(keyword)=d **e) f)"],
    ["await a.b()", "(await (call a.b))"],
    ["(a := b)", "(:= a b)"],
    ["((a.b))", "a.b"],
    ["print(a)", "(call print a)"],
    ["match.type", "match.type"],
    ["a,", "(tuple a)"],
    ["a, b", "(tuple a b)"],
    ["héllo.ñ", "héllo.ñ"],
  ])("%s", (text, expected) => {
    expect(shown(text)).toBe(expected);
  });

  test.each([
    ["x = f'plain'", "x = 'plain'"],
    ["x = f'a{b}c'", "x = (format 'a' b 'c')"],
    ["x = f'{{{a!r:>{b.c}}}}'", "x = (format '{' a b.c '}')"],
    ["x = f'{a=}' 'b' f'{c, d}'", "x = (format a 'b' (tuple c d))"],
    ["x = f'{f\"{a}\"}{d['k']}'", "x = (format (format a) (index d 'k'))"],
    ["x = rf'\\d{a}'", "x = (format '\\\\d' a)"],
    ["x = f'''{\n  a  # why\n}'''", "x = (format a)"],
  ])("f-string %s", (text, expected) => {
    expect(shown(text)).toBe(expected);
  });
});

describe("statements", () => {
  test.each([
    ["a = b = c", "a = b = c"],
    ["a, *b = c", "(tuple a (star b)) = c"],
    ["(a, [b]) = c", "(tuple a (list b)) = c"],
    ["a: b", "a : b"],
    ["a: b[c] = d", "a : (index b c) = d"],
    ["a: 'b.C' = d", "a : 'b.C' = d"],
    ["a: b | None", "a : (| b none)"],
    ["a: b.c[d, e]", "a : (index b.c (tuple d e))"],
    ["a += b", "a += b"],
    ["a //= b", "a //= b"],
    ["a = yield", "a = (yield)"],
    ["a = yield b", "a = (yield b)"],
    ["yield from a", "(yield-from a)"],
    ["return", "return"],
    ["return a, b", "return (tuple a b)"],
    ["raise", "raise"],
    ["raise a from b", "raise a"],
    ["assert a, b", "if (not a) {raise b} else {}"],
    ["del a, b.c", "del a b.c"],
    ["del (a)", "del a"],
    ["global a, b", "global a b"],
    ["nonlocal a", "nonlocal a"],
    ["pass; break; continue", "pass; break; continue"],
    ["a; b = c;", "a; b = c"],
    ["'docstring'", ""],
    ["import a.b as c, d", "import a.b as c, d"],
    ["from a.b import c as d, e", "from a.b import c as d, e"],
    ["from ..a import (\n  b,  # why\n  c,\n)", "from ..a import b, c"],
    ["from . import a", "from . import a"],
    ["from a import *", "from a import *"],
    ["from __future__ import annotations", "from __future__ import annotations"],
    ["type A[T: int] = list[T]", "A = (index list T)"],
    ["type A = b", "A = b"],
    ["if a: b\nelif c: d\nelse: e", "if a {b} else {if c {d} else {e}}"],
    ["if a:\n  b\n  # why\n  c\n", "if a {b; c} else {}"],
    ["for a, b in c, d: e\nelse: f", "for (tuple a b) in (tuple c d) {e} else {f}"],
    ["while a: b\nelse: c", "while a {b} else {c}"],
    ["with a as b, c: d", "with a as b, c {d}"],
    ["with (a as b, c as (d, e),): f", "with a as b, c as (tuple d e) {f}"],
    ["with (a as b): c", "with a as b {c}"],
    ["with (a): b", "with a {b}"],
    ["with (a, b): c", "with a, b {c}"],
    ["try: a\nexcept b as c: d\nexcept: e\nelse: f\nfinally: g", "try {a} except b as c {d} except {e} else {f} finally {g}"],
    ["try: a\nexcept* (b, c): d", "try {a} except (tuple b c) {d} else {} finally {}"],
    ["try: a\nexcept B, c: d", "try {a} except B as c {d} else {} finally {}"],
    ["print 'a', b", "(opaque 'a' b)"],
    ["print >>a, b", "(opaque (opaque a) b)"],
    ["exec 'a' in b", "(opaque 'a' b)"],
  ])("%s", (text, expected) => {
    expect(shown(text)).toBe(expected);
  });

  test.each([
    ["def f(): pass", "def f() {pass}"],
    ["async def f(a, /, b: C = d, *, e): pass", "async def f(a b:C=d e(keyword)) {pass}"],
    ["def f(*a: b, c=d, **e: g) -> h: pass", "def f(*a:b c(keyword)=d **e:g) -> h {pass}"],
    ["def f[T: int, *U](a: T) -> list[T]: pass", "def f(a:T) -> (index list T) {pass}"],
    ["def f((a, b), c): pass", "def f( c) {pass}"],
    ["def f():\n  'doc'\n  yield", "generator def f() {(yield)}"],
    ["def f():\n  def g(): yield\n  lambda: (yield)", "def f() {generator def g() {(yield)}; (lambda () (yield))}"],
    ["@a.b(c)\n# why\n@d\ndef f(): pass", "@(call a.b c) @d def f() {pass}"],
    ["class A: pass", "class A() {pass}"],
    ["@a\nclass A[T](B, C.D, metaclass=E, **f):\n  x = 1\n  class G: pass", "@a class A(B C.D metaclass=E **=f) {x = 1; class G() {pass}}"],
  ])("%s", (text, expected) => {
    expect(shown(text)).toBe(expected);
  });

  test.each([
    ["a", "case binds a"],
    ["_", "case"],
    ["a.b", "case reads a.b"],
    ["A(b, c=D.e) as f if g", "case binds b f reads A D.e if g"],
    ["[1, *rest] | (None, 'x')", "case binds rest reads 1 none 'x'"],
    ["{'k': v, **kw}", "case binds v kw reads 'k'"],
    ["a.B()", "case reads a.B"],
    ["a, b", "case binds a b"],
    ["*_, x", "case binds x"],
  ])("case %s", (pattern, expected) => {
    expect(shown(`match s, t:\n  case ${pattern}:\n    pass\n`)).toBe(`match (tuple s t) {${expected} {pass}}`);
  });

  test("many statements as tree-sitter folds them", () => {
    const { body } = parser.lower("test.py", "a = b\n".repeat(5000));
    expect(body).toHaveLength(5000);
  });
});

function slice(text: string, { start, end }: { readonly start: number; readonly end: number }): string {
  return text.slice(start, end);
}

describe("places", () => {
  test("a call spans from its callee to its closing parenthesis", () => {
    const text = "x = (a\n  .filter(b=1)\n  .first( ))";
    const { value } = only(text, "assign");
    expect(value === null ? "" : slice(text, value)).toBe("a\n  .filter(b=1)\n  .first( )");
  });

  test("an attribute knows where its name begins", () => {
    const text = "a . \\\n  b";
    const { value } = only(text, "expr");
    expect(value).toMatchObject({ kind: "attribute", name: "b", nameStart: text.indexOf("b") });
  });

  test.each([
    ["async for x in (y) :\n  pass", "for", "async for x in (y)"],
    ["while (a):\n  pass", "while", "while (a)"],
    ["@d\nasync def f(a) -> b : # why\n  pass", "function", "async def f(a) -> b"],
    ["class A(B) :\n  pass", "class", "class A(B)"],
    ["class A:\n  pass", "class", "class A"],
  ] as const)("the header of %s", (text, kind, head) => {
    const { start, headEnd } = only(text, kind);
    expect(text.slice(start, headEnd)).toBe(head);
  });

  test("offsets count UTF-16 units after a byte order mark, through any line ending", () => {
    const text = "\uFEFFs = '😀'\r\na = b\rc = d\n";
    const module = parser.lower("test.py", text);
    const withoutMark = text.slice(1);
    expect(module.errors).toEqual([]);
    expect(module.body.map((stmt) => slice(withoutMark, stmt))).toEqual(["s = '😀'", "a = b", "c = d"]);
    expect(module.lineStarts).toEqual([0, 10, 16, 22]);
  });
});

describe("comments and errors", () => {
  test("keeps comments for us, and only comments", () => {
    const text = "x = 1  # luthier: ignore[n-plus-one]\n# other\ny = '# luthier: no'\n#luthier: all\r\n";
    const { comments } = parser.lower("test.py", text);
    expect(comments.map((comment) => comment.text)).toEqual(["# luthier: ignore[n-plus-one]", "#luthier: all"]);
    for (const { start, end, text: written } of comments) expect(text.slice(start, end)).toBe(written);
  });

  test("lowers what a syntax error leaves", () => {
    const module = parser.lower("test.py", "a = 1\ndef f(:\n  return b\nclass C:\n  x = (\n\nd = e\n");
    expect(module.errors[0]).toEqual({ start: 12, message: "syntax error" });
    expect(show(module.body)).toContain("return b");
  });

  test.each<[string, string]>([
    ["parentheses", `${"(".repeat(5000)}${")".repeat(5000)}`],
    ["open brackets", "[".repeat(100_000)],
    ["lists", `${"[".repeat(5000)}${"]".repeat(5000)}`],
    ["attributes", `x${".a".repeat(5000)}`],
    ["calls", `x${".a(b)[c]".repeat(5000)}`],
    ["sums", `x${" + 1".repeat(5000)}`],
    ["powers", `${"x ** ".repeat(5000)}1`],
    ["conditions", `x${" and y".repeat(5000)}`],
    ["branches", `if a: pass\n${"elif b: pass\n".repeat(5000)}`],
    ["targets", `${"a = ".repeat(5000)}1`],
    ["lambdas", `${"lambda: ".repeat(5000)}x`],
    ["patterns", `match x:\n case ${"[".repeat(5000)}${"]".repeat(5000)}: pass`],
    ["blocks", Array.from({ length: 900 }, (_, depth) => `${" ".repeat(depth)}if x:\n`).join("")],
    ["NULs", "\0".repeat(5000)],
  ])("survives deep %s", (_, text) => {
    const module: Module = parser.lower("test.py", text);
    expect(module.lineStarts[0]).toBe(0);
    expect(() => show(module.body)).not.toThrow();
  });
});
