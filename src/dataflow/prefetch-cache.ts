/** `row._prefetched_objects_cache`: code that looks there itself, so as not to ask again for what a prefetch has brought. */
import type { Expr, Handler, Stmt, Subscript } from "../model/index.ts";
import { nodesIn } from "../python/syntax-tree.ts";
import type { Engine } from "./engine.ts";
import { lookUp, type Frame } from "./frame.ts";
import type { RowValue } from "./values.ts";

export const PREFETCH_CACHE = "_prefetched_objects_cache";

interface CachedRelation {
  readonly row: RowValue;
  readonly name: string;
}

/** `order._prefetched_objects_cache["lines"]`, where the lines are prefetched: they are what `order.lines.all()` gives then. */
export function cachedRelation(engine: Engine, { object, index }: Subscript, frame: Frame): CachedRelation | null {
  if (object.kind !== "attribute" || object.name !== PREFETCH_CACHE || object.object.kind !== "name") return null;
  const row = lookUp(frame.env, object.object.name)?.value;
  const name = relationName(index) ?? literalText(engine, index, frame);
  return row?.kind === "row" && name !== null && row.load.relations.get(name)?.how === "prefetch" ? { row, name } : null;
}

/** `order.lines.prefetch_cache_name`. */
function relationName(index: Expr): string | null {
  return index.kind === "attribute" && index.name === "prefetch_cache_name" && index.object.kind === "attribute" ? index.object.name : null;
}

function literalText(engine: Engine, index: Expr, frame: Frame): string | null {
  if (index.kind !== "str" && index.kind !== "name") return null;
  const value = engine.evaluate(index, frame);
  return value.kind === "literal" && typeof value.value === "string" ? value.value : null;
}

const MISSING: ReadonlySet<string> = new Set(["AttributeError", "KeyError", "LookupError"]);

/** The handler is for rows whose relation was not prefetched, and it was. */
export function isPrefetchedThere(engine: Engine, { type }: Handler, body: readonly Stmt[], frame: Frame): boolean {
  const types = type?.kind === "sequence" ? type.items : type === null ? [] : [type];
  if (types.length === 0 || !types.every((one) => one.kind === "name" && MISSING.has(one.name))) return false;
  const nodes = body.flatMap((stmt) => nodesIn(stmt));
  const looked = nodes.filter((node) => node.kind === "subscript");
  return looked.length > 0 && nodes.every(({ kind }) => kind !== "call") && looked.every((one) => cachedRelation(engine, one, frame) !== null);
}
