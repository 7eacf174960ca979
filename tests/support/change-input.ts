/** The source and a database of a project, as rules and fixes are given them, without running the engine. */
import type { RuleInput, Snapshot } from "../../src/model/index.ts";
import { openDatabase } from "../../src/open-database.ts";
import { readProject } from "../../src/read-project.ts";
import type { ChangeInput } from "../../src/fixes/migrations/index.ts";
import { findFiles } from "../../src/sources/find-files.ts";
import { findLineLength } from "../../src/sources/line-length.ts";

const NO_FACTS: RuleInput["facts"] = {
  origins: [],
  loads: [],
  covered: new Set(),
  loadedEagerly: new Set(),
  runs: [],
  writes: [],
  eagerLoads: [],
  discarded: [],
  validations: [],
  rowPrefetches: [],
};

export async function readSource(root: string): Promise<RuleInput> {
  const options = { root, exclude: [], jobs: 1, cache: false, settings: [], sourceRoots: [], conventions: [], thresholds: {} };
  const { discovery, graph, readText, migrations } = await readProject(options, findFiles(root), null, () => undefined);
  return {
    facts: NO_FACTS,
    graph,
    project: discovery.project,
    program: discovery.program,
    text: (file) => readText(file) ?? "",
    thresholds: {},
    lineLength: findLineLength(root),
    migrations,
  };
}

export async function readChangeInput(root: string, snapshot: Snapshot): Promise<ChangeInput & { readonly source: RuleInput }> {
  const source = await readSource(root);
  const database = await openDatabase({ snapshot, file: "snapshot.json.gz", plans: [], logged: [], stamp: "" }, source);
  return { database, source };
}
