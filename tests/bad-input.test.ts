/** Whatever lies in a folder, luthier ends soon, says what it could not read, and never shows a stack. */
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { useBuiltCli, type Ended } from "./support/built-cli.ts";
import { SMALL_PROJECT } from "./support/small-project.ts";
import { temporaryFolder } from "./support/temporary-folder.ts";

const run = useBuiltCli();

async function check(cwd: string, ...args: string[]): Promise<Ended> {
  const ended = await run(["check", "--no-cache", ...args], cwd);
  expect(ended.stderr).not.toMatch(/met a bug|^\s+at .*:\d+:\d+\)?$/m);
  expect(ended.stdout).not.toMatch(/^\s+at .*\.js:\d+/m);
  expect(ended.status).not.toBeNull();
  return ended;
}

/** The finding of the small project is found in spite of the other files. */
async function expectFound(files: Readonly<Record<string, string | Uint8Array>>): Promise<Ended> {
  const cwd = temporaryFolder(SMALL_PROJECT);
  for (const [file, content] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(cwd, file)), { recursive: true });
    writeFileSync(path.join(cwd, file), content);
  }
  const ended = await check(cwd, "--format", "json");
  expect(ended.status).toBe(1);
  expect(ended.stdout).toContain("n-plus-one");
  return ended;
}

const functions = (count: number): string =>
  Array.from(
    { length: count },
    (_, index) => `def f${index}(x):\n    y = x + ${index}\n    if y:\n        return f${index - 1 < 0 ? 0 : index - 1}(y)\n    return y\n`,
  ).join("\n");

test("an empty folder is an error, not a pass", async () => {
  const ended = await check(temporaryFolder());
  expect(ended).toMatchObject({ status: 2, stdout: "" });
});

test("a project without Django is an error, not a pass", async () => {
  const ended = await check(temporaryFolder({ "main.py": "def main():\n    return 1\n" }));
  expect(ended).toMatchObject({ status: 2, stdout: "" });
});

test("a file of 200 000 lines", async () => {
  await expectFound({ "shop/large.py": functions(34_000) });
});

test.each([
  ["parentheses", `x = ${"(".repeat(5000)}1${")".repeat(5000)}\n`],
  ["lists", `x = ${"[".repeat(5000)}${"]".repeat(5000)}\n`],
  ["calls", `x = a${".b(1)".repeat(5000)}\n`],
  ["operators", `x = ${"1 + ".repeat(5000)}1\n`],
  ["blocks", Array.from({ length: 90 }, (_, depth) => `${" ".repeat(depth)}if x:\n`).join("") + `${" ".repeat(90)}pass\n`],
  ["elif", `if x:\n    pass\n${"elif y:\n    pass\n".repeat(5000)}`],
  ["unclosed", "x = (".repeat(5000)],
  ["functions", Array.from({ length: 200 }, (_, depth) => `${" ".repeat(depth)}def f(x):\n`).join("") + `${" ".repeat(200)}pass\n`],
])("5000 nested %s", async (_, text) => {
  await expectFound({ "shop/deep.py": text });
});

test("deeply nested templates", async () => {
  await expectFound({
    "shop/templates/deep.html": `${"{% if a %}".repeat(5000)}x${"{% endif %}".repeat(5000)}`,
    "shop/templates/long.html": `{{ a${".b".repeat(5000)}${"|f".repeat(5000)} }}`,
    "shop/deep_views.py":
      'from django.shortcuts import render\n\ndef deep(request):\n    render(request, "deep.html", {})\n    return render(request, "long.html", {})\n',
  });
});

test("links that lead back", async () => {
  const cwd = temporaryFolder(SMALL_PROJECT);
  symlinkSync("..", path.join(cwd, "shop/up"));
  symlinkSync("self", path.join(cwd, "shop/self"));
  symlinkSync("nowhere.py", path.join(cwd, "shop/broken.py"));
  expect((await check(cwd)).status).toBe(1);
});

