/** Django's own conventions: requests, rendering, shortcuts, class-based views. */
import type { ClassInfo, Field } from "../../model/index.ts";
import { argument, escapeArgs } from "../../dataflow/arguments.ts";
import type { CallArgs, CallSite, Engine, Hook } from "../../dataflow/engine.ts";
import { rowOfRequest } from "../../dataflow/request-rows.ts";
import { withPrefetch } from "../../dataflow/querysets.ts";
import { recipeArgs } from "../../dataflow/recipes.ts";
import { loadOnto } from "../../dataflow/rows.ts";
import { noteSent } from "../../dataflow/sends.ts";
import { projectSite } from "../../dataflow/sites.ts";
import { noteCounted } from "../counted-pages.ts";
import { isBaseAlone, mentionsOf } from "../mentions.ts";
import {
  alternatives,
  attributesOnly,
  dict,
  freshId,
  joinAll,
  keyOf,
  list,
  listOf,
  literal,
  NONE,
  NO_ARGS,
  native,
  object,
  UNKNOWN,
  type Value,
} from "../../dataflow/values.ts";

/** The one request that a root serves; it has what earlier handlers put there (request-rows.ts). */
function requestOf(engine: Engine): Value {
  if (engine.request !== null) return engine.request;
  const symbol = engine.program.resolveDotted("django.http.HttpRequest");
  if (symbol?.kind !== "class") return UNKNOWN;
  const made = object(symbol.cls, null, null);
  for (const [name, given] of engine.requestRows) {
    made.attrs.set(name, joinAll([...given].map(([label, mayBeLoaded]) => rowOfRequest(engine, label, mayBeLoaded))));
  }
  engine.request = made;
  return made;
}

/** The first read of `request.user` fetches the session and the user. */
function signedIn(engine: Engine, site: CallSite): Value {
  noteSent(engine, { kind: "signed in", model: engine.project.authUserModel }, site, null);
  const row = rowOfRequest(engine, engine.project.authUserModel, false);
  return row.kind === "row" ? { ...row, lazy: projectSite(site).span } : row;
}

/** `request.session` is fetched at its first read. */
function openSession(engine: Engine, site: CallSite): Value {
  noteSent(engine, { kind: "session", how: "request.session", model: engine.project.authUserModel }, site, null);
  return UNKNOWN;
}

/** `SimpleLazyObject(lambda: …)` stands for what its function returns. */
const lazyObject =
  (engine: Engine): Hook =>
  (args, site) => {
    const [make] = args.positional;
    return make === undefined ? UNKNOWN : engine.call(make, NO_ARGS, { ...site, expr: null });
  };

const render =
  (engine: Engine): Hook =>
  (args, site) => {
    const template = argument(args, 1, "template_name") ?? argument(args, 1, "template");
    if (template !== null) engine.renderTemplate(template, argument(args, 2, "context") ?? dict(), site);
    return UNKNOWN;
  };

const renderToString =
  (engine: Engine): Hook =>
  (args, site) => {
    const template = argument(args, 0, "template_name");
    if (template !== null) engine.renderTemplate(template, argument(args, 1, "context") ?? dict(), site);
    return UNKNOWN;
  };

const getTemplate =
  (engine: Engine): Hook =>
  (args) => {
    const template = argument(args, 0, "template_name") ?? argument(args, 0, "template_name_list") ?? UNKNOWN;
    const run = native(`template.render:${keyOf(template)}`, (inner, site) => {
      engine.renderTemplate(template, argument(inner, 0, "context") ?? dict(), site);
      return UNKNOWN;
    });
    return attributesOnly([["render", run]]);
  };

/** `get_object_or_404(X, …)` is `X.get(…)`; X may be a model, a manager or a queryset. */
const getOr404 =
  (method: "get" | "list") =>
  (engine: Engine): Hook =>
  (args, site) => {
    const [source] = args.positional;
    if (source === undefined) return UNKNOWN;
    const results = alternatives(source).map((one) => getFrom(engine, one, method, args, site));
    return joinAll(results);
  };

