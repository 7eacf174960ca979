/** `get_or_create()` and `update_or_create()`: a row, and whether it was made just now. */
import type { Expr } from "../model/index.ts";
import type { CallArgs, Engine } from "./engine.ts";
import { lookUp, type Binding, type Frame } from "./frame.ts";
import { assignToRow, withGivenValues } from "./rows.ts";
import { freshId, there, UNKNOWN, type RowValue, type Value } from "./values.ts";

/** `row` is the one that is found, with what the queryset loads. */
export function foundOrMade(name: string, row: RowValue, args: CallArgs, frame: Frame): Value {
  const given = givenTo(name, args);
  const defaults = args.keywords.get("defaults");
  // `update_or_create()` sets them on what it finds before it saves that.
  if (name === "update_or_create" && defaults?.kind === "dict") for (const [key, value] of defaults.entries) assignToRow(row, key, value, frame);
  const found = there(row);
  const isMade: Value = found.kind === "row" ? { ...UNKNOWN, makes: { of: found, given } } : UNKNOWN;
  return { kind: "list", id: freshId(), type: "tuple", items: [found, isMade], element: UNKNOWN };
}

/** What the row is made with: the lookups that are no conditions, and the defaults. */
function givenTo(name: string, { positional, keywords, open }: CallArgs): CallArgs {
  const all = new Map([...keywords].filter(([key]) => !OPTIONS.has(key) && !key.includes("__")));
  const defaults = (name === "update_or_create" ? keywords.get("create_defaults") : undefined) ?? keywords.get("defaults");
  if (defaults?.kind === "dict") for (const [key, value] of defaults.entries) all.set(key, value);
  const isKnown = defaults === undefined || (defaults.kind === "dict" && defaults.rest === null);
  return { positional, keywords: all, open: open || !isKnown };
}

const OPTIONS: ReadonlySet<string> = new Set(["defaults", "create_defaults"]);

/** `if created:`: there the row has the very rows that it was made with. */
export function rowsMade(engine: Engine, test: Expr, frame: Frame): ReadonlyMap<string, Binding> {
  const value = test.kind === "name" ? lookUp(frame.env, test.name)?.value : undefined;
  const makes = value?.kind === "unknown" ? value.makes : undefined;
  const made = new Map<string, Binding>();
  if (makes === undefined) return made;
  for (const [name, binding] of frame.env.vars) {
    if (binding.value.kind !== "row" || binding.value.id !== makes.of.id) continue;
    const row: RowValue = { ...binding.value, id: freshId(), extra: new Map(binding.value.extra), isNew: true };
    const value = withGivenValues(engine, row, makes.given);
    const narrowed: Binding = { ...binding, value };
    if (value.kind === "row") madeFrom.set(narrowed, { found: binding, known: value.extra.size });
    made.set(name, narrowed);
  }
  return made;
}

/** What a name meant before `if created:` said that its row was made, and how much was known of the row then. */
const madeFrom = new WeakMap<Binding, { readonly found: Binding; readonly known: number }>();

/**
 * Behind the `if` nobody knows any more whether the row was made: where the way has done nothing to it, it is the one of the other ways.
 * `narrowed`: what the tests of the `if` said of names.
 */
export function forgetMade(ways: readonly { readonly vars: Map<string, Binding> }[], narrowed: readonly ReadonlyMap<string, Binding>[]): void {
  for (const [name, binding] of narrowed.flatMap((one) => [...one])) {
    const before = madeFrom.get(binding);
    if (before === undefined || binding.value.kind !== "row" || binding.value.extra.size !== before.known) continue;
    if (!ways.some(({ vars }) => vars.get(name) === before.found)) continue;
    for (const { vars } of ways) if (vars.get(name) === binding) vars.set(name, before.found);
  }
}