test("text that is not UTF-8 is read as Latin-1, and said", async () => {
  const ended = await expectFound({
    "shop/latin.py": Buffer.from('NAME = "caf\u00e9"\n', "latin1"),
    "shop/declared.py": Buffer.from('# -*- coding: latin-1 -*-\nNAME = "caf\u00e9"\n', "latin1"),
    "shop/binary.py": new Uint8Array(4096).map((_, index) => (index * 7919) % 256),
    "shop/nulls.py": new Uint8Array(1000),
    "shop/utf16.py": Buffer.from("\uFEFFx = 1\n", "utf16le"),
  });
  expect(ended.stdout).toContain("not valid utf-8, read as latin-1");
  expect(ended.stdout).not.toContain('"shop/declared.py"');
});

test("a byte order mark, carriage returns and no last line end", async () => {
  const views = SMALL_PROJECT["shop/views.py"] ?? "";
  await expectFound({ "shop/views.py": `\uFEFF${views.replaceAll("\n", "\r\n").trimEnd()}` });
});

test("two projects in one repository are analysed together, and that is said", async () => {
  const second = Object.fromEntries(Object.entries(SMALL_PROJECT).map(([file, text]) => [`other/${file}`, text]));
  const ended = await expectFound(second);
  expect(ended.stdout).toContain("2 Django projects were found");
});

test("modules that import each other", async () => {
  await expectFound({
    "shop/a.py": "from shop.b import *\nfrom shop.b import y as x\n",
    "shop/b.py": "from shop.a import *\nfrom shop.a import x as y\n",
    "shop/c.py": "from shop.c import z\nfrom . import c\nz = z\n",
  });
});

test("recursion in code, in templates and in inheritance", async () => {
  await expectFound({
    "shop/again.py": `from django.shortcuts import render
from shop.models import Book

def one(book): return two([book])
def two(books): return [one(book) for book in books] or one(books)
def nest(value, depth): return nest([value, [value]], depth) or nest({"a": value}, depth) or value
def page(request):
    one(Book.objects.first())
    nest(Book.objects.all(), 3)
    f = lambda x: f(f(x))
    f(Book.objects.get(pk=1))
    return render(request, "again.html", {"books": Book.objects.all()})
def nested(request):
    return render(request, "nested.html", {"books": Book.objects.all()})

class A(B): pass
class B(A): pass
class C(C): pass
class D(D.Inner): pass
class Tree(Tree): objects = Tree.objects
`,
    "shop/templates/again.html": '{% extends "again2.html" %}{% block b %}{% include "again.html" %}{{ block.super }}{% endblock %}',
    "shop/templates/base.html": "{% block a %}{% endblock %}",
    "shop/templates/nested.html":
      '{% extends "base.html" %}{% block a %}{% block b %}{% block a %}{{ block.super }}{% endblock %}{% block b %}{% endblock %}{% endblock %}{% endblock %}',
    "shop/templates/again2.html": '{% extends "again.html" %}{% include "again2.html" %}{% for b in books %}{% include "again.html" %}{% endfor %}',
  });
});

/** Values that hold themselves many times over: the keys of such values once doubled with every statement. */
test("lists that are put into themselves", async () => {
  const steps = Array.from(
    { length: 200 },
    (_, index) => `    if a: x = [y for y in [x, b, x]]\n    else: x = list([x, a, ${index}])\n    b = [x for _ in b]\n    unknown(x, b)\n    helper(x)\n`,
  );
  await expectFound({ "shop/lists.py": `def helper(x):\n    return [x]\n\ndef grow(a, b):\n    x = [a]\n${steps.join("")}    return x\n` });
});

test("a hundred models that all point at each other", async () => {
  const names = Array.from({ length: 100 }, (_, index) => `M${index}`);
  const classes = names.map(
    (name, index) =>
      `class ${name}(models.Model):\n${names
        .slice(0, 10)
        .map((other, at) => `    f${at} = models.ForeignKey("${other}", models.CASCADE, related_name="r${index}_${at}")\n`)
        .join("")}`,
  );
  const chain = `def walk():\n    for m in M0.objects.all():\n        print(m${".f1".repeat(60)})\n`;
  await expectFound({ "shop/many.py": `from django.db import models\n\n${classes.join("\n")}\n${chain}` });
});
