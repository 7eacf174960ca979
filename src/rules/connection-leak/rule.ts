import type { DatabaseDraft, EvidenceInput, Expr, FunctionDef, Judgement, Program, PythonModule, Rule, RuleInput, Span, Stmt } from "../../model/index.ts";
import { childrenOf } from "../../python/syntax-tree.ts";
import { filesEvidence } from "../deployment/evidence.ts";
import { holderName, modelName } from "../names.ts";
import { isTestFile } from "../test-files.ts";
import { threadStarts, type ThreadStart } from "./thread-starts.ts";
import { isWithin } from "../../model/span.ts";

export const rule: Rule = {
  meta: {
    id: "connection-leak",
    chapter: "4.2",
    summary: "Threads of the project query, and nobody closes their connections",
    severity: "warning",
    confidence: "likely",
    fix: "never",
    stage: "stable",
  },
  audit,
};

function audit({ source }: EvidenceInput): Judgement {
  if (source === null) return { drafts: [], unjudged: [{ object: "", why: "needs the source" }], examined: "" };
  const starts = threadStarts(source).filter(({ span }) => !isTestFile(span.file));
  return { drafts: starts.flatMap((start) => draftOf(start, source)), unjudged: [], examined: starts.length === 0 ? "" : `${starts.length} starts of threads` };
}

function draftOf(start: ThreadStart, source: RuleInput): DatabaseDraft[] {
  const query = queryIn(start, source);
  if (query === null || closesConnections(start.module, start.target, source.program)) return [];
  const where = holderName(start.symbol, source.program);
  const places = [
    { role: "call" as const, span: start.span, label: "starts a thread" },
    { role: "access" as const, span: query.span, label: "queries in it" },
  ];
  return [
    {
      key: [start.symbol, start.target.name],
      claim: `\`${start.target.name}\` queries${query.model === "" ? "" : ` \`${modelName(query.model)}\``} in ${start.lasts ? "threads that outlive the request" : "a thread of its own"}, and its connection is never closed.`,
      reason: `Each thread opens a connection of its own. Django closes connections at the end of a request in the request's own thread alone: ${start.lasts ? "this one stays open as long as the pool's thread, with whatever transaction it was left in" : "this one stays until the thread's object is collected"}.`,
      remedy: `In \`${start.target.name}\`, end with \`finally: connections.close_all()\` (django.db), or hand the work to a task.`,
      doubt: "a caller that closes the connection in the same thread afterwards",
      places,
      evidence: [filesEvidence(...places)],
      fixes: [],
    },
  ].map((draft) => ({ ...draft, key: [where, ...draft.key] }));
}

interface Query {
  readonly model: string;
  readonly span: Span;
}

/** A query, or a write, that the target runs itself or by what it calls. */
function queryIn({ target, module }: ThreadStart, { facts }: RuleInput): Query | null {
  const isRun = (span: Span): boolean => isWithin(span, { file: module.ir.file, start: target.start, end: target.end });
  const runs = facts.runs.filter((run) => !run.cached && run.doubts.length === 0 && [run.span, ...run.calls, ...run.trail.slice(1)].some(isRun));
  const own = runs.find((run) => isRun(run.span)) ?? runs[0];
  if (own !== undefined) return { model: own.model, span: own.span };
  const write = facts.writes.find(({ span }) => isRun(span));
  if (write !== undefined) return { model: write.model ?? "", span: write.span };
  const [manager] = managersIn(target.body);
  return manager === undefined ? null : { model: "", span: { file: module.ir.file, start: manager.start, end: manager.end } };
}

/** Calls on a manager of a model that a parameter brings: `model.objects.count()`. */
function managersIn(body: readonly Stmt[]): Expr[] {
  return callsIn(body).filter(({ callee }) => callee.kind === "attribute" && callee.object.kind === "attribute" && callee.object.name === "objects");
}

const CLOSES = /^(?:close|close_all|close_old_connections|close_if_unusable_or_obsolete)$/;

/** `connections.close_all()`, `connection.close()` or `close_old_connections()`, in it or in what it calls by name. */
function closesConnections(module: PythonModule, target: FunctionDef, program: Program, depth = 0): boolean {
  return (
    callsIn(target.body).some((call) => {
      const { callee } = call;
      if (callee.kind === "attribute" && CLOSES.test(callee.name)) return /connection/.test(textOf(callee.object));
      if (callee.kind !== "name") return false;
      if (callee.name === "close_old_connections") return true;
      const symbol = depth > DEEPEST ? null : program.resolve(module, callee.name);
      return symbol?.kind === "function" && symbol.module.origin === "project" && closesConnections(symbol.module, symbol.def, program, depth + 1);
    }) || target.decorators.some((one) => /close|connection/.test(textOf(one)))
  );
}

const DEEPEST = 3;

function callsIn(nodes: readonly (Expr | Stmt)[]): Extract<Expr, { readonly kind: "call" }>[] {
  return nodes.flatMap((node) => [...(node.kind === "call" ? [node] : []), ...callsIn(childrenOf(node))]);
}

function textOf(expr: Expr): string {
  if (expr.kind === "name") return expr.name;
  if (expr.kind === "attribute") return `${textOf(expr.object)}.${expr.name}`;
  if (expr.kind === "subscript") return textOf(expr.object);
  return expr.kind === "call" ? textOf(expr.callee) : "";
}
