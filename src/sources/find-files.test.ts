import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { findFiles, readInstalledVersions, readTextFile, type FindOptions } from "./find-files.ts";

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

function folderWith(paths: readonly string[]): string {
  const root = mkdtempSync(join(tmpdir(), "luthier-files-"));
  folders.push(root);
  for (const path of paths) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), "x = 1\n");
  }
  return root;
}

function found(paths: readonly string[], options?: FindOptions): readonly string[] {
  return findFiles(folderWith(paths), options).files.map((file) => file.path);
}

describe("files", () => {
  it("are sorted, with their size and kind", () => {
    const root = folderWith(["shop/models.py", "shop/migrations/0001_initial.py", "shop/templates/a.html", "uv.lock", "shop/templates/mail.txt", "README.md"]);
    expect(findFiles(root).files).toEqual([
      { path: "shop/migrations/0001_initial.py", size: 6, kind: "migration" },
      { path: "shop/models.py", size: 6, kind: "python" },
      { path: "shop/templates/a.html", size: 6, kind: "template" },
      { path: "shop/templates/mail.txt", size: 6, kind: "template" },
      { path: "uv.lock", size: 6, kind: "text" },
    ]);
  });

  it("take in what is written from a template, and leave what deploys the project", () => {
    const root = folderWith(["shop/templates/shop/sync.conf", "shop/templates/export.json", "charts/shop/templates/web.yaml", "shop/fixtures/a.json"]);
    expect(findFiles(root).files.map(({ path, kind }) => `${path} ${kind}`)).toEqual([
      "charts/shop/templates/web.yaml deployment",
      "shop/templates/export.json template",
      "shop/templates/shop/sync.conf template",
    ]);
  });

  it.each([
    ["tests", ["a/tests/x.py", "a/test_b.py", "a/b_test.py", "a/b_tests.py", "a/conftest.py", "a/tests.py"]],
    ["what git, caches and packagers keep", [".git/a.py", "__pycache__/a.py", ".tox/a.py", "x.egg-info/a.py", "build/lib/a.py", "dist/a.py"]],
    ["packages of JavaScript", ["node_modules/a/b.py", "web/node_modules/a/b.html"]],
  ])("leave out %s", (_, paths) => {
    expect(found([...paths, "a/kept.py"])).toEqual(["a/kept.py"]);
  });

  it("take in tests when asked to", () => {
    expect(found(["a/tests/x.py", "a/test_b.py"], { includeTests: true })).toEqual(["a/test_b.py", "a/tests/x.py"]);
  });

  it("take in a package that is called build", () => {
    expect(found(["build/__init__.py", "build/a.py"])).toEqual(["build/__init__.py", "build/a.py"]);
  });

  it("are an app's own where it is one about tests of another kind", () => {
    const app = ["lab/test/__init__.py", "lab/test/urls.py", "lab/test/views.py"];
    expect(found(app)).toEqual(app);
    expect(found([...app, "lab/test/test_views.py"])).toEqual([]);
  });

  it("are a module of views where it shows tests of another kind", () => {
    const root = folderWith(["lab/tests.py", "lab/lab_test.py", "lab/other_test.py"]);
    writeFileSync(join(root, "lab/tests.py"), "@login\ndef tests(request, build):\n    return render(request, 'lab/tests.html')\n");
    writeFileSync(join(root, "lab/lab_test.py"), "class LabTestViewSet(viewsets.ModelViewSet):\n    pass\n");
    writeFileSync(join(root, "lab/other_test.py"), "from django.test import TestCase\n\n\ndef view(request):\n    pass\n");
    expect(findFiles(root).files.map(({ path }) => path)).toEqual(["lab/lab_test.py", "lab/tests.py"]);
  });

  it("name contests, latest and attests, which are no tests", () => {
    expect(found(["a/contest.py", "a/latest.py", "contests/a.py"])).toEqual(["a/contest.py", "a/latest.py", "contests/a.py"]);
  });

  it.each([
    ["legacy", ["a.py"]],
    ["legacy/", ["a.py"]],
    ["legacy/**", ["a.py"]],
    ["**/old_*.py", ["a.py", "legacy/b.py"]],
    ["legacy/*.py", ["a.py", "legacy/deep/old_c.py"]],
    ["old_?.py", ["a.py", "legacy/b.py"]],
  ])("leave out what %s matches", (glob, kept) => {
    expect(found(["a.py", "legacy/b.py", "legacy/deep/old_c.py"], { exclude: [glob] })).toEqual(kept);
  });

  it("stay out of virtual environments, and name them", () => {
    const root = folderWith(["env3/pyvenv.cfg", "env3/lib/python3.12/site-packages/a.py", ".venv/pyvenv.cfg", "a.py"]);
    const { files, environments } = findFiles(root);
    expect([files.map((file) => file.path), environments]).toEqual([["a.py"], [".venv", "env3"]]);
  });
});

describe("links", () => {
  it("that go round end", () => {
    const root = folderWith(["a/b/c.py"]);
    symlinkSync(root, join(root, "a/b/up"));
    symlinkSync(join(root, "a"), join(root, "again"));
    expect(findFiles(root).files.map((file) => file.path)).toEqual(["a/b/c.py"]);
  });

  it("to files and folders elsewhere are followed", () => {
    const other = folderWith(["pkg/x.py", "y.py"]);
    const root = folderWith(["a.py"]);
    symlinkSync(join(other, "pkg"), join(root, "pkg"));
    symlinkSync(join(other, "y.py"), join(root, "y.py"));
    expect(findFiles(root).files.map((file) => file.path)).toEqual(["a.py", "pkg/x.py", "y.py"]);
  });

  it("that lead nowhere are told", () => {
    const root = folderWith(["a.py"]);
    symlinkSync(join(root, "gone"), join(root, "b.py"));
    expect(findFiles(root).notices).toEqual([{ file: "b.py", line: 1, column: 1, message: "Could not be read: ENOENT." }]);
  });
});

describe("what is not there", () => {
  it("is told, not thrown", () => {
    expect(findFiles("/no/such/folder")).toMatchObject({ files: [], notices: [{ message: "Could not be read: ENOENT." }] });
    expect(readTextFile("/no/such/file")).toBeNull();
    expect(readInstalledVersions("/no/such/environment").size).toBe(0);
  });
});

describe("an environment", () => {
  it("says which versions it has", () => {
    const root = folderWith([
      "lib/python3.12/site-packages/Django-5.2.1.dist-info/METADATA",
      "lib/python3.12/site-packages/django_filter-24.1.dist-info/METADATA",
    ]);
    expect(Object.fromEntries(readInstalledVersions(root))).toEqual({ django: "5.2.1", "django-filter": "24.1" });
  });
});
