#!/usr/bin/env node
// Scores luthier on the cases of a folder: fixed N+1 queries, mutations, negatives and open positives.
// See bench/README.md.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { explainTree } from "./explain.mjs";
import {
  applyMutation,
  best,
  enclosingBlock,
  enclosingClassLine,
  isAtLeast,
  isImplicit,
  isSelected,
  matchFix,
  matchMutation,
  matchNegative,
  matchOpen,
  matchUnmutated,
} from "./match.mjs";
import { renderScore } from "./render.mjs";
import { checkTree, locateRepository, openTree } from "./trees.mjs";

const SELECTION =
  "n-plus-one,aggregate-in-loop,defeated-prefetch,prefetch-in-loop,deferred-field-load,only-without-foreign-key," +
  "generic-foreign-key-lazy,query-in-loop,harmful-only,validation-per-row";

const KINDS = {
  fixes: { file: "fixes.jsonl", sha: (row) => row.parent_sha, group: (row) => row.capability },
  mutations: {
    file: "mutations.jsonl",
    sha: (row) => row.sha,
    group: (row) => `${row.site}, ${row.hops} hops`,
  },
  negatives: {
    file: "negatives.jsonl",
    sha: (row) => row.sha,
    group: (row) => `${row.kind} (${row.site})`,
  },
  open: { file: "open_positives.jsonl", sha: (row) => row.sha, group: (row) => row.relation },
};

const USAGE = `Usage: score.mjs --cases DIR --repos DIR [options]
  --luthier CMD     how to call luthier (node dist/cli/main.js)
  --only KINDS      fixes,mutations,negatives,open (all)
  --repo NAME       only repositories whose owner/name contains NAME
  --id ID[,ID]      only these rows
  --explain ID      one row: every finding in its files
  --select RULES    rules to run and to count
  --out FILE        write everything as JSON too
  --jobs N          trees at a time (1)
  --work DIR        where trees are extracted (a folder of the system's temporary one)
  --clone           clone what is missing from GitHub
  --keep-cache      keep luthier's cache of an earlier scoring run
  --timeout SECONDS for one run of luthier (900)`;

const { values: options } = parseArgs({
  options: {
    cases: { type: "string" },
    repos: { type: "string" },
    luthier: { type: "string", default: "node dist/cli/main.js" },
    only: { type: "string", default: Object.keys(KINDS).join(",") },
    repo: { type: "string" },
    id: { type: "string" },
    explain: { type: "string" },
    select: { type: "string", default: SELECTION },
    out: { type: "string" },
    jobs: { type: "string", default: "1" },
    work: { type: "string", default: join(tmpdir(), "luthier-cases") },
    clone: { type: "boolean", default: false },
    "keep-cache": { type: "boolean", default: false },
    timeout: { type: "string", default: "900" },
    help: { type: "boolean", default: false },
  },
});

if (options.help || !options.cases || !options.repos) {
  process.stderr.write(`${USAGE}\n`);
  process.exit(options.help ? 0 : 2);
}

const selection = options.select.split(",");
const luthier = options.luthier.split(" ").filter(Boolean);
const luthierOptions = ["--format", "json", "--fail-on", "never", "--min-confidence", "possible", "--select", options.select];

const cases = readCases();
if (cases.length === 0) {
  process.stderr.write("no case matches --only, --repo and --id\n");
  process.exit(2);
}
const started = Date.now();
const trees = groupByTree(cases);
await inParallel(trees, Number(options.jobs), scoreTree);

const score = {
  schema: "luthier-case-score/1",
  selection,
  wallMs: Date.now() - started,
  rows: trees.flatMap((tree) => tree.results),
  runs: trees.flatMap((tree) => tree.runs),
};
if (options.out) writeFileSync(options.out, `${JSON.stringify(score, null, 1)}\n`);
if (options.explain) for (const tree of trees) process.stdout.write(`${explainTree(tree)}\n`);
else process.stdout.write(`${renderScore(score)}\n`);

function readCases() {
  const kinds = options.explain ? Object.keys(KINDS) : options.only.split(",");
  const ids = (options.explain ?? options.id)?.split(",");
  return kinds.flatMap((kind) => {
    if (!KINDS[kind]) throw new Error(`--only knows ${Object.keys(KINDS).join(", ")}, not ${kind}`);
    const path = join(options.cases, KINDS[kind].file);
    const lines = existsSync(path) ? readFileSync(path, "utf8").split("\n").filter(Boolean) : [];
    return lines
      .map((line) => JSON.parse(line))
      .filter((row) => !options.repo || row.repo.includes(options.repo))
      .filter((row) => !ids || ids.includes(row.id))
      .map((row) => ({ kind, row, sha: KINDS[kind].sha(row), group: KINDS[kind].group(row) }));
  });
}

