/** Attribute reads of every kind of value but rows and querysets. */
import { decoratorName } from "../python/syntax-tree.ts";
import type { ClassInfo, Definition, Field, FunctionDef, Model, NamingSetting, Symbol } from "../model/index.ts";
import { implemented } from "./abstract-methods.ts";
import { methodKind, refreshed } from "./calls.ts";
import type { Frame, Loop } from "./frame.ts";
import type { AccessSite, Engine } from "./engine.ts";
import { bodyVariable } from "./class-bodies.ts";
import { classFrame, isExternal } from "./frames.ts";
import { collectionMethod } from "./collections.ts";
import { isOnlyDeclared } from "../python/resolve-class.ts";
import { unknownRow } from "./protocols.ts";
import { managerAttribute, modelManager, querysetAttribute, superManagerAttribute, throughClass } from "./querysets.ts";
import { MADE_CACHED_PROPERTY, MADE_PROPERTY } from "./python-builtins.ts";
import { hasAtHand, modelMeta, rowMethod } from "./rows.ts";
import { isClient } from "./outside-calls.ts";
import { noteSent } from "./sends.ts";
import {
  attributesOnly,
  dict,
  functionValue,
  joinAll,
  list,
  listOf,
  literal,
  native,
  NO_ARGS,
  UNKNOWN,
  type BoundValue,
  type FunctionValue,
  type ListValue,
  type NativeValue,
  type ObjectValue,
  type RowValue,
  type SuperValue,
  type Value,
} from "./values.ts";

export function attribute(engine: Engine, value: Value, name: string, site: AccessSite): Value {
  switch (value.kind) {
    case "union":
      // What is known of the others tells more than the name does.
      return joinAll(value.values.map((one) => (one.kind === "unknown" ? UNKNOWN : attribute(engine, one, name, site))));
    case "row":
      return engine.rowAttribute(value, name, site) ?? UNKNOWN;
    case "queryset":
      return querysetAttribute(engine, value, name);
    case "manager":
      return managerAttribute(engine, value, name);
    case "object":
      return objectAttribute(engine, value, name, site);
    case "class":
      return classAttribute(engine, value.cls, name, site);
    case "super":
      return superAttribute(engine, value, name, site);
    case "module":
      return engine.symbol(engine.program.resolveDotted(`${value.module.name}.${name}`));
    case "external":
      if (value.name === "django.conf.settings") return namingSetting(engine, name);
      if (isClient(value.name)) return { kind: "external", name: `${value.name}.${name}` };
      return engine.symbol(engine.program.resolveDotted(`${value.name}.${name}`));
    case "dict":
      return value.entries.get(`.${name}`) ?? collectionMethod(engine, value, name);
    case "list":
      return namedItem(engine, value, name, site) ?? collectionMethod(engine, value, name);
    case "literal":
      return typeof value.value === "string" ? textMethod(engine, value.value, name) : UNKNOWN;
    case "function":
    case "bound":
      return taskMethod(engine, value, name);
    case "unknown":
      noteRelationByName(engine, name, site);
      return managerByName(engine, name, site);
    default:
      return UNKNOWN;
  }
}

const relationNames = new WeakMap<Engine, ReadonlyMap<string, readonly { readonly model: Model; readonly to: string }[]>>();

/** Two ends that a name leads to are still a guess between two; more are none. */
const MOST_TARGETS = 2;

/** `thing.customer` of what nothing is known: a statement that is seen for a customer can be this one's. */
function noteRelationByName(engine: Engine, name: string, site: AccessSite): void {
  let names = relationNames.get(engine);
  if (names === undefined) {
    names = singleRelations(engine);
    relationNames.set(engine, names);
  }
  const found = names.get(name) ?? [];
  if (found.length > MOST_TARGETS) return;
  for (const { model } of found) noteSent(engine, { kind: "relation", model: model.label, field: name }, site, null);
}

/** Names of relations to one row, with a model for each table that they lead to. */
function singleRelations(engine: Engine): ReadonlyMap<string, readonly { readonly model: Model; readonly to: string }[]> {
  const names = new Map<string, { readonly model: Model; readonly to: string }[]>();
  for (const model of engine.graph.models.values()) {
    if (model.isAbstract || model.isProxy || model.cls.module.origin !== "project") continue;
    for (const { name, relation } of model.fields.values()) {
      if (relation === null || !FOLLOWED.has(relation.kind)) continue;
      const known = names.get(name) ?? [];
      const to = `${relation.kind} ${relation.target ?? ""}`;
      if (!known.some((one) => one.to === to)) names.set(name, [...known, { model, to }]);
    }
  }
  return names;
}

