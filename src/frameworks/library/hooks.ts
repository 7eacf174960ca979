/** What stubs can say of declarative classes: natives that need reflection, shared by adapters and projects' conventions. */
import { decoratorName } from "../../python/syntax-tree.ts";
import type { ClassInfo } from "../../model/index.ts";
import { argument } from "../../dataflow/arguments.ts";
import type { AccessSite, CallArgs, CallSite, Engine, Hook } from "../../dataflow/engine.ts";
import { isExternal } from "../../dataflow/frames.ts";
import { dict, NO_ARGS, NONE, UNKNOWN, type Value } from "../../dataflow/values.ts";
import { classSetting, declaredObjects, doubted, itemSpan, readPath, stringItems } from "../declarations.ts";

function classOf(value: Value | undefined): ClassInfo | null {
  return value?.kind === "object" || value?.kind === "class" ? value.cls : value?.kind === "row" ? value.model.cls : null;
}

function text(value: Value | undefined): string | null {
  return value?.kind === "literal" && typeof value.value === "string" ? value.value : null;
}

function siteIn(site: CallSite): AccessSite {
  return { span: site.span, frame: site.frame };
}

/** `luthier.setting(self, "Meta", "model")`: a class attribute, of an inner class unless its name is empty. */
const setting =
  (engine: Engine): Hook =>
  (args, site) => {
    const [owner, nested, name] = args.positional;
    const cls = classOf(owner);
    if (cls === null) return NONE;
    return classSetting(engine, cls, text(nested) ?? "", text(name) ?? "", siteIn(site)) ?? NONE;
  };

/** `luthier.call_methods(self, "prepare_", row)`: calls each of the project's methods with that prefix. */
const callMethods =
  (engine: Engine): Hook =>
  (args, site) => {
    const [self, prefix, ...given] = args.positional;
    const cls = classOf(self);
    const start = text(prefix);
    if (self === undefined || cls === null || start === null) return UNKNOWN;
    for (const name of methodNames(engine, cls, start)) {
      const method = engine.classMember(cls, name, self, siteIn(site));
      if (method !== null) engine.text(callSome(engine, method, given, site), site.span, site.frame);
    }
    return UNKNOWN;
  };

function methodNames(engine: Engine, cls: ClassInfo, prefix: string): ReadonlySet<string> {
  const names = new Set<string>();
  for (const owner of engine.program.mro(cls)) {
    if (isExternal(owner) || owner.module.origin !== "project") continue;
    for (const [name, definitions] of owner.members) {
      if (name.startsWith(prefix) && name.length > prefix.length && definitions.at(-1)?.kind === "function") names.add(name);
    }
  }
  return names;
}

function callSome(engine: Engine, method: Value, given: readonly Value[], site: CallSite): Value {
  if (method.kind !== "bound" && method.kind !== "function") return UNKNOWN;
  const fn = method.kind === "bound" ? method.fn : method;
  const takes = fn.def.params.filter((one) => one.form === "positional").length - (method.kind === "bound" ? 1 : 0);
  return engine.call(method, { ...NO_ARGS, positional: given.slice(0, Math.max(0, takes)), open: true }, { ...site, expr: null });
}

/** `luthier.read_names(self, "Meta", "fields", row)`: renders each named field or path of the row, at its name. */
const readNames =
  (engine: Engine): Hook =>
  (args, site) => {
    const [self, nestedName, member, row] = args.positional;
    const cls = classOf(self);
    const name = text(member);
    if (cls === null || name === null || row === undefined) return UNKNOWN;
    const nested = text(nestedName) ?? "";
    const holder =
      nested === ""
        ? cls
        : (engine.program
            .mro(cls)
            .flatMap((one) => (isExternal(one) ? [] : [one.nested.get(nested)]))
            .find((one) => one !== undefined) ?? null);
    const paths = holder === null ? null : stringItems(classSetting(engine, holder, "", name, siteIn(site)));
    for (const path of paths ?? []) {
      if (holder === null) continue;
      const at: AccessSite = { span: itemSpan(engine, holder, name, path), frame: site.frame };
      engine.text(readPath(engine, row, path, at), at.span, at.frame);
    }
    return UNKNOWN;
  };

/**
 * `luthier.read_declared(self, "import_export.fields.Field", "attribute", row)`: renders what each declared object reads
 * of the row: the path that its keyword names, or the attribute's own name where the fourth argument says so.
 */
const readDeclared =
  (engine: Engine): Hook =>
  (args, site) => {
    const [self, base, keyword, row, byName] = args.positional;
    const cls = classOf(self);
    const dotted = text(base);
    const option = text(keyword);
    if (cls === null || dotted === null || option === null || row === undefined) return UNKNOWN;
    for (const one of declaredObjects(engine, cls, dotted, siteIn(site))) {
      const given = text(one.object.args?.keywords.get(option) ?? one.object.args?.positional[0]);
      const path = given ?? (byName === undefined ? null : one.name);
      if (path === null) continue;
      const at: AccessSite = { span: one.span, frame: site.frame };
      engine.text(readPath(engine, row, path, at), at.span, at.frame);
    }
    return UNKNOWN;
  };

/** `luthier.read_path(row, "author__name")`. */
const readOnePath =
  (engine: Engine): Hook =>
  (args, site) => {
    const [row, path] = args.positional;
    const name = text(path);
    return row === undefined || name === null ? UNKNOWN : readPath(engine, row, name, siteIn(site));
  };

/** `luthier.decorated_members(self, "package.decorator")`: a dictionary of what the members so decorated give. */
const decoratedMembers =
  (engine: Engine): Hook =>
  (args, site) => {
    const [self, decorator] = args.positional;
    const cls = classOf(self);
    const dotted = text(decorator);
    if (self === undefined || cls === null || dotted === null) return dict();
    const names = new Set(engine.program.mro(cls).flatMap((owner) => (isExternal(owner) ? [] : namesDecorated(engine, owner, dotted))));
    return dict(
      [...names].map((name) => {
        const member = engine.classMember(cls, name, self, siteIn(site)) ?? UNKNOWN;
        return [name, member.kind === "bound" ? engine.call(member, NO_ARGS, { ...site, expr: null }) : member];
      }),
    );
  };

function namesDecorated(engine: Engine, owner: ClassInfo, dotted: string): string[] {
  return [...owner.members].flatMap(([name, definitions]) => {
    const last = definitions.at(-1);
    if (last?.kind !== "function") return [];
    const isDecorated = last.def.decorators.some((one) => {
      const symbol = engine.program.resolve(owner.module, decoratorName(one));
      return symbol?.kind === "external" && symbol.name === dotted;
    });
    return isDecorated ? [name] : [];
  });
}

const doubt = (): Hook => (args: CallArgs) => {
  const [value] = args.positional;
  return value === undefined ? UNKNOWN : doubted(value, text(argument(args, 1, "reason") ?? UNKNOWN) ?? "");
};

export const libraryHooks: Readonly<Record<string, (engine: Engine) => Hook>> = {
  "luthier.setting": setting,
  "luthier.call_methods": callMethods,
  "luthier.read_names": readNames,
  "luthier.read_declared": readDeclared,
  "luthier.read_path": readOnePath,
  "luthier.decorated_members": decoratedMembers,
  "luthier.doubt": doubt,
  "luthier.text": (engine) => (args, site) => {
    for (const one of args.positional) engine.text(one, site.span, site.frame);
    return UNKNOWN;
  },
};