function groupByTree(all) {
  const byKey = new Map();
  for (const entry of all) {
    const { row, sha } = entry;
    const key = `${row.repo}@${sha}`;
    if (!byKey.has(key)) byKey.set(key, { repo: row.repo, sha, cases: [], runs: [], results: [], reports: new Map() });
    byKey.get(key).cases.push(entry);
  }
  return [...byKey.values()];
}

async function inParallel(items, width, action) {
  let next = 0;
  let done = 0;
  const worker = async () => {
    while (next < items.length) {
      const item = items[next++];
      await action(item);
      done += 1;
      const base = item.runs[0];
      const outcome = base?.failure ?? `${base.findings} findings, ${(base.ms / 1000).toFixed(1)} s`;
      process.stderr.write(`${done}/${items.length} ${item.repo}@${item.sha.slice(0, 8)}: ${outcome}\n`);
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, width) }, worker));
}

/** One tree: luthier once as it is, then once for each mutation. A failure is the failure of the rows that needed it. */
async function scoreTree(tree) {
  let open;
  try {
    const gitDir = locateRepository(resolve(options.repos), tree.repo, { clone: options.clone });
    const { repo, sha } = tree;
    const work = resolve(options.work);
    open = await openTree({
      gitDir,
      repo,
      sha,
      work,
      clone: options.clone,
      keepCache: options["keep-cache"],
    });
    tree.root = open.root;
    const base = await run(tree, open.root, "base");
    for (const entry of tree.cases) {
      tree.results.push(describeRow(entry, await scoreRow(tree, open, entry, base)));
    }
  } catch (error) {
    tree.runs.push({ repo: tree.repo, sha: tree.sha, what: "base", ms: 0, failure: error.message });
    for (const entry of tree.cases.slice(tree.results.length)) {
      tree.results.push(describeRow(entry, { failure: error.message }));
    }
  } finally {
    open?.release();
  }
}

async function run(tree, root, what) {
  const { ms, report, failure } = await checkTree({
    luthier,
    root,
    args: luthierOptions,
    timeoutMs: 1000 * options.timeout,
  });
  const findings = (report?.findings ?? []).filter((finding) => isSelected(finding, selection));
  const likely = findings.filter((finding) => isAtLeast(finding.confidence, "likely")).length;
  const { repo, sha } = tree;
  const counts = report && { findings: findings.length, likely, files: report.project?.files };
  tree.runs.push({ repo, sha, what, ms, failure, ...counts });
  tree.reports.set(what, findings);
  return { findings, failure };
}

async function scoreRow(tree, open, { kind, row }, base) {
  if (base.failure) return { failure: base.failure };
  switch (kind) {
    case "fixes": {
      const implicit = isImplicit(lineOf(open.root, row.queryset_file, row.queryset_line));
      return assess(base.findings, (finding) => matchFix(row, finding, { implicit }));
    }
    case "mutations":
      return scoreMutation(tree, open, row, base);
    case "negatives":
      return assess(base.findings, (finding) => (matchNegative(row, finding) ? { grade: "strict" } : undefined));
    default:
      return assess(base.findings, (finding) => matchOpen(row, finding));
  }
}

async function scoreMutation(tree, open, row, base) {
  const source = textOf(open.root, row.file);
  const classLine = enclosingClassLine(source, row.start_line);
  const block = enclosingBlock(source, row.start_line);
  const match = (finding) => matchMutation(row, finding, { classLine });
  try {
    const edit = (original) => applyMutation(row, original);
    const mutated = await open.mutate(row.file, edit, () => run(tree, open.root, row.id));
    if (mutated.failure) return { failure: mutated.failure };
    const outcome = assess(mutated.findings, match);
    const known = new Set(base.findings.map(({ id }) => id));
    const isNew = outcome.likely.matches.some(({ grade, id }) => grade === "strict" && !known.has(id));
    return { ...outcome, isNew, before: assess(base.findings, (finding) => matchUnmutated(row, finding, { classLine, block })) };
  } catch (error) {
    return { failure: error.message };
  }
}

/** What matches at each floor of confidence: the best grade, whether one finding names both ends, and the findings. */
function assess(findings, match) {
  const at = (floor) => {
    const matches = findings
      .filter((finding) => isAtLeast(finding.confidence, floor))
      .flatMap((finding) => {
        const found = match(finding);
        return found
          ? [
              {
                ...found,
                id: finding.id,
                rule: finding.rule,
                relation: finding.relation,
                claim: finding.claim,
              },
            ]
          : [];
      });
    return {
      grade: best(matches.map(({ grade }) => grade)),
      bothEnds: matches.some(({ grade, access, queryset }) => grade === "strict" && access && queryset),
      matches,
    };
  };
  return { likely: at("likely"), possible: at("possible") };
}

function describeRow({ kind, row, sha, group }, outcome) {
  return { kind, id: row.id, repo: row.repo, sha, group, row, ...outcome };
}

function textOf(root, file) {
  const path = join(root, file);
  return existsSync(path) ? readFileSync(path, "utf8") : "";
}

function lineOf(root, file, line) {
  return textOf(root, file).split("\n")[line - 1];
}
