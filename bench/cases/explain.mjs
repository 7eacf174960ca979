// Prints one case in full: its lines in the tree, and every finding that touches its files, before and after a mutation.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

const CONTEXT = 2;

export function explainTree(tree) {
  return tree.results.map((result) => explainRow(tree, result)).join("\n\n");
}

function explainRow(tree, { id, kind, row, repo, sha, failure, likely, possible, before }) {
  const files = [...new Set([row.queryset_file, row.access_file, row.file].filter(Boolean))];
  const spots = [
    [row.queryset_file ?? row.file, row.queryset_line ?? row.start_line ?? row.line],
    [row.access_file ?? row.file, row.access_line ?? row.line],
  ];
  const verdict = failure ?? `likely: ${likely.grade ?? "none"}, with possible: ${possible.grade ?? "none"}`;
  return [
    `# ${id} (${kind}) ${repo}@${sha.slice(0, 12)}`,
    `path ${row.path ?? row.access_path ?? "-"}, ${row.relation ?? row.call ?? row.kind ?? ""}. ${row.note ?? ""}`,
    before ? `${verdict}; unmutated: ${before.likely.grade ?? "none"}, ${before.possible.grade ?? "none"}` : verdict,
    ...spots.map(([file, line]) => excerpt(tree.root, file, line)),
    ...[...tree.reports].filter(([what]) => what === "base" || what === id).map(([what, findings]) => listFindings(what, findings, files)),
  ].join("\n\n");
}

function excerpt(root, file, line) {
  const path = root && join(root, file);
  if (!path || !existsSync(path)) return `${file}:${line} is not there`;
  const lines = readFileSync(path, "utf8").split("\n");
  const first = Math.max(0, line - 1 - CONTEXT);
  return [`${file}:${line}`, ...lines.slice(first, line + CONTEXT).map((text, at) => `${first + at + 1}: ${text}`)].join("\n");
}

function listFindings(what, findings, files) {
  const touching = findings.filter(({ places = [] }) => places.some(({ file }) => files.includes(file)));
  return [`## ${what}: ${touching.length} of ${findings.length} findings touch these files`, ...touching.map(describe)].join("\n\n");
}

const describe = ({ id, rule, confidence, model, relation, claim, places }) =>
  [`${rule} (${confidence}) ${model ?? ""} \`${relation ?? "-"}\` ${id}`, claim, ...places.map(({ role, file, line }) => `  ${role} ${file}:${line}`)].join(
    "\n",
  );