const FOLLOWED: ReadonlySet<string> = new Set(["fk", "o2o", "o2o-reverse"]);

const relationOwners = new WeakMap<Engine, ReadonlyMap<string, Model | null>>();

/** A many-valued relation whose name only one model has tells what an unknown receiver is. */
function managerByName(engine: Engine, name: string, site: AccessSite): Value {
  if (!name.includes("_") || name.startsWith("_")) return UNKNOWN;
  let owners = relationOwners.get(engine);
  if (owners === undefined) {
    owners = uniqueRelations(engine);
    relationOwners.set(engine, owners);
  }
  const model = owners.get(name) ?? null;
  if (model === null) return UNKNOWN;
  return engine.attribute(unknownRow(engine, model.label), name, site);
}

function uniqueRelations(engine: Engine): ReadonlyMap<string, Model | null> {
  const owners = new Map<string, Model | null>();
  for (const model of engine.graph.models.values()) {
    if (model.isAbstract || model.isProxy || model.cls.module.origin === "builtin") continue;
    for (const field of model.fields.values()) {
      if (field.relation === null || field.relation.single) continue;
      owners.set(field.name, owners.has(field.name) ? null : model);
    }
  }
  return owners;
}

/** `pair.order` of a named tuple, or a method of its class. */
function namedItem(engine: Engine, value: ListValue, name: string, site: AccessSite): Value | null {
  const item = value.items?.[value.names?.indexOf(name) ?? -1];
  return item ?? (value.cls == null ? null : engine.classMember(value.cls, name, value, site));
}

/** A setting that names a model, a class or a function. What others say is left open: they are set where the project runs. */
function namingSetting({ project }: Engine, name: string): Value {
  if (name === "AUTH_USER_MODEL") return literal(project.authUserModel);
  const named = project.modelSettings.get(name) ?? project.pathSettings.get(name) ?? null;
  // How long a list is may differ where the project runs.
  return Array.isArray(named) ? listOf(joinAll(named.map(settingValue))) : settingValue(named);
}

function settingValue(setting: NamingSetting): Value {
  if (setting === null) return UNKNOWN;
  if (typeof setting === "string") return literal(setting);
  if (!(setting instanceof Map)) return list([...setting.values()].map(settingValue));
  const made = dict([...setting].map(([key, one]) => [key, settingValue(one)]));
  made.rest = UNKNOWN;
  return made;
}

/** `"…".format(row)` and `", ".join(rows)` render what they are given; `"shop.Order".split(".")` are the parts. */
function textMethod(engine: Engine, text: string, name: string): Value {
  if (name in PARTS) return native(`str.${name}:${text}`, ({ positional }) => partsOf(text, name, positional));
  if (name !== "format" && name !== "join") return UNKNOWN;
  return native(`str.${name}`, (args, at) => {
    for (const value of [...args.positional, ...args.keywords.values()]) {
      const one = name === "join" ? engine.iterate(value, at.span, at.frame, "list").element : value;
      if (name === "format") engine.text(one, at.span, at.frame);
    }
    return UNKNOWN;
  });
}

/** From which end each method counts, and how often it cuts where the call does not say. */
const PARTS: Readonly<Record<string, { readonly fromEnd: boolean; readonly most: number; readonly keepsSeparator: boolean }>> = {
  split: { fromEnd: false, most: Infinity, keepsSeparator: false },
  rsplit: { fromEnd: true, most: Infinity, keepsSeparator: false },
  partition: { fromEnd: false, most: 1, keepsSeparator: true },
  rpartition: { fromEnd: true, most: 1, keepsSeparator: true },
};

