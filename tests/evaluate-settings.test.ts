/** `--evaluate-settings`: the project's own Python says what its settings are, and nothing runs without being asked. */
import path from "node:path";
import { expect, test } from "vitest";
import { analyse } from "../src/index.ts";
import { settingsEvaluator } from "../src/sources/evaluate-settings.ts";
import { SHOP_FILES } from "./support/shop-project.ts";
import { temporaryFolder } from "./support/temporary-folder.ts";

const venv = path.resolve(import.meta.dirname, "../.cache/venv");
const SETTINGS = `import json, os
from pathlib import Path

Path(__file__).with_name("was-run").touch()
INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes", "shop"]
ROOT_URLCONF = "config.urls"
SECRET_KEY = "hush"
DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql", "NAME": "shop", "HOST": "db.internal", "PASSWORD": "hush", **json.loads(os.environ.get("DATABASE_JSON", "{}"))}}
`;
const AGE = { DATABASE_JSON: '{"CONN_MAX_AGE": 600, "OPTIONS": {"connect_timeout": 5}}' };
const environment = (more: Readonly<Record<string, string>>): Record<string, string | undefined> => ({ PATH: process.env["PATH"], VIRTUAL_ENV: venv, ...more });
const files = { ...SHOP_FILES, "config/settings.py": SETTINGS };
const ofConnections = (rules: readonly { readonly rule: string }[]): string[] =>
  rules
    .map(({ rule }) => rule)
    .filter((rule) => rule.startsWith("CONN-S"))
    .toSorted();

test("what the environment decides is known, and wins", async () => {
  const root = temporaryFolder(files);
  const asText = await analyse({ root });
  expect(ofConnections(asText.findings)).toEqual([]);
  const evaluated = await analyse({ root, evaluateSettings: settingsEvaluator(root, environment(AGE)) });
  expect(ofConnections(evaluated.findings)).toEqual(["CONN-S04"]);
  expect(evaluated.findings.find(({ rule }) => rule === "CONN-S04")?.places[0]).toMatchObject({ file: "config/settings.py", line: 8 });
});

test("nothing is run without being asked", async () => {
  const root = temporaryFolder(files);
  await analyse({ root });
  const { existsSync } = await import("node:fs");
  expect(existsSync(path.join(root, "config/was-run"))).toBe(false);
});

test("secrets are never printed", () => {
  const root = temporaryFolder(files);
  const answer = settingsEvaluator(root, environment({}))({ module: "config.settings", folder: "", pythonHome: null });
  expect(answer).toMatchObject({ kind: "evaluated", module: "config.settings" });
  expect(JSON.stringify(answer)).not.toContain("hush");
});

test("a failure is one sentence, and the text is taken", async () => {
  const root = temporaryFolder({ ...files, "config/settings.py": `${SETTINGS}raise RuntimeError("no vault at postgres://me:hush@vault/1")\n` });
  const report = await analyse({ root, evaluateSettings: settingsEvaluator(root, environment({})) });
  expect(report.notices.map(({ message }) => message)).toContain(
    "The settings were not evaluated: RuntimeError: no vault at postgres://vault/1. What their text says is taken.",
  );
});
