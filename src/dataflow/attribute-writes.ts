/** Attributes and keys that code sets under a condition, and rows of which it changes what is loaded: each way starts with what was there before. */
import type { Engine } from "./engine.ts";
import type { LoadNode } from "./load-tree.ts";
import type { Frame } from "./frame.ts";
import { isExternal } from "./frames.ts";
import { isNone, join, joinAll, type DictValue, type ObjectValue, type RowValue, type Value } from "./values.ts";

/** What code sets names of: attributes of an object or a row, keys of a dictionary. */
type Holder = ObjectValue | RowValue | DictValue;

/** An attribute or a key that was set, and what it had before. */
export interface AttributeWrite {
  readonly object: Holder;
  readonly name: string;
  readonly had: Value | null;
}

/** What a function that an arm calls threw away of a row. */
export interface RowChange {
  readonly row: RowValue;
  readonly had: LoadNode;
  readonly has: LoadNode;
}

/** What an arm leaves in an attribute. */
export interface AttributeEnd {
  readonly object: Holder;
  readonly name: string;
  readonly value: Value;
}

export interface ArmEnd {
  readonly exits: boolean;
  readonly ends: readonly AttributeEnd[];
}

/** Arms start from a state of their own; in a loop an attribute may keep what an earlier round, or none, gave it. */
const IS_ARM = /(?:then|else|case|none|try|except\d+)$/;

export function setAttribute(engine: Engine, object: Holder, name: string, value: Value, frame: Frame): void {
  const isSure = frame.branch === "" || IS_ARM.test(frame.branch) || object.kind !== "object";
  setName(frame, object, name, isSure ? value : joinAll([value, ...before(engine, object, name, frame)]));
}

/** To the end of the arm that runs, the name has this value alone. */
export function setName(frame: Frame, object: Holder, name: string, value: Value): void {
  frame.journal?.push({ object, name, had: namesOf(object).get(name) ?? null });
  namesOf(object).set(name, value);
}

/** Copies of a row share what was put on it. */
function namesOf(object: Holder): Map<string, Value> {
  return object.kind === "object" ? object.attrs : object.kind === "row" ? object.extra : object.entries;
}

/** What an attribute holds where nothing set it: the class's own value. `None` stands there for not yet. */
function before(engine: Engine, object: Holder, name: string, frame: Frame): readonly Value[] {
  const had = namesOf(object).get(name);
  if (had !== undefined) return [had];
  if (object.kind !== "object") return [];
  const member = engine.program.member(object.cls, name);
  if (member?.definition.kind !== "variable" || isExternal(member.owner) || member.owner.module.origin === "builtin") return [];
  const span = { file: member.owner.module.ir.file, start: member.definition.stmt.start, end: member.definition.stmt.end };
  const value = engine.classMember(object.cls, name, object, { span, frame });
  return value === null || value.kind === "unknown" || isNone(value) ? [] : [value];
}

/** Runs one arm, and takes back what it did to attributes. */
export function runArm(frame: Frame, run: () => boolean): ArmEnd {
  const { journal, changes } = frame;
  const writes: AttributeWrite[] = [];
  const changed: RowChange[] = [];
  frame.journal = writes;
  frame.changes = changed;
  const exits = run();
  for (const { row, had, has } of changed.toReversed()) if (row.load === has) row.load = had;
  frame.changes = changes;
  frame.journal = journal;
  return writes.length === 0 ? { exits, ends: [] } : { exits, ends: takenBack(writes) };
}

/** The row loads otherwise from here on: for good, or to the end of the arm of a caller that leads here. */
export function changeLoad(frame: Frame, row: RowValue, has: LoadNode): void {
  const change = { row, had: row.load, has };
  row.load = has;
  let at = frame.caller;
  while (at !== null && at.changes === undefined) at = at.caller;
  at?.changes?.push(change);
}

function takenBack(writes: readonly AttributeWrite[]): AttributeEnd[] {
  const ends: AttributeEnd[] = [];
  for (const { object, name } of writes) {
    const value = namesOf(object).get(name);
    if (value !== undefined && !ends.some((one) => isSame(one, object, name))) ends.push({ object, name, value });
  }
  for (const { object, name, had } of writes.toReversed()) {
    if (had === null) namesOf(object).delete(name);
    else namesOf(object).set(name, had);
  }
  return ends;
}

/** What comes after the arms finds what the ones left behind that come out; a caller, what all of them did. */
export function settle(engine: Engine, frame: Frame, arms: readonly ArmEnd[]): void {
  if (arms.every(({ ends }) => ends.length === 0)) return;
  const out = arms.filter(({ exits }) => !exits);
  const reached = out.length === 0 ? arms : out;
  for (const { object, name } of distinct(reached)) {
    const values = reached.flatMap(({ ends }) => {
      const end = ends.find((one) => isSame(one, object, name));
      return end === undefined ? before(engine, object, name, frame) : [end.value];
    });
    setName(frame, object, name, joinAll(values));
  }
  if (out.length > 0) frame.left = [...(frame.left ?? []), ...arms.flatMap(({ exits, ends }) => (exits ? ends : []))];
}

function distinct(arms: readonly ArmEnd[]): AttributeEnd[] {
  const found: AttributeEnd[] = [];
  for (const end of arms.flatMap(({ ends }) => ends)) {
    if (!found.some((one) => isSame(one, end.object, end.name))) found.push(end);
  }
  return found;
}

function isSame(end: AttributeEnd, object: Holder, name: string): boolean {
  return end.name === name && namesOf(end.object) === namesOf(object);
}

/** At a function's end: the caller may come from a `return` further up. */
export function joinLeft(frame: Frame): void {
  for (const { object, name, value } of frame.left ?? []) {
    const had = namesOf(object).get(name);
    namesOf(object).set(name, had === undefined ? value : join(had, value));
  }
}