function partsOf(text: string, name: string, [separator, given]: readonly Value[]): Value {
  const method = PARTS[name];
  if (method === undefined || separator?.kind !== "literal" || typeof separator.value !== "string" || separator.value === "") return UNKNOWN;
  if (given !== undefined && (given.kind !== "literal" || typeof given.value !== "number")) return UNKNOWN;
  const words = text.split(separator.value);
  const most = given === undefined || Number(given.value) < 0 ? method.most : Number(given.value);
  const cuts = Math.min(words.length - 1, most);
  const at = method.fromEnd ? words.length - cuts : cuts + 1;
  const [head, tail] = [words.slice(0, at), words.slice(at)];
  const parts = method.fromEnd ? [head.join(separator.value), ...tail] : [...head.slice(0, -1), [...head.slice(-1), ...tail].join(separator.value)];
  if (!method.keepsSeparator) return list(parts.map((one) => literal(one)));
  const [first = "", last] = parts;
  const whole = method.fromEnd ? ["", "", first] : [first, "", ""];
  return list(
    (last === undefined ? whole : [first, separator.value, last]).map((one) => literal(one)),
    "tuple",
  );
}

/** Celery's ways of calling a task later: the body runs elsewhere, once per call. Huey's `call_local()` runs it here. */
function taskMethod(engine: Engine, value: FunctionValue | BoundValue, name: string): Value {
  if (name !== "apply" && name !== "__wrapped__" && name !== "call_local") return UNKNOWN;
  const [fn, self] = value.kind === "bound" ? [value.fn, value.self] : [value, null];
  return native(`task.${name}`, (args, site) => engine.callFunction(fn, self, args, site));
}

function objectAttribute(engine: Engine, value: ObjectValue, name: string, site: AccessSite): Value {
  const set = value.attrs.get(name);
  if (set !== undefined) return set;
  const member = engine.classMember(value.cls, name, value, site);
  if (member?.kind === "object" && isDeclared(engine, value.cls, member.cls, site)) return fromStub(engine, value, name, site) ?? member;
  if (member !== null) return implemented(engine, value, name, member, site);
  if (name === "__class__") return { kind: "class", cls: value.cls };
  if (value.cls.id === "django.conf.LazySettings") return namingSetting(engine, name);
  return name === "_meta" ? declaredMeta(engine, value.cls) : UNKNOWN;
}

/** What a metaclass takes out of class bodies, a serializer's fields: a field called `data` hides no attribute of the serializer's. */
function isDeclared(engine: Engine, cls: ClassInfo, declared: ClassInfo, site: AccessSite): boolean {
  const kind = engine.classMember(cls, "__luthier_declares__", { kind: "class", cls }, site);
  return kind?.kind === "class" && engine.program.mro(declared).includes(kind.cls);
}

/** The attribute as the nearest class that our stubs describe has it. */
function fromStub(engine: Engine, value: ObjectValue, name: string, site: AccessSite): Value | null {
  const owner = engine.program.mro(value.cls).find((one) => !isExternal(one) && one.module.origin === "builtin" && one.members.has(name));
  return owner === undefined || isExternal(owner) ? null : engine.classMember(owner, name, value, site);
}

/** `Meta` and its like, of the nearest class that has one. */
export function nestedClass(engine: Engine, cls: ClassInfo, name: string): ClassInfo | null {
  return nestedClasses(engine, cls, name)[0] ?? null;
}

function nestedClasses(engine: Engine, cls: ClassInfo, name: string): ClassInfo[] {
  return engine.program.mro(cls).flatMap((owner) => (isExternal(owner) ? [] : (owner.nested.get(name) ?? [])));
}

/** `_meta` of a form, a resource, a table: what its inner `Meta` says, or that of a base. */
function declaredMeta(engine: Engine, cls: ClassInfo): Value {
  return joinAll(nestedClasses(engine, cls, "Meta").map((meta) => ({ kind: "class", cls: meta })));
}