function getFrom(engine: Engine, source: Value, method: "get" | "list", args: CallArgs, site: CallSite): Value {
  const at = { span: site.span, frame: site.frame };
  const manager = source.kind === "class" ? engine.attribute(source, "_default_manager", at) : source;
  if (manager.kind !== "manager" && manager.kind !== "queryset") return UNKNOWN;
  const rest: CallArgs = { positional: args.positional.slice(1), keywords: args.keywords, open: args.open };
  const inner: CallSite = { ...site, expr: null };
  if (method === "get") return engine.callMethod(manager, "get", rest, inner);
  const filtered = engine.callMethod(manager, "filter", rest, inner);
  return listOf(engine.iterate(filtered, site.span, site.frame, "list").element);
}

/** All rows of a model, a manager or a queryset, as code asks that may be given any of them. */
const rowsOf =
  (engine: Engine): Hook =>
  (args, site) =>
    joinAll(alternatives(argument(args, 0, "klass") ?? UNKNOWN).map((one) => querysetOf(engine, one, site)));

function querysetOf(engine: Engine, source: Value, site: CallSite): Value {
  const manager = source.kind === "class" ? engine.attribute(source, "_default_manager", { span: site.span, frame: site.frame }) : source;
  return manager.kind === "manager" ? engine.callMethod(manager, "all", NO_ARGS, { ...site, expr: null }) : manager;
}

/** django-guardian: of the rows of `klass`, or of the model that the permission speaks of, those that the user or the group may see. */
const permittedRows =
  (engine: Engine): Hook =>
  (args, site) => {
    const given = argument(args, 2, "klass");
    const source = given === null || (given.kind === "literal" && given.value === null) ? permittedModel(engine, argument(args, 1, "perms")) : given;
    const narrowed: CallArgs = { ...NO_ARGS, positional: [UNKNOWN] };
    return joinAll(
      alternatives(source).map((one) => {
        const rows = querysetOf(engine, one, site);
        return rows.kind === "queryset" ? engine.callMethod(rows, "filter", narrowed, { ...site, expr: null }) : UNKNOWN;
      }),
    );
  };

/** `shop.view_order` or a list of such permissions, all of one model. */
function permittedModel(engine: Engine, perms: Value | null): Value {
  const [first] = perms?.kind === "list" ? (perms.items ?? []) : [perms];
  const label = first?.kind === "literal" ? /^(\w+)\.[a-z]+_(\w+)$/.exec(String(first.value)) : null;
  const model = label === null ? null : engine.graph.byLabel(`${label[1]}.${label[2]}`);
  return model === null ? UNKNOWN : { kind: "class", cls: model.cls };
}

/** Sets what `prefetch_related` would on rows that are in memory. */
const prefetchObjects =
  (engine: Engine): Hook =>
  (args, site) => {
    const [rows, ...lookups] = args.positional;
    for (const one of rows === undefined ? [] : targetsOf(rows)) {
      const what = { kind: "prefetch", model: one.model.label, args: recipeArgs({ ...args, positional: lookups }) } as const;
      noteSent(engine, what, site, null);
      for (const [index, lookup] of lookups.entries()) {
        const span = site.expr?.args[index + 1] ?? site.span;
        const at = { file: site.frame.file, start: span.start, end: span.end };
        const load = withPrefetch(engine, one, one.load, lookup, at, site.frame);
        if (one.kind === "row") loadOnto(one, load);
        else one.load = load;
        noteRowPrefetch(engine, one, lookup, site);
      }
    }
    return NONE;
  };

function noteRowPrefetch(engine: Engine, one: Extract<Value, { readonly kind: "row" | "queryset" }>, lookup: Value, site: CallSite): void {
  const { loop } = site.frame;
  const at = projectSite(site);
  const path = lookup.kind === "literal" ? String(lookup.value) : "";
  const perRow = loop !== null && one.kind === "row" && one.loop === loop;
  engine.recorder.rowPrefetch({ origin: one.origin, path, span: at.span, loop, perRow, symbol: at.frame.symbol });
}

