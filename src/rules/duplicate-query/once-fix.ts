/** A query that is written twice is sent once: its answer gets a name, or the name that it has is used again. */
import { indentAt, lineStart } from "../../fixes/source-text.ts";
import type { Expr, FixDraft, FunctionDef, QueryRun, RuleInput, Stmt } from "../../model/index.ts";
import { isStatement, pathTo, type SyntaxNode } from "../../python/syntax-tree.ts";
import { changedNames, exprAt, functionAt, namesIn, sourceText } from "../code.ts";
import { isNamedAfter } from "../collect-fix.ts";
import { nameOf } from "../runs.ts";

export function onceFix(first: QueryRun, second: QueryRun, input: RuleInput): FixDraft[] {
  const a = exprAt(input, first.span);
  const b = exprAt(input, second.span);
  const path = pathTo(input.program, first.span);
  const holder = functionAt(path);
  const stmt = path.findLast(isStatement);
  const { file } = first.span;
  if (a === null || b === null || holder?.kind !== "function" || stmt === undefined || first.span.file !== second.span.file) return [];
  if (plain(sourceText(input, file, a)) !== plain(sourceText(input, file, b))) return [];
  return again(stmt, a, b, file, holder) ?? extracted({ stmt, path, a, b, holder, first, second }, input);
}

function plain(text: string): string {
  return text.replaceAll(/\s+/g, "");
}

/** `rows = query … query` becomes `rows = query … rows`. */
function again(stmt: Stmt, a: Expr, b: Expr, file: string, holder: FunctionDef): FixDraft[] | null {
  const [target, ...more] = stmt.kind === "assign" ? stmt.targets : [];
  if (stmt.kind !== "assign" || stmt.value !== a || target?.kind !== "name" || more.length > 0) return null;
  const isChanged = holder.body.some((body) => [...changesOf(body, stmt)].includes(target.name));
  return isChanged ? [] : [{ title: `Use ${target.name} again`, safety: "review", edits: [{ span: { file, start: b.start, end: b.end }, text: target.name }] }];
}

function changesOf(body: Stmt, except: Stmt): ReadonlySet<string> {
  return body === except ? new Set() : changedNames(body, except);
}

interface Twice {
  readonly stmt: Stmt;
  readonly path: readonly SyntaxNode[];
  readonly a: Expr;
  readonly b: Expr;
  readonly holder: FunctionDef;
  readonly first: QueryRun;
  readonly second: QueryRun;
}

/** Both are parts of statements of one block: a line before the first one gives the answer a name. */
function extracted({ stmt, a, b, holder, first, second }: Twice, input: RuleInput): FixDraft[] {
  const other = pathTo(input.program, second.span).findLast(isStatement);
  const { file } = first.span;
  const text = input.text(file);
  const name = nameOf(first.model)
    .replaceAll(/(?<=[a-z0-9])(?=[A-Z])/g, "_")
    .toLowerCase();
  const isTaken = namesIn(holder).has(name) || holder.params.some((param) => param.name === name) || isNamedAfter(holder.body, name, 0);
  const isSimple = [stmt, other].every((one) => one?.kind === "assign" || one?.kind === "expr" || one?.kind === "return");
  const isOneBlock = other !== undefined && indentAt(text, other.start) === indentAt(text, stmt.start) && a.start !== stmt.start;
  const moved = sourceText(input, file, a);
  if (isTaken || !isSimple || !isOneBlock || first.how !== "get" || moved.includes("\n") || text.slice(lineStart(text, stmt.start), stmt.start).trim() !== "")
    return [];
  const line = lineStart(text, stmt.start);
  return [
    {
      title: `Fetch the ${name} once`,
      safety: "review",
      edits: [
        { span: { file, start: line, end: line }, text: `${indentAt(text, stmt.start)}${name} = ${moved}\n` },
        { span: { file, start: a.start, end: a.end }, text: name },
        { span: { file, start: b.start, end: b.end }, text: name },
      ],
    },
  ];
}
