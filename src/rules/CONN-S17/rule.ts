import type { DatabaseDraft, EvidenceInput, Expr, Program, Rule, RuleInput, Span, Spot, Stmt } from "../../model/index.ts";
import { childrenOf } from "../../python/syntax-tree.ts";
import { auditEntries, confidenceOf, count, doubtOf, type Entry } from "../deployment/entries.ts";
import { filesEvidence } from "../deployment/evidence.ts";
import { isPerTransaction, poolerOf, type Pooler } from "../deployment/pooler.ts";
import { isTestFile } from "../test-files.ts";

export const rule: Rule = {
  meta: {
    id: "CONN-S17",
    chapter: "4.1",
    summary: "Advisory locks, LISTEN and settings of a session through a pooler that keeps no session",
    severity: "warning",
    confidence: "likely",
    fix: "never",
    stage: "stable",
  },
  audit: (input) => auditEntries(input, (entry) => draftsOf(entry, input)),
};

interface SessionUse {
  readonly what: string;
  readonly span: Span;
}

function draftsOf(entry: Entry, { source, deployment }: EvidenceInput): DatabaseDraft[] {
  const pooler = poolerOf(entry.database, deployment);
  if (source === null || pooler === null || !isPerTransaction(pooler) || hasDirectAlias(entry, deployment)) return [];
  const uses = sessionUses(source);
  return uses.length === 0 ? [] : [toDraft(entry, pooler, uses)];
}

/** Another alias that goes to the server itself may be what these statements use. */
function hasDirectAlias({ settings, database }: Entry, deployment: EvidenceInput["deployment"]): boolean {
  return settings.databases.some((one) => one.alias !== database.alias && one.mirrorOf === null && poolerOf(one, deployment) === null);
}

function toDraft(entry: Entry, pooler: Pooler, uses: readonly SessionUse[]): DatabaseDraft {
  const { alias, spot } = entry.database;
  const kinds = [...new Set(uses.map(({ what }) => what))];
  const places = uses.slice(0, MOST_USES).map(({ span, what }): Spot => ({ role: "statement", span, label: what }));
  const at = pooler.spot ?? spot;
  return {
    key: [alias, ...kinds],
    confidence: confidenceOf(entry, pooler.said) === "possible" ? "possible" : "likely",
    claim: `${count(uses.length, "statement")} with ${kinds.map((kind) => `\`${kind}\``).join(", ")} ${uses.length === 1 ? "goes" : "go"} to \`${alias}\` through a pooler (${pooler.why}), where no session lasts.`,
    reason:
      "In transaction mode the next transaction gets another server connection. A lock of the session is then never given back by who took it, a notification arrives nowhere, and a setting holds for somebody else.",
    remedy: "Send these through a second alias that goes to the server directly, or use what ends with the transaction: `pg_advisory_xact_lock`, `SET LOCAL`.",
    doubt: doubtOf(
      pooler.mode === null ? "no file here says the pooler's mode; one in session mode keeps sessions" : "a statement that never runs on this alias",
      pooler.said,
    ),
    places: [...places, { ...at, label: "the pooler" }],
    evidence: [filesEvidence(...places, at)],
    fixes: [],
  };
}

/** More places than these say nothing new. */
const MOST_USES = 5;

const USES: readonly (readonly [RegExp, string])[] = [
  [/\bpg_(?:try_)?advisory_lock(?:_shared)?\s*\(/i, "pg_advisory_lock"],
  [/^\s*LISTEN\s+\w/i, "LISTEN"],
  [
    /^\s*SET\s+(?:SESSION\s+)?(?!LOCAL\b|CONSTRAINTS\b|TRANSACTION\b)(?:search_path|role|session\s+authorization|statement_timeout|lock_timeout|[\w]+\.[\w]+)\b/i,
    "SET",
  ],
  [/^\s*PREPARE\s+\w+/i, "PREPARE"],
];

const known = new WeakMap<Program, readonly SessionUse[]>();

/** Strings of SQL in the project's own modules, tests and migrations left out. */
function sessionUses({ program }: RuleInput): readonly SessionUse[] {
  const made =
    known.get(program) ??
    [...program.modules.values()].filter(({ origin, ir }) => origin === "project" && !isTestFile(ir.file)).flatMap(({ ir }) => usesIn(ir.file, ir.body));
  known.set(program, made);
  return made;
}

function usesIn(file: string, nodes: readonly (Expr | Stmt)[]): SessionUse[] {
  return nodes.flatMap((node) => {
    // A string that stands alone is documentation.
    if (node.kind === "expr" && node.value.kind === "str") return [];
    const found = node.kind === "str" ? USES.find(([pattern]) => pattern.test(node.value)) : undefined;
    return found === undefined ? usesIn(file, childrenOf(node)) : [{ what: found[1], span: { file, start: node.start, end: node.end } }];
  });
}
