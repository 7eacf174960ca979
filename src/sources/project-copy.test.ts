import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { commitAll, git, temporaryFolder, writeFiles } from "../../tests/support/temporary-folder.ts";
import { copyProject, removeAbandoned } from "./project-copy.ts";

const FILES = {
  ".gitignore": "*.local\n.venv/\nmedia/\n__pycache__/\n.luthier/\n",
  "shop/views.py": "x = 1\n",
  "shop/__init__.py": "",
};

function repository(): string {
  const root = temporaryFolder(FILES);
  commitAll(root);
  return root;
}

const listing = (folder: string): string[] => readdirSync(folder).toSorted();

describe("what is in the copy", () => {
  test("tracked, new and small ignored files; environments as links; nothing that tools make anew", () => {
    const root = repository();
    writeFiles(root, {
      "new.py": "y = 2\n",
      "settings.local": "secret",
      "shop/__pycache__/v.pyc": "",
      ".venv/pyvenv.cfg": "home = /usr\n",
      "media/a.jpg": "picture",
    });
    const copy = copyProject(root, "abc");
    expect(listing(copy.root)).toEqual([".gitignore", ".venv", "media", "new.py", "settings.local", "shop"]);
    expect(listing(path.join(copy.root, "shop"))).toEqual(["__init__.py", "views.py"]);
    expect(readlinkSync(path.join(copy.root, ".venv"))).toBe(path.join(root, ".venv"));
    expect(git(root, "status", "--porcelain")).toBe("?? new.py\n");
    copy.remove();
    expect(listing(path.join(root, ".venv"))).toEqual(["pyvenv.cfg"]);
    expect(listing(path.join(root, ".luthier/prove"))).toEqual([".gitignore"]);
  });

  test("files that are gone from the tree are not there, changed ones as they are now", () => {
    const root = repository();
    git(root, "rm", "--quiet", "--cached", "shop/__init__.py");
    writeFiles(root, { "shop/views.py": "x = 3\n" });
    const copy = copyProject(root, "abc");
    expect(readFileSync(path.join(copy.root, "shop/views.py"), "utf8")).toBe("x = 3\n");
  });

  test("a link into the tree leads into the copy", () => {
    const root = repository();
    symlinkSync(path.join(root, "shop/views.py"), path.join(root, "alias.py"));
    const copy = copyProject(root, "abc");
    expect(readlinkSync(path.join(copy.root, "alias.py"))).toBe(path.join(copy.root, "shop/views.py"));
  });

  test("a project below the repository's top has the whole repository beside it", () => {
    const top = temporaryFolder({ "common/a.py": "", "backend/manage.py": "" });
    commitAll(top);
    const copy = copyProject(path.join(top, "backend"), "abc");
    expect(existsSync(path.join(copy.root, "../common/a.py"))).toBe(true);
    expect(copy.translate(top)).toBe(copy.top);
  });

  test("without git, everything but what is linked or made anew", () => {
    const root = temporaryFolder({ "manage.py": "", "node_modules/a/b.js": "", "__pycache__/m.pyc": "" });
    const copy = copyProject(root, "abc");
    expect(listing(copy.root)).toEqual(["manage.py", "node_modules"]);
    expect(lstatSync(path.join(copy.root, "node_modules")).isSymbolicLink()).toBe(true);
  });
});

test("what names a path of the tree names the copy's, and nothing else does", () => {
  const root = repository();
  const copy = copyProject(root, "abc");
  expect(copy.translate(`sqlite:///${root}/db.sqlite3`)).toBe(`sqlite:///${copy.top}/db.sqlite3`);
  expect(copy.translate(`${root}:/usr/bin:${root}/bin`)).toBe(`${copy.top}:/usr/bin:${copy.top}/bin`);
  for (const other of [`${root}2/db`, `/mnt${root}`, "shop", `${root}/.luthier/recordings`]) expect(copy.translate(other)).toBe(other);
});

test("an editable installation leads to the copy", () => {
  const root = repository();
  const packages = path.join(root, ".venv/lib/python3.12/site-packages");
  mkdirSync(packages, { recursive: true });
  writeFileSync(path.join(packages, "shop.pth"), `${root}/src\nimport sys; sys.path\n/elsewhere\n`);
  writeFileSync(path.join(packages, "__editable___shop_finder.py"), `MAPPING = {'shop': '${root}/shop'}\n`);
  const copy = copyProject(root, "abc");
  expect(copy.importPaths([path.join(root, ".venv")])).toEqual(expect.arrayContaining([copy.top, path.join(copy.top, "src")]));
});

test("edits are made in the copy, and the next ones to the files as they were", () => {
  const root = repository();
  const copy = copyProject(root, "abc");
  const edit = (file: string, expected: string, text: string) => new Map([[file, [{ file, start: 0, end: expected.length, expected, text }]]]);
  const text = (): string => readFileSync(path.join(copy.root, "shop/views.py"), "utf8");
  const stamps: number[] = [];
  for (const name of ["a", "b"]) {
    copy.apply(edit("shop/views.py", "x", name));
    expect(text()).toBe(`${name} = 1\n`);
    stamps.push(Math.floor(lstatSync(path.join(copy.root, "shop/views.py")).mtimeMs / 1000));
  }
  expect(new Set(stamps).size).toBe(2);
  copy.apply(edit("fresh.py", "", "z = 1\n"));
  expect(text()).toBe("x = 1\n");
  copy.apply(new Map());
  expect(existsSync(path.join(copy.root, "fresh.py"))).toBe(false);
  expect(readFileSync(path.join(root, "shop/views.py"), "utf8")).toBe("x = 1\n");
});

test("copies of runs that were interrupted are removed, those of running ones are not", () => {
  const root = repository();
  const home = path.join(root, ".luthier/prove");
  writeFiles(home, { "dead/owner": "2147483646", "dead/tree/a.py": "", "none/tree/a.py": "", "alive/owner": String(process.pid), "proven.patch": "" });
  removeAbandoned(home);
  expect(listing(home)).toEqual(["alive", "proven.patch"]);
});
