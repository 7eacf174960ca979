/** Statements that change rows. */
import type { Model } from "../model/index.ts";
import type { CallSite, Engine } from "./engine.ts";
import { callsSince } from "./frame.ts";
import { keyedBy } from "./arguments.ts";
import { projectSite } from "./sites.ts";

export function recordWrite(
  engine: Engine,
  how: string,
  model: Model | null,
  relation: string | null,
  site: CallSite,
  { isRowsOwn = false, isOfNewRow = false } = {},
): void {
  const at = projectSite(site);
  const loop = site.frame.loop;
  engine.recorder.write({
    how,
    model: model?.label ?? null,
    relation,
    span: at.span,
    loop,
    keyed: loop === null ? "unknown" : isRowsOwn ? "keyed" : keyedBy(engine, loop.id),
    branch: at.frame.branch,
    calls: callsSince(at.frame, loop?.depth ?? at.frame.depth),
    symbol: at.frame.symbol,
    isAsync: at.frame.isAsync,
    awaited: engine.awaiting || isAsyncMethod(site),
    ...(isOfNewRow ? { isOfNewRow } : {}),
  });
}

const ASYNC_WRITE = /^a(save|delete|create|add|remove|set|clear|update|get_or_create|update_or_create|bulk_create|bulk_update)$/;

function isAsyncMethod(site: CallSite): boolean {
  const callee = site.expr?.callee;
  return callee?.kind === "attribute" && ASYNC_WRITE.test(callee.name);
}