function targetsOf(value: Value): Extract<Value, { readonly kind: "row" | "queryset" }>[] {
  return alternatives(value).flatMap((one) => {
    if (one.kind === "row" || one.kind === "queryset") return [one];
    if (one.kind === "list") return [...targetsOf(one.element), ...(one.items ?? []).flatMap(targetsOf)];
    if (one.kind === "object") return [...one.attrs.values()].flatMap((inner) => (inner.kind === "queryset" ? [inner] : []));
    return [];
  });
}

/** `model_to_dict(row)` and fixtures' serializers read each column and each many-to-many relation of a row, but for those that they are told to leave out. */
function readFields(engine: Engine, row: Value, args: CallArgs, site: CallSite, has: (field: Field) => boolean = () => true): void {
  const fields = args.keywords.get("fields");
  const only = namesOf(fields);
  const without = namesOf(args.keywords.get("exclude"));
  for (const one of alternatives(row)) {
    if (one.kind !== "row") continue;
    // Names that were chosen in a way that is not read may leave each of them out.
    if (only === null && fields !== undefined && !(fields.kind === "literal" && fields.value === null)) {
      engine.escape(one);
      continue;
    }
    for (const field of one.model.fields.values()) {
      if (only?.has(field.name) === false || without?.has(field.name) === true || !has(field)) continue;
      const name = field.relation?.kind === "m2m" ? field.name : field.attname;
      const value = name === null ? UNKNOWN : engine.attribute(one, name, { span: site.span, frame: site.frame });
      if (field.relation?.kind === "m2m") engine.iterate(engine.callMethod(value, "all", NO_ARGS, { ...site, expr: null }), site.span, site.frame, "iterate");
    }
  }
}

/** What a form can show: `model_to_dict()` leaves out the rest. */
function isEditable({ declaration, autoNow }: Field): boolean {
  return !autoNow && !(declaration?.kind === "call" && declaration.keywords.some(({ name }) => name === "editable"));
}

function namesOf(value: Value | undefined): ReadonlySet<string> | null {
  if (value?.kind !== "list" || value.items === null) return null;
  return new Set(value.items.flatMap((one) => (one.kind === "literal" ? [String(one.value)] : [])));
}

const modelToDict =
  (engine: Engine): Hook =>
  (args, site) => {
    const [row, fields, exclude] = args.positional;
    const keywords = new Map(args.keywords);
    if (fields !== undefined) keywords.set("fields", fields);
    if (exclude !== undefined) keywords.set("exclude", exclude);
    if (row !== undefined) readFields(engine, row, { ...args, keywords }, site, isEditable);
    return UNKNOWN;
  };

const serializeFixtures =
  (engine: Engine): Hook =>
  (args, site) => {
    const rows = argument(args, 1, "queryset");
    if (rows === null) return UNKNOWN;
    const { element, loop } = engine.iterate(rows, site.span, site.frame, "iterate");
    readFields(engine, element, args, { ...site, frame: { ...site.frame, loop } });
    return UNKNOWN;
  };

/** Calls a method with as many of the arguments as it takes (feeds and sitemaps do). */
const callWithSome =
  (engine: Engine): Hook =>
  (args, site) => {
    const [method, ...given] = args.positional;
    if (method === undefined) return UNKNOWN;
    if (method.kind !== "bound") return method.kind === "unknown" ? UNKNOWN : method;
    const takes = method.fn.def.params.filter((one) => one.form === "positional").length - 1;
    return engine.call(method, { ...NO_ARGS, positional: given.slice(0, Math.max(0, takes)) }, site);
  };

function modelOf(engine: Engine, value: Value | undefined): { readonly name: string; readonly app: string } | null {
  for (const one of value === undefined ? [] : alternatives(value)) {
    if (one.kind === "queryset" || one.kind === "row" || one.kind === "manager") return one.model;
    if (one.kind === "class") return engine.graph.ofClass(one.cls);
    if (one.kind === "list") return modelOf(engine, one.element);
  }
  return null;
}