function classAttribute(engine: Engine, cls: ClassInfo, name: string, site: AccessSite): Value {
  const model = engine.graph.ofClass(cls);
  if (model !== null && !model.isAbstract) {
    if (name === "_default_manager" || name === "_base_manager") return modelManager(engine, model, model.defaultManager, site);
    if (model.managers.has(name) || name === "objects") return modelManager(engine, model, name, site);
    if (name === "_meta") return modelMeta(model);
    const field = model.fields.get(name);
    if (field?.relation?.single === true) return attributesOnly([["is_cached", cacheQuestion(cls, field)]]);
    const through = field === undefined ? null : throughClass(engine, field);
    if (through !== null) return through === UNKNOWN ? UNKNOWN : attributesOnly([["through", through]]);
  }
  if (name === "__name__") return literal(cls.name);
  if (name === "__subclasses__") return native(`${cls.id}.__subclasses__`, () => list(subclassesOf(engine, cls)));
  const nested = cls.nested.get(name);
  if (nested !== undefined) return { kind: "class", cls: nested };
  const member = engine.classMember(cls, name, { kind: "class", cls }, site);
  if (member !== null) return member;
  return name === "_meta" && model === null ? declaredMeta(engine, cls) : (askedOfMetaclass(engine, cls, name, site) ?? UNKNOWN);
}

/** `Order.customer.is_cached(order)`. */
function cacheQuestion(cls: ClassInfo, { name }: Field): Value {
  return native(`${cls.id}.${name}.is_cached`, ({ positional: [asked] }) => (asked?.kind === "row" ? hasAtHand(asked, name) : UNKNOWN));
}

/** What a class has not is given by the `__getattr__` of its metaclass. */
function askedOfMetaclass(engine: Engine, cls: ClassInfo, name: string, { span, frame }: AccessSite): Value | null {
  if (name.startsWith("__")) return null;
  for (const owner of engine.program.mro(cls)) {
    const keyword = isExternal(owner) ? undefined : owner.def.keywords.find((one) => one.name === "metaclass");
    if (isExternal(owner) || keyword === undefined) continue;
    const made = engine.evaluate(keyword.value, classFrame(engine, owner));
    const member = made.kind === "class" ? engine.program.member(made.cls, "__getattr__") : null;
    if (member?.definition.kind !== "function" || member.owner.module.origin === "builtin") return null;
    const fn = functionValue(member.owner.module, member.definition.def, member.owner);
    return engine.callFunction(fn, { kind: "class", cls }, { ...NO_ARGS, positional: [literal(name)] }, { span, frame, expr: null });
  }
  return null;
}

/** `Report.__subclasses__()`: those that name it as their base, but none that our stubs declare. */
function subclassesOf({ program }: Engine, cls: ClassInfo): Value[] {
  const below = program.classes.filter((one) => one !== cls && one.module.origin !== "builtin" && program.mro(one).includes(cls));
  const isBetween = (one: ClassInfo): boolean => program.mro(one).some((base) => base !== one && below.some((other) => other === base));
  return below.filter((one) => !isBetween(one)).map((one) => ({ kind: "class", cls: one }));
}

function superAttribute(engine: Engine, value: SuperValue, name: string, site: AccessSite): Value {
  const results = (value.self.kind === "union" ? value.self.values : [value.self]).map((self) => {
    if (self.kind === "manager" || self.kind === "queryset") return superManagerAttribute(engine, value.owner, self, name);
    const cls = self.kind === "object" || self.kind === "class" ? self.cls : self.kind === "row" ? self.model.cls : null;
    if (cls === null) return UNKNOWN;
    const member = engine.classMember(cls, name, self, site, value.owner);
    const isStub = member === null || (member.kind === "bound" && member.fn.module.origin === "builtin");
    const method = self.kind === "row" && isStub ? rowMethod(engine, self, name) : null;
    return method ?? member ?? UNKNOWN;
  });
  return joinAll(results);
}

/** Finds `name` along the MRO (after `after`, for `super()`) and binds it to `self`. */
export function classMember(engine: Engine, cls: ClassInfo, name: string, self: Value, site: AccessSite, after: ClassInfo | null = null): Value | null {
  const holders = holdersOf(engine, cls, name);
  if (holders.length === 0) return null;
  const from = after === null ? 0 : engine.program.mro(cls).indexOf(after) + 1;
  for (const holder of holders) {
    if (holder.position < from) continue;
    const found = bindMember(engine, holder, self, site);
    if (found !== null) return found;
  }
  return null;
}

/** A class of the MRO whose body defines a name. */
interface Holder {
  readonly owner: ClassInfo;
  /** Among the classes of the MRO. */
  readonly position: number;
  readonly definitions: readonly Definition[];
  /** What is found under the name. */
  readonly last: Definition;
  readonly fn: FunctionValue | null;
}

const holders = new WeakMap<ClassInfo, Map<string, readonly Holder[]>>();

