import { describe, expect, it } from "vitest";
import { findDjangoVersion, requiresDjango } from "./django-version.ts";

function versionOf(files: Readonly<Record<string, string>>, installed?: ReadonlyMap<string, string>): string | null {
  return findDjangoVersion(Object.keys(files), (path) => files[path] ?? null, installed);
}

describe("Django's version is read from", () => {
  it.each<[file: string, text: string, version: string]>([
    ["uv.lock", '[[package]]\nname = "django"\nversion = "5.2.7"\n', "5.2"],
    ["poetry.lock", '[[package]]\nname = "Django"\nversion = "4.2.11"\n', "4.2"],
    ["Pipfile.lock", '{"default": {"django": {"hashes": ["x"], "version": "==5.1.4"}}}', "5.1"],
    ["requirements.txt", "djangorestframework==3.15\nDjango==5.0.9  # why\n", "5.0"],
    ["requirements/base.txt", "django-filter==24.1\ndjango[argon2]~=5.2.0\n", "5.2"],
    ["requirements.in", "django>=4.2,<5.0\n", "4.2"],
    ["requirements.txt", "Django>4.1\n", "4.1"],
    ["requirements.txt", "django==6.1rc1\n", "6.1"],
    ["pyproject.toml", '[project]\ndependencies = [\n  "django-filter>=2",\n  "Django>=5.2,<6",\n]\n', "5.2"],
    ["pyproject.toml", '[tool.poetry.dependencies]\npython = "^3.12"\ndjango = "^5.1"\n', "5.1"],
    ["pyproject.toml", '[tool.poetry.dependencies]\nDjango = { version = "~4.2", extras = ["argon2"] }\n', "4.2"],
    ["setup.cfg", "[options]\ninstall_requires =\n    Django >= 3.2\n", "3.2"],
    ["Pipfile", '[packages]\ndjango = "==4.2.1"\n', "4.2"],
  ])("%s: %j", (file, text, version) => {
    expect(versionOf({ [file]: text })).toBe(version);
  });

  it("files that requirements include", () => {
    expect(versionOf({ "requirements.txt": "-r requirements/base.txt\n", "requirements/base.txt": "-r ../requirements.txt\ndjango==5.2\n" })).toBe("5.2");
  });

  it("a lock file before a range", () => {
    expect(versionOf({ "pyproject.toml": 'dependencies = ["django>=4.2"]', "uv.lock": 'name = "django"\nversion = "5.2.1"\n' })).toBe("5.2");
  });

  it("a pinned requirement before an open one", () => {
    expect(versionOf({ "a/requirements.txt": "django>=3\n", "a/b/requirements.txt": "django==4.2\n" })).toBe("4.2");
  });

  it("what is installed before all", () => {
    expect(versionOf({ "requirements.txt": "django==4.2\n" }, new Map([["django", "6.1.2"]]))).toBe("6.1");
  });

  it("nothing where nothing says", () => {
    expect(versionOf({ "requirements.txt": "flask\ndjango-environ==1\n" })).toBeNull();
    expect(versionOf({})).toBeNull();
  });
});

describe("Django is required", () => {
  it.each([
    ["requirements.txt", "Django\n", true],
    ["requirements.txt", "django-environ\nflask\n", false],
    ["pyproject.toml", 'dependencies = ["django>=4"]', true],
  ])("by %s %j: %s", (file, text, isRequired) => {
    expect(requiresDjango([file], () => text)).toBe(isRequired);
  });
});
