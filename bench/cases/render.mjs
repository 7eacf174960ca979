// Turns a score into Markdown. Pure text.

const TITLES = {
  fixes: "Fixes: N+1 queries a later commit removed",
  mutations: "Mutations: one eager load taken away",
  negatives: "Negatives: loops that are no N+1",
  open: "Open positives: N+1 queries not fixed yet",
};

const found = (floor, grade) => (row) => (grade === "strict" ? row[floor]?.grade === "strict" : row[floor]?.grade !== undefined);
const flagged = (floor) => (row) => row.before?.[floor].grade === "strict";
const silent = (floor) => (row) => !row.failure && row[floor].matches.length === 0;

/** The columns of each kind's table, the headline first. */
const COLUMNS = {
  fixes: {
    found: found("likely", "strict"),
    lenient: found("likely", "lenient"),
    "both ends": (row) => row.likely?.bothEnds,
    "found, with possible": found("possible", "strict"),
    "lenient, with possible": found("possible", "lenient"),
  },
  mutations: {
    found: found("likely", "strict"),
    lenient: found("likely", "lenient"),
    "by a new finding": (row) => row.isNew,
    "flagged unmutated": flagged("likely"),
    "found, with possible": found("possible", "strict"),
    "flagged unmutated, with possible": flagged("possible"),
  },
  negatives: { silent: silent("likely"), "silent, with possible": silent("possible") },
  open: { found: found("likely", "lenient"), "found, with possible": found("possible", "lenient") },
};

export function renderScore(score) {
  const sections = Object.keys(TITLES).flatMap((kind) => {
    const rows = score.rows.filter((row) => row.kind === kind);
    return rows.length ? [renderKind(kind, rows)] : [];
  });
  return [...sections, renderRuns(score)].join("\n\n");
}

function renderKind(kind, rows) {
  const columns = COLUMNS[kind];
  const line = (name, group) => [
    name,
    group.length,
    ...Object.values(columns).map((test) => share(group.filter(test).length, group.length)),
    group.filter((row) => row.failure).length || "",
  ];
  const body = [
    line("**all**", rows),
    ...sortedGroups(rows, (row) => row.group).map(([name, group]) => line(name, group)),
    ...sortedGroups(rows, (row) => row.repo).map(([name, group]) => line(name, group)),
  ];
  const table = markdownTable(["", "rows", ...Object.keys(columns), "failed"], body);
  return [`## ${TITLES[kind]}`, table, ...(kind === "negatives" ? [] : [renderMisses(kind, rows)]), renderFalse(kind, rows)].filter(Boolean).join("\n\n");
}

function renderMisses(kind, rows) {
  const isFound = COLUMNS[kind].found;
  const lines = rows.filter((row) => !isFound(row)).map((row) => `- ${describeMiss(row)}`);
  return lines.length ? `### Missed\n\n${lines.join("\n")}` : "";
}

function describeMiss({ id, row, group, failure, likely, possible }) {
  const why = failure
    ? `**${failure}**`
    : likely.grade
      ? `lenient only: ${relations(likely.matches)}`
      : possible.grade
        ? `possible only: ${relations(possible.matches)}`
        : "";
  return [`${id} ${endsOf(row)}`, `\`${row.path ?? row.access_path}\``, group, row.note, why].filter(Boolean).join(" · ");
}

const endsOf = (row) =>
  row.access_file
    ? `${row.queryset_file ?? row.file}:${row.queryset_line ?? row.start_line} → ${row.access_file}:${row.access_line}`
    : `${row.file}:${row.line}`;

const relations = (matches) => [...new Set(matches.map(({ rule, relation }) => `${rule} ${relation ?? ""}`.trim()))].join(", ");

function renderFalse(kind, rows) {
  const matchesOf = {
    negatives: (row) => row.likely?.matches,
    mutations: (row) => row.before?.likely.matches,
  }[kind];
  if (!matchesOf) return "";
  const lines = rows.flatMap((row) =>
    (matchesOf(row) ?? [])
      .filter(({ grade }) => grade === "strict")
      .map(({ rule, relation, claim }) => `- ${row.id} ${endsOf(row.row)} · ${rule} \`${relation ?? "-"}\` · ${claim}`),
  );
  const title = kind === "negatives" ? "Not silent" : "Flagged unmutated (false, unless the code has it elsewhere)";
  return lines.length ? `### ${title}\n\n${lines.join("\n")}` : "";
}

const seconds = (ms) => (ms / 1000).toFixed(2);

function renderRuns(score) {
  const trees = sortedGroups(score.runs, (run) => `${run.repo}@${run.sha.slice(0, 8)}`);
  const body = trees.map(([name, runs]) => {
    const [base, ...mutated] = runs;
    const times = mutated.map(({ ms }) => ms).toSorted((a, b) => a - b);
    return [
      name,
      base.files ?? "",
      base.likely ?? "",
      base.findings ?? "",
      seconds(base.ms),
      times.length ? `${times.length} × ${seconds(times[Math.floor(times.length / 2)])}` : "",
      base.failure ?? "",
    ];
  });
  const header = ["tree", "files", "findings", "with possible", "first run, s", "mutated runs, median s", "failure"];
  const total = score.runs.reduce((sum, { ms }) => sum + ms, 0);
  return [
    "## Runs",
    markdownTable(header, body),
    `${score.runs.length} runs of luthier took ${seconds(total)} s, the whole scoring ${seconds(score.wallMs)} s.`,
  ].join("\n\n");
}

function sortedGroups(rows, keyOf) {
  const groups = new Map();
  for (const row of rows) groups.set(keyOf(row), [...(groups.get(keyOf(row)) ?? []), row]);
  return [...groups].toSorted(([a], [b]) => (a < b ? -1 : 1));
}

const share = (part, whole) => `${part} (${Math.round((100 * part) / whole)} %)`;

const markdownTable = (header, rows) =>
  [header, header.map((_, index) => (index ? "---:" : "---")), ...rows]
    .map((row) => `| ${row.map((cell) => String(cell).replaceAll("|", "\\|")).join(" | ")} |`)
    .join("\n");
