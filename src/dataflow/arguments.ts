/** What a call is given, and what that depends on. */
import type { QueryRun } from "../model/index.ts";
import type { Engine } from "./engine.ts";
import type { CallArgs, Value } from "./values.ts";

/** Arguments of a call by position or keyword. */
export function argument(args: CallArgs, position: number, name: string): Value | null {
  return args.keywords.get(name) ?? args.positional[position] ?? null;
}

export function escapeArgs(engine: Engine, args: CallArgs): void {
  for (const value of args.positional) engine.escape(value);
  for (const value of args.keywords.values()) engine.escape(value);
}

export function keyedBy(engine: Engine, loop: number): QueryRun["keyed"] {
  return engine.dependsOn >= loop ? "keyed" : "unknown";
}
