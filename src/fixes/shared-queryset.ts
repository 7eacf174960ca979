/** Rows of a helper's queryset that one of its callers alone reads further: there the relation is loaded, and for nobody else. */
import type { LazyLoad, QueryRun, RuleInput, Span } from "../model/index.ts";
import { isSameSpan } from "../model/span.ts";
import { pathTo, type SyntaxNode } from "../python/syntax-tree.ts";

/** The call whose rows that caller goes through: `open_orders(user)` of `for order in open_orders(user)`. */
interface OnlyReader {
  readonly span: Span;
  readonly text: string;
}

const MANY: ReadonlySet<string> = new Set(["iterate", "list", "sorted"]);

/** Null where all who go through the rows read it, or the loop stands beside the queryset. */
export function onlyReader(load: LazyLoad, input: RuleInput): OnlyReader | null {
  const { origin, path, loop } = load;
  if (origin.kind !== "manager" || loop === null || loop.origin?.id !== origin.id) return null;
  const { facts, program } = input;
  const own = facts.runs.filter((run) => run.origin.id === origin.id && run.givesRows && MANY.has(run.how) && !run.cached);
  const readers = facts.loads.filter((one) => one.origin.id === origin.id && `${one.path}__`.startsWith(`${path}__`));
  const isRead = ({ span }: QueryRun): boolean => readers.some(({ loop: other }) => other !== null && endsAt(other.span, span));
  const reading = own.filter(isRead);
  const [run] = reading;
  if (run === undefined || !endsAt(loop.span, run.span) || reading.some(({ span }) => !endsAt(span, run.span)) || reading.length === own.length) return null;
  // A function that gives rows of several models: not all of them have the relation.
  if (facts.runs.some((one) => one.model !== run.model && isSameSpan(one.span, run.span))) return null;
  const [around, call] = pathTo(program, run.span).slice(-2);
  if (call?.kind !== "call" || call.start !== run.span.start || around === undefined || isHandedOn(around) || isWithinFunction(origin.span, run.span, input))
    return null;
  return { span: run.span, text: input.text(run.span.file).slice(run.span.start, run.span.end) };
}

/** `return super().list(request)`: whoever is called there goes through the rows, and gives something else. */
function isHandedOn({ kind }: SyntaxNode): boolean {
  return kind === "return" || kind === "expr" || kind === "assign";
}

function endsAt(one: Span, other: Span): boolean {
  return one.file === other.file && one.end === other.end;
}

/** Both stand in one function, or the first is part of the second's own expression. */
function isWithinFunction(origin: Span, reader: Span, { program }: RuleInput): boolean {
  const holder = (span: Span): unknown => pathTo(program, span).findLast(({ kind }) => kind === "function");
  return origin.file === reader.file && holder(origin) === holder(reader);
}
