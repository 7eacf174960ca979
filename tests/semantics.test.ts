/** Every fact of tests/semantics, measured on real Django, against what Luthier says of the same code. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { analyse } from "../src/analyse.ts";
import { loadRules } from "../src/rules/load-rules.ts";
import { mismatches, type FactFile } from "./semantics/judge.ts";

const root = fileURLToPath(new URL("semantics", import.meta.url));
const versions = ["4.2", "5.2", "6.0", "6.1"] as const;

describe.each(versions)("facts of Django %s", (version) => {
  const folder = mkdtempSync(path.join(tmpdir(), "luthier-facts-"));
  const json = path.join(folder, "facts.json");
  const args = [path.join(root, "run.mjs"), version, "--", "--failed", "--json", json];
  const measured = spawnSync(process.execPath, args, { encoding: "utf8" });
  const isSkipped = measured.status === 2;

  it.skipIf(isSkipped)("are judged as they claim", async () => {
    expect(measured.status, measured.stdout + measured.stderr).toBe(0);
    const file = JSON.parse(readFileSync(json, "utf8")) as FactFile;
    rmSync(folder, { recursive: true });
    const rules = new Map((await loadRules()).map(({ meta }) => [meta.id, meta.confidence] as const));
    const options = { root, exclude: [], jobs: 1, cache: false, settings: [], sourceRoots: [], conventions: [], thresholds: {} };
    const { findings } = await analyse({ ...options, djangoVersion: version }, () => undefined);
    const wrong = file.facts.flatMap((fact) => mismatches(fact, file.judged, rules, findings).map((one) => `${fact.topic}.${fact.name}: ${one}`));
    expect(wrong).toEqual([]);
  });
});