const modelTemplates =
  (engine: Engine): Hook =>
  (args, site) => {
    const [view, rows, suffix] = args.positional;
    const declared = view === undefined ? UNKNOWN : engine.attribute(view, "model", { span: site.span, frame: site.frame });
    const model = modelOf(engine, rows) ?? modelOf(engine, declared);
    if (model === null || suffix?.kind !== "literal") return UNKNOWN;
    return list([literal(`${model.app}/${model.name.toLowerCase()}${String(suffix.value)}.html`)]);
  };

const counted =
  (engine: Engine): Hook =>
  (args, site) => {
    for (const one of args.positional.flatMap(alternatives)) if (one.kind === "queryset") noteCounted(engine, one, site);
    return UNKNOWN;
  };

/** A queryset shared by a class is cloned for each use. */
const fresh = (): Hook => (args) => {
  const [value] = args.positional;
  if (value === undefined) return UNKNOWN;
  return joinAll(alternatives(value).map((one) => (one.kind === "queryset" ? { ...one, id: freshId(), evaluated: false, rows: null } : one)));
};

/** `as_view(template_name=…)`: the options are attributes of the view that it makes. */
const viewOptions =
  (engine: Engine): Hook =>
  (args, site) => {
    const [cls, options] = args.positional;
    if (cls?.kind !== "class" || options?.kind !== "dict" || options.entries.size === 0) return UNKNOWN;
    const made = object(cls.cls, null, null);
    for (const [name, value] of options.entries) made.attrs.set(name, value);
    // `as_view()` runs at import, the view does not.
    const later = { ...site, frame: { ...site.frame, atImport: false } };
    withEntry(engine, cls.cls, () => engine.callMethod(made, "__luthier_entry__", NO_ARGS, later));
    return UNKNOWN;
  };

/** `path("paid/", orders, {"template": "paid.html"})`: the view is called with what the route gives it besides. */
const route =
  (engine: Engine): Hook =>
  (args, site) => {
    const view = argument(args, 1, "view");
    const given = argument(args, 2, "kwargs");
    if (view?.kind === "function" && given?.kind === "dict" && given.entries.size > 0) {
      const later = { ...site, expr: null, frame: { ...site.frame, atImport: false } };
      engine.call(view, { positional: [requestOf(engine)], keywords: given.entries, open: true }, later);
    }
    escapeArgs(engine, args);
    return UNKNOWN;
  };

export function withEntry(engine: Engine, cls: ClassInfo, work: () => void): void {
  const outer = engine.entry;
  if (cls.module.origin === "project") {
    engine.entry = { cls, span: { file: cls.module.ir.file, start: cls.def.start, end: cls.def.headEnd } };
  }
  work();
  engine.entry = outer;
}

const session =
  (how: string) =>
  (engine: Engine): Hook =>
  (_args, site) => {
    noteSent(engine, { kind: "session", how, model: engine.project.authUserModel }, site, null);
    return UNKNOWN;
  };