/** The same for every read: what a class's bases define does not change while the program runs. */
function holdersOf(engine: Engine, cls: ClassInfo, name: string): readonly Holder[] {
  let names = holders.get(cls);
  if (names === undefined) {
    names = new Map();
    holders.set(cls, names);
  }
  let found = names.get(name);
  if (found === undefined) {
    const all = engine.program.mro(cls).flatMap((owner, position) => (isExternal(owner) ? [] : holderOf(owner, position, name)));
    found = all.toSorted((a, b) => Number(isOnlyDeclared(a.last)) - Number(isOnlyDeclared(b.last)));
    names.set(name, found);
  }
  return found;
}

function holderOf(owner: ClassInfo, position: number, name: string): Holder[] {
  const definitions = owner.members.get(name);
  const last = definitions?.findLast((one) => one.kind !== "function" || !isSetter(one));
  if (definitions === undefined || last === undefined) return [];
  const fn = last.kind === "function" ? functionValue(owner.module, last.def, owner) : null;
  return [{ owner, position, definitions, last, fn }];
}

function bindMember(engine: Engine, { owner, definitions, last, fn }: Holder, self: Value, site: AccessSite): Value | null {
  if (last.kind === "function" && fn !== null) {
    const kind = methodKind(last.def);
    if (kind === "static") return fn;
    if (kind === "class") return { kind: "bound", self: classOf(self), fn };
    if (self.kind === "class") return fn;
    if (kind === "method") return { kind: "bound", self, fn };
    return isCached(last.def) ? cachedProperty(engine, last.def, self, site, (at) => runProperty(engine, fn, self, at)) : runProperty(engine, fn, self, site);
  }
  if (last.kind === "class") return { kind: "class", cls: last.cls };
  if (last.kind === "import") {
    return engine.symbol(engine.program.resolveDotted(last.name === null ? last.module : `${last.module}.${last.name}`));
  }
  return last.kind === "variable" ? variableMember(engine, owner, definitions, self, site) : null;
}

function runProperty(engine: Engine, fn: FunctionValue, self: Value, { span, frame }: AccessSite): Value {
  return engine.callFunction(fn, self, NO_ARGS, { span, frame, expr: null });
}

function isCached(def: FunctionDef): boolean {
  return def.decorators.some((one) => /(^|\.|_)cached_property$/.test(decoratorName(one)));
}

/** By the function that makes the value, or by the property that was made of it. */
const cachedProperties = new WeakMap<RowValue | ObjectValue, Map<object, Value>>();

/** A cached property runs once for its row or object, however often it is asked: not in the loop that asks. */
function cachedProperty(engine: Engine, key: object, self: Value, site: AccessSite, run: (at: AccessSite) => Value): Value {
  if (self.kind !== "row" && self.kind !== "object") return run(site);
  const known = cachedProperties.get(self) ?? new Map<object, Value>();
  cachedProperties.set(self, known);
  const { span, frame } = site;
  const value = known.get(key) ?? engine.recorder.apart(() => kept(run({ span, frame: { ...frame, loop: loopOf(self, frame) } })));
  known.set(key, value);
  return value;
}

/** Identities count up: what was made before the loop began is the same in each round. */
function loopOf(self: RowValue | ObjectValue, { loop }: Frame): Loop | null {
  if (self.kind === "row") return self.loop;
  return loop !== null && self.id < loop.id ? null : loop;
}

function kept(value: Value): Value {
  if (value.kind === "union") return { ...value, values: value.values.map((one) => (one.kind === "queryset" ? { ...one, kept: true } : one)) };
  return value.kind === "queryset" ? { ...value, kept: true } : value;
}

function isSetter(one: Definition): boolean {
  return (
    one.kind === "function" &&
    one.def.decorators.some((decorator) => decorator.kind === "attribute" && (decorator.name === "setter" || decorator.name === "deleter"))
  );
}

function classOf(self: Value): Value {
  if (self.kind === "object") return { kind: "class", cls: self.cls };
  if (self.kind === "row") return { kind: "class", cls: self.model.cls };
  return self;
}

