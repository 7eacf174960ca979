import path from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder } from "../../tests/support/temporary-folder.ts";
import { findLineLength } from "./line-length.ts";

const CASES: readonly (readonly [name: string, files: Record<string, string>, length: number | null])[] = [
  ["Ruff in pyproject.toml", { "pyproject.toml": "[tool.ruff]\nline-length = 100\n" }, 100],
  ["Ruff in a file of its own", { "ruff.toml": "line-length = 79\n[lint]\nselect = []\n" }, 79],
  ["Black", { "pyproject.toml": "[tool.black]\nline-length = 119\n" }, 119],
  ["Black without a length", { "pyproject.toml": "[tool.black]\ntarget-version = ['py312']\n" }, 88],
  ["Ruff without a length", { "pyproject.toml": "[tool.ruff.lint]\nselect = ['E']\n" }, 88],
  ["flake8", { "setup.cfg": "[metadata]\nname = shop\n\n[flake8]\nexclude = x\nmax-line-length = 120\n\n[isort]\nline_length = 70\n" }, 120],
  ["a formatter in a hook", { ".pre-commit-config.yaml": "repos:\n- repo: https://github.com/psf/black\n" }, 88],
  ["another tool's length", { "pyproject.toml": "[tool.isort]\nline_length = 70\n" }, null],
  ["broken TOML", { "pyproject.toml": "[tool.black\n" }, null],
  ["nothing", { "manage.py": "" }, null],
];

test.each(CASES)("%s", (_name, files, length) => {
  expect(findLineLength(temporaryFolder({ ".git/HEAD": "", ...files }))).toBe(length);
});

test("a folder above, up to the repository's top", () => {
  const root = temporaryFolder({ "pyproject.toml": "[tool.ruff]\nline-length = 90\n", ".git/HEAD": "", "site/manage.py": "" });
  expect(findLineLength(path.join(root, "site"))).toBe(90);
});