export const viewHooks: Readonly<Record<string, (engine: Engine) => Hook>> = {
  "luthier.request": (engine) => () => requestOf(engine),
  "django.contrib.auth.get_user": (engine) => (_args, site) => signedIn(engine, site),
  "django.contrib.auth.authenticate": session("authenticate"),
  "django.contrib.auth.aauthenticate": session("authenticate"),
  "django.contrib.auth.login": session("login"),
  "django.contrib.auth.alogin": session("login"),
  "django.contrib.auth.logout": session("logout"),
  "django.contrib.auth.alogout": session("logout"),
  "django.contrib.auth.update_session_auth_hash": session("renew"),
  "luthier.user": (engine) => (_args, site) => signedIn(engine, site),
  "luthier.session": (engine) => (_args, site) => openSession(engine, site),
  "luthier.unknown": () => () => UNKNOWN,
  "luthier.consume": (engine) => (args) => {
    for (const one of args.positional) engine.escape(one);
    return UNKNOWN;
  },
  "luthier.items": () => (args) => args.positional[0] ?? UNKNOWN,
  "luthier.fresh": fresh,
  "luthier.counted": counted,
  "luthier.render_template": (engine) => (args, site) => {
    const [name, context] = args.positional;
    if (name !== undefined) engine.renderTemplate(name, context ?? dict(), site);
    return UNKNOWN;
  },
  "luthier.model_name": (engine) => (args) => {
    const model = modelOf(engine, args.positional[0]);
    const suffix = args.positional[1];
    return model === null || suffix?.kind !== "literal" ? UNKNOWN : literal(`${model.name.toLowerCase()}${String(suffix.value)}`);
  },
  "luthier.model_templates": modelTemplates,
  "luthier.call_with_some": callWithSome,
  "luthier.view_options": viewOptions,
  "luthier.base_alone": (engine) => (args) => literal(args.positional[0]?.kind === "object" && isBaseAlone(engine.program, args.positional[0].cls)),
  "luthier.unmentioned": (engine) => (args) => literal(args.positional[0]?.kind === "object" && mentionsOf(engine.program, args.positional[0].cls) === null),
  "django.urls.path": route,
  "django.urls.re_path": route,
  "django.conf.urls.url": route,
  "django.forms.models.model_to_dict": modelToDict,
  "django.forms.model_to_dict": modelToDict,
  "django.core.serializers.serialize": serializeFixtures,
  "django.utils.functional.SimpleLazyObject": lazyObject,
  "django.shortcuts.render": render,
  "django.shortcuts.get_object_or_404": getOr404("get"),
  "django.shortcuts.aget_object_or_404": getOr404("get"),
  "django.shortcuts.get_list_or_404": getOr404("list"),
  "django.shortcuts._get_queryset": rowsOf,
  "guardian.shortcuts.get_objects_for_user": permittedRows,
  "guardian.shortcuts.get_objects_for_group": permittedRows,
  "rest_framework.generics.get_object_or_404": getOr404("get"),
  "rest_framework.get_object_or_404": getOr404("get"),
  "django.template.loader.render_to_string": renderToString,
  "django.template.loader.get_template": getTemplate,
  "django.template.loader.select_template": getTemplate,
  "django.template.response.TemplateResponse": render,
  "django.template.response.SimpleTemplateResponse": renderToString,
  "django.template.Context": () => (args) => args.positional[0] ?? dict(),
  "django.template.RequestContext": () => (args) => args.positional[1] ?? dict(),
  "django.db.models.prefetch_related_objects": prefetchObjects,
  "django.db.models.query.prefetch_related_objects": prefetchObjects,
  "django.db.models.aprefetch_related_objects": prefetchObjects,
  "django.contrib.auth.get_user_model": (engine) => () => userClass(engine),
  "luthier.model_class": (engine) => (args) => modelClass(engine, args),
  "django.utils.html.format_html": (engine) => (args, site) => {
    for (const one of [...args.positional, ...args.keywords.values()]) engine.text(one, site.span, site.frame);
    return UNKNOWN;
  },
  "django.utils.safestring.mark_safe": () => () => UNKNOWN,
  "django.utils.encoding.force_str": (engine) => (args, site) => {
    for (const one of args.positional) engine.text(one, site.span, site.frame);
    return UNKNOWN;
  },
};

function userClass(engine: Engine): Value {
  const model = engine.graph.byLabel(engine.project.authUserModel);
  return model === null ? UNKNOWN : { kind: "class", cls: model.cls };
}

/** Of `"shop.Order"`, or of an app's label and a model's name. */
function modelClass(engine: Engine, args: CallArgs): Value {
  const names = args.positional.flatMap((one) => (one.kind === "literal" && typeof one.value === "string" ? [one.value] : []));
  const label = names.join(".");
  const model = label.includes(".") ? engine.graph.byLabel(label) : null;
  return model === null ? UNKNOWN : { kind: "class", cls: model.cls };
}