function variableMember(engine: Engine, owner: ClassInfo, definitions: readonly Definition[], self: Value, site: AccessSite): Value | null {
  const value = withoutLabel(engine, owner, bodyVariable(engine, owner, definitions));
  if (self.kind === "object" && value.kind === "literal" && definitions.some(hasTypedDefault) && takesFields(engine, owner)) return UNKNOWN;
  if (self.kind !== "class" && value.kind === "function" && value.def.kind === "lambda") {
    return { kind: "bound", self, fn: value };
  }
  if (self.kind !== "class" && value.kind === "object" && /^property$|cached_property$/.test(value.cls.name)) return UNKNOWN;
  if (self.kind !== "class" && value.kind === "native") return madeProperty(engine, value, self, site) ?? value;
  return refreshed(value, site);
}

/** `NEW = "new", _("New")` of Django's `Choices`: the member is its value, whatever its label. */
function withoutLabel(engine: Engine, owner: ClassInfo, value: Value): Value {
  if (value.kind !== "list" || value.type !== "tuple" || value.items?.length !== 2) return value;
  return engine.program.isSubclass(owner, "django.db.models.Choices") ? (value.items[0] ?? value) : value;
}

/** `name = property(get_name)`: a read calls the getter. */
function madeProperty(engine: Engine, made: NativeValue, self: Value, site: AccessSite): Value | null {
  const read = ({ span, frame }: AccessSite): Value => made.call({ ...NO_ARGS, positional: [self] }, { span, frame, expr: null });
  if (made.key.startsWith(MADE_CACHED_PROPERTY)) return cachedProperty(engine, made, self, site, read);
  return made.key.startsWith(MADE_PROPERTY) ? read(site) : null;
}

/** `channels: str | None = None`: of a class that takes its fields, a default, which objects of the class are made to differ from. */
function hasTypedDefault(one: Definition): boolean {
  return one.kind === "variable" && one.annotation !== null && one.value !== null;
}

/** Objects of a dataclass, of a schema or of what else makes a constructor of its annotations; a view that says `template_name: str = "…"` has that template. */
function takesFields({ program }: Engine, owner: ClassInfo): boolean {
  const bases = program.mro(owner);
  if (bases.some(({ name }) => name === "Schema")) return true;
  const isServed = bases.some((one) => (isExternal(one) ? SERVES.test(one.name) : one.module.origin === "builtin"));
  return !isServed && (owner.def.decorators.length > 0 || bases.some(isExternal));
}

/** Classes of packages that were not read, whose attributes are settings of theirs. */
const SERVES = /(?:View|ViewSet|Mixin|Admin|Inline|Command|Manager|QuerySet|Serializer|Middleware|AppConfig)$/;

const evaluatedSymbols = new WeakMap<Engine, Map<string, Value>>();

/** What a name at module level stands for. */
export function symbolValue(engine: Engine, symbol: Symbol | null): Value {
  if (symbol === null) return UNKNOWN;
  switch (symbol.kind) {
    case "module":
      return { kind: "module", module: symbol.module };
    case "class":
      return { kind: "class", cls: symbol.cls };
    case "function":
      return (
        hookOf(engine, `${symbol.module.name}.${symbol.def.name}`) ?? {
          kind: "function",
          module: symbol.module,
          def: symbol.def,
          closure: null,
          owner: null,
          self: null,
        }
      );
    case "external":
      return { kind: "external", name: symbol.name };
    case "variable":
      return moduleVariable(engine, symbol);
  }
}

function hookOf(engine: Engine, name: string): Value | null {
  return engine.hooks.has(name) ? { kind: "external", name } : null;
}

function moduleVariable(engine: Engine, symbol: Extract<Symbol, { readonly kind: "variable" }>): Value {
  let cache = evaluatedSymbols.get(engine);
  if (cache === undefined) {
    cache = new Map();
    evaluatedSymbols.set(engine, cache);
  }
  const key = `${symbol.module.name}.${symbol.name}`;
  const known = cache.get(key);
  if (known !== undefined) return known.kind === "queryset" ? refreshed(known, { frame: engine.moduleFrame(symbol.module) }) : known;
  cache.set(key, UNKNOWN);
  const frame = engine.moduleFrame(symbol.module);
  const value = symbol.values.length === 0 ? engine.annotated(symbol.annotation, frame) : joinAll(symbol.values.map((one) => engine.evaluate(one, frame)));
  cache.set(key, value);
  return value;
}
