/** Rows of a relation that an inner loop goes through: what is read of each may be loaded there, with the rows as they are then. */
import type { FixDraft, LazyLoad, ModelGraph, Origin, RuleInput, Span } from "../model/index.ts";
import { makingMethod } from "./eager-load.ts";
import { isChangedEarly, isOfOneRow, methodPastPrefetch } from "./eager-verdict.ts";
import { queryPath, stepsOf, stepsToPayers } from "./eager-paths.ts";
import { quoted, styleOf } from "./source-text.ts";

export interface InnerRows {
  /** `person.memberships.all()`, as it is written. */
  readonly text: string;
  /** `.all()` of that. */
  readonly all: Span;
  readonly method: "select_related" | "prefetch_related";
  readonly path: string;
}

/**
 * `for line in order.lines.all()` of an order that is fetched alone, or whose lines the outer loop changes: a prefetch with the order saves nothing
 * more, or gives the lines as they were. A manager's method that makes the orders would load the lines for all who call it. Null where the code has no such loop, or somebody prefetches for it.
 */
export function innerRows(load: LazyLoad, input: RuleInput): InnerRows | null {
  const { origin, path, loop } = load;
  if (methodPastPrefetch(load, input.facts) !== null) return null;
  const steps = stepsToPayers(input.graph, origin.model, path);
  if (loop === null || steps === 0) return null;
  if (!isOfOneRow(load, input) && !isChangedEarly(load, steps, input) && !isMadeByMethod(origin, input)) return null;
  const { file, start, end } = loop.span;
  const header = input.text(file).slice(start, end);
  const written = /\bin\s+([\w.]+\.(\w+)\.all\(\))$/.exec(header);
  const [, text = "", relation] = written ?? [];
  if (relation === undefined || relation !== path.split("__")[steps - 1]) return null;
  if (input.facts.covered.has(`${file}:${end - text.length}:${relation}`)) return null;
  const isJoinable = isJoinableFrom(load, steps, input.graph);
  return {
    text,
    all: { file, start: end - ".all()".length, end },
    method: isJoinable ? "select_related" : "prefetch_related",
    path: isJoinable ? queryPath(load, input.graph, steps) : path.split("__").slice(steps).join("__"),
  };
}

/** A join can load what is read of the rows that so many steps of the path lead to. */
export function isJoinableFrom({ origin, path }: LazyLoad, steps: number, graph: ModelGraph): boolean {
  const rest = stepsOf(graph, origin.model, path)?.slice(steps) ?? [];
  return rest.length > 0 && rest.every((field) => field.relation?.single === true && field.relation.kind !== "generic-fk");
}

/** `create()` makes a row, of which nothing is there yet. */
function isMadeByMethod(origin: Origin, input: RuleInput): boolean {
  const method = makingMethod(origin, input);
  return method !== null && !method.endsWith("create");
}

export function innerRowsFix({ all, method, path }: InnerRows, load: LazyLoad, input: RuleInput): FixDraft {
  const text = `.${method}(${quoted(path, styleOf(input.text(all.file)))})`;
  return { title: `Load ${load.path.replaceAll("__", ".")} where the loop asks for its rows`, safety: "review", edits: [{ span: all, text }] };
}
