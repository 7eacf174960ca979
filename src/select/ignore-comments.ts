import type { Finding, Place } from "../model/finding.ts";

/** A comment of the user's source, in Python or in a template, with its marker or without. */
export interface Comment {
  readonly file: string;
  readonly line: number;
  readonly text: string;
  /** Whether nothing but the comment stands on its line; it then speaks for the next line. */
  readonly alone: boolean;
}

export interface IgnoreResult {
  /** What is left, and an `unused-ignore` for each ignore that silenced nothing. */
  readonly findings: readonly Finding[];
  readonly ignored: readonly IgnoredFinding[];
}

export interface IgnoredFinding {
  readonly finding: Finding;
  readonly reason: string;
}

interface Ignore {
  readonly comment: Comment;
  readonly rules: readonly string[];
  readonly reason: string;
}

const MARK = /\bluthier:\s*ignore\b(?:\[(?<rules>[^\]]*)\])?(?<reason>.*)/s;
/** A span longer than this is a whole class or function; a comment in its middle does not speak for it. */
const LONGEST_SPAN = 20;

/**
 * Takes out the findings that an ignore comment names: those with any place on the comment's line, or on the next line
 * when the comment stands alone. Run it on all findings of an analysis, before any other filter.
 */
export function applyIgnores(findings: readonly Finding[], comments: readonly Comment[]): IgnoreResult {
  const ignores = comments.flatMap(readIgnore);
  const used = new Set<string>();
  const ignored = new Map<Finding, IgnoredFinding>();
  for (const finding of findings) {
    for (const ignore of ignores) {
      if (!silences(ignore, finding)) continue;
      used.add(useKey(ignore, finding.rule));
      ignored.set(finding, { finding, reason: ignore.reason });
    }
  }
  const unused = ignores.flatMap((ignore) => unusedIgnores(ignore, used));
  return {
    findings: [...findings.filter((finding) => !ignored.has(finding)), ...unused],
    ignored: [...ignored.values()],
  };
}

function readIgnore(comment: Comment): Ignore[] {
  const groups = MARK.exec(comment.text)?.groups;
  if (!groups) return [];
  const rules = (groups["rules"] ?? "").split(",").map((rule) => rule.trim());
  const reason = (groups["reason"] ?? "").replace(/(?:#\}|%\}|\*\/|-->)\s*$/, "").trim();
  return [{ comment, rules: rules.filter(Boolean), reason }];
}

function silences(ignore: Ignore, finding: Finding): boolean {
  return ignore.rules.includes(finding.rule) && finding.places.some((place) => isMeant(ignore.comment, place));
}

function isMeant(comment: Comment, place: Place): boolean {
  if (place.file !== comment.file) return false;
  const line = comment.line + Number(comment.alone);
  const end = place.endLine - place.line > LONGEST_SPAN ? place.line : place.endLine;
  return line >= place.line && line <= end;
}

function useKey({ comment }: Ignore, rule: string): string {
  return JSON.stringify([comment.file, comment.line, comment.text, rule]);
}

function unusedIgnores(ignore: Ignore, used: ReadonlySet<string>): Finding[] {
  if (ignore.rules.length === 0) return [unusedIgnore(ignore, null)];
  return ignore.rules.filter((rule) => !used.has(useKey(ignore, rule))).map((rule) => unusedIgnore(ignore, rule));
}

function unusedIgnore({ comment }: Ignore, rule: string | null): Finding {
  const claim = rule ? `This comment ignores \`${rule}\`, and no finding of that rule is here.` : "This comment names no rule, so it ignores nothing.";
  const remedy = rule ? "Remove it." : "Name the rule: `# luthier: ignore[rule-id] reason`.";
  return {
    id: `unused-ignore:${comment.file}:${rule ?? ""}:${comment.text.trim()}`,
    rule: "unused-ignore",
    chapter: "meta",
    severity: "info",
    confidence: "certain",
    message: `${claim} ${remedy}`,
    claim,
    remedy,
    doubt: "a finding that needs a recording or a database is not found without one",
    places: [{ role: "definition", file: comment.file, line: comment.line, column: 1, endLine: comment.line, endColumn: 1 }],
    evidence: [{ kind: "inferred", note: "source only: compared with all findings of this run" }],
    impact: {},
    fixes: [{ title: remedy.replaceAll("`", "").replace(/\.$/, ""), kind: "edit", safety: "advice", edits: [] }],
  };
}
