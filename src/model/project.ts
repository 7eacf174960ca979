import type { ClassDef, Expr, FunctionDef, Module, Stmt } from "./ir.ts";
import type { Span } from "./span.ts";
import type { Notice } from "./report.ts";

/**
 * What is known of a Python program without running it: modules by dotted name, and what each name means.
 * Built by `src/python/program.ts`; knows nothing of Django.
 */
export interface Program {
  readonly modules: ReadonlyMap<string, PythonModule>;
  /** What `name` means at module level of `module`: its own definition, or what an import leads to. */
  resolve(module: PythonModule, name: string): Symbol | null;
  /** `shop.models.Order`, through packages, re-exports and star imports; unknown packages give `external`. */
  resolveDotted(dotted: string): Symbol | null;
  /** Every class of the program, nested ones included, in a stable order. */
  readonly classes: readonly ClassInfo[];
  /** Method resolution order, the class itself first (C3; depth first where C3 fails). Unknown bases are external. */
  mro(cls: ClassInfo): readonly (ClassInfo | ExternalSymbol)[];
  /** True when the class or one of its bases is the class with that dotted name, under any of its import paths. */
  isSubclass(cls: ClassInfo, dotted: string): boolean;
  /** The first definition of a class attribute along the MRO, with the class that has it. */
  member(cls: ClassInfo, name: string): Member | null;
}

export interface PythonModule {
  /** Dotted name, as an import statement in the project would say it. */
  readonly name: string;
  readonly isPackage: boolean;
  /** `project`: findings may be placed here. `installed`: read from an environment. `builtin`: our own stub. */
  readonly origin: "project" | "installed" | "builtin";
  readonly ir: Module;
  /** Module-level definitions by name, in source order; branches of `if` and `try` included. */
  readonly scope: ReadonlyMap<string, readonly Definition[]>;
  readonly classes: ReadonlyMap<string, ClassInfo>;
}

/** One way in which a name gets its meaning in a scope. */
export type Definition =
  | { readonly kind: "class"; readonly cls: ClassInfo }
  | { readonly kind: "function"; readonly def: FunctionDef }
  | { readonly kind: "variable"; readonly value: Expr | null; readonly annotation: Expr | null; readonly stmt: Stmt }
  | { readonly kind: "import"; readonly module: string; readonly name: string | null };

export type Symbol =
  | { readonly kind: "module"; readonly module: PythonModule }
  | { readonly kind: "class"; readonly cls: ClassInfo }
  | { readonly kind: "function"; readonly module: PythonModule; readonly def: FunctionDef }
  | {
      readonly kind: "variable";
      readonly module: PythonModule;
      readonly name: string;
      /** All values assigned at module level, in source order. */
      readonly values: readonly Expr[];
      readonly annotation: Expr | null;
    }
  | ExternalSymbol;

/** Something outside all that was read, under the name the program imports it by. */
export interface ExternalSymbol {
  readonly kind: "external";
  readonly name: string;
}

export interface ClassInfo {
  /** `shop.models.Order`, nested classes as `shop.models.Order.Meta`. */
  readonly id: string;
  readonly name: string;
  readonly module: PythonModule;
  readonly def: ClassDef;
  /** The class or function that holds this class, if any. */
  readonly parent: ClassInfo | null;
  /** The class body's own definitions by name, in source order. */
  readonly members: ReadonlyMap<string, readonly Definition[]>;
  readonly nested: ReadonlyMap<string, ClassInfo>;
}

export interface Member {
  readonly owner: ClassInfo;
  readonly definition: Definition;
}

// ---------------------------------------------------------------------------------------------- Django

export type RelationKind = "fk" | "o2o" | "o2o-reverse" | "fk-reverse" | "m2m" | "m2m-reverse" | "generic-fk" | "generic-relation" | "mti-parent" | "mti-child";

export interface Relation {
  readonly kind: RelationKind;
  /** Model label (`shop.Order`) at the other end; null for a generic foreign key. */
  readonly target: string | null;
  /** Name at the other end that leads back, if any (`books` for `Book.author`). */
  readonly back: string | null;
  /** Label of the through model of a many-to-many, automatic ones as `shop.Book_tags`. */
  readonly through: string | null;
  /** True when a row of this side has at most one row at the other. */
  readonly single: boolean;
  readonly nullable: boolean;
}

export interface Field {
  /** The attribute on an instance: `author`, `books`, `book_set`. */
  readonly name: string;
  /** The name in lookups (`filter`, `prefetch_related` uses `name`): `book` for a reverse without related_name. */
  readonly queryName: string;
  /** `author_id` for a foreign key's column; the name itself for plain columns; null where there is none. */
  readonly attname: string | null;
  /** Dotted name of the field's class, `django.db.models.CharField`; of the nearest known base when customised. */
  readonly type: string;
  readonly relation: Relation | null;
  readonly null: boolean;
  readonly primaryKey: boolean;
  readonly unique: boolean;
  readonly indexed: boolean;
  /** `auto_now` or `auto_now_add`. */
  readonly autoNow: boolean;
  /** Where it is declared; a reverse relation has its forward field's. */
  readonly span: Span;
  /** The declaring call, for options not lifted here; null for built-in fields such as `id`. */
  readonly declaration: Expr | null;
  /** `db_column`, or what Django names the column; null where there is none. */
  readonly column?: string | null;
  /** Django makes an index for it alone: `db_index`, or a foreign key that does not turn it off. */
  readonly dbIndex?: boolean;
  /** It is a foreign key with a constraint in the database. */
  readonly dbConstraint?: boolean;
  /** Class that declares it: an abstract base, or the model itself. */
  readonly owner?: ClassInfo;
}

export interface Model {
  /** `app_label.ModelName`. */
  readonly label: string;
  readonly name: string;
  readonly app: string;
  readonly cls: ClassInfo;
  readonly isAbstract: boolean;
  readonly isProxy: boolean;
  /** Label of the model that a proxy stands for, resolved to the concrete one. */
  readonly concrete: string;
  /** Fields and relations by attribute name: inherited, reverse ones and multi-table links included. */
  readonly fields: ReadonlyMap<string, Field>;
  readonly primaryKey: string;
  /** `Meta.ordering` with inheritance; empty when unordered. */
  readonly ordering: readonly string[];
  /** Labels of multi-table parents, nearest first. */
  readonly parents: readonly string[];
  readonly children: readonly string[];
  /** Manager attributes by name: the manager class (null for plain `Manager`) and the queryset class behind it. */
  readonly managers: ReadonlyMap<string, ManagerFact>;
  readonly defaultManager: string;
  readonly uniqueTogether: readonly (readonly string[])[];
  /** Dotted names of signal senders connected to it: `post_save`, `pre_delete`, … */
  readonly signals: readonly string[];
  /** What Meta says of its table; a proxy has its concrete model's. */
  readonly table?: ModelTable;
}

export interface ModelTable {
  /** `db_table`, or what Django names it: `shop_order`, `"sales"."order"` for the trick with a schema. */
  readonly name: string;
  readonly isManaged: boolean;
  /** The class that has the Meta: an abstract base's where the model has none. Null without any. */
  readonly meta: ClassInfo | null;
  readonly indexes: readonly MetaEntry[];
  readonly constraints: readonly MetaEntry[];
  readonly uniqueTogether: readonly MetaGroup[];
  readonly indexTogether: readonly MetaGroup[];
  /** False where a list of Meta holds what was not read. */
  readonly isComplete: boolean;
}

/** An entry of Meta.indexes or Meta.constraints. */
export interface MetaEntry {
  /** `Index`, `GinIndex`, `UniqueConstraint`, `CheckConstraint`, … */
  readonly kind: string;
  /** With the model's names filled in for `%(class)s` and `%(app_label)s`; null where Django makes one up. */
  readonly name: string | null;
  /** Names of fields, with `-` for descending. */
  readonly fields: readonly string[];
  readonly expressions: number;
  readonly operatorClasses: readonly string[];
  readonly include: readonly string[];
  readonly hasCondition: boolean;
  readonly span: Span;
  /** The Meta that holds it: an abstract base's for an inherited entry. */
  readonly meta: ClassInfo;
}

export interface MetaGroup {
  readonly fields: readonly string[];
  readonly span: Span;
}

export interface ManagerFact {
  readonly name: string;
  /** Class of the manager where the project or a package defines one. */
  readonly manager: ClassInfo | null;
  /** Class of the querysets that it makes, from `from_queryset`, `as_manager` or `get_queryset`. */
  readonly queryset: ClassInfo | null;
  /** Lookups of django-scopes: while a scope is active, each query has a condition on each of them. */
  readonly scopes?: readonly string[];
}

export interface SignalReceiver {
  /** `pre_delete`, `post_save`, … */
  readonly signal: string;
  /** Label of the sending model; `*` when it listens to every sender. */
  readonly sender: string;
  readonly module: PythonModule;
  readonly def: FunctionDef;
}

export interface ModelGraph {
  readonly models: ReadonlyMap<string, Model>;
  /** The model that a class defines, if it is one (abstract ones included). */
  ofClass(cls: ClassInfo): Model | null;
  /** `shop.Order`, `Order` when unambiguous, and the swapped `AUTH_USER_MODEL`. Case-insensitive in the name. */
  byLabel(label: string, app?: string): Model | null;
  /** Functions that signals of models call. */
  readonly receivers?: readonly SignalReceiver[];
  /** Relations whose target is no model that was read, with the target as written. */
  readonly unresolved: readonly { readonly model: string; readonly field: string; readonly target: string }[];
}

export interface TemplateEngine {
  readonly language: "django" | "jinja2";
  /** Template directories relative to the root, in search order; app directories already expanded. */
  readonly directories: readonly string[];
  /** Dotted functions that add to every context. */
  readonly contextProcessors: readonly string[];
  /** Tag libraries available without `{% load %}`. */
  readonly builtins: readonly string[];
  /** Jinja2's `environment` option, dotted. */
  readonly environment: string | null;
  /** A regular expression that template names must match to be this engine's (django_jinja). */
  readonly match: string | null;
}

export interface AppFact {
  /** `shop`, the last part of the dotted name unless its AppConfig says otherwise. */
  readonly label: string;
  readonly name: string;
  /** Its folder relative to the root; null when it was not read. */
  readonly directory: string | null;
}

/** A setting's value as far as it is text. What else stands in it is null, or not among the entries. */
export type NamingSetting = string | null | readonly NamingSetting[] | ReadonlyMap<string, NamingSetting>;

/** A Django project as discovery found it, before any code is analysed. */
export interface DjangoProject {
  readonly root: string;
  /** Folders below the root from which imports are resolved, `""` for the root itself. */
  readonly sourceRoots: readonly string[];
  /** Settings modules or classes, dotted, in order of trust; empty when none was found. */
  readonly settings: readonly string[];
  readonly apps: readonly AppFact[];
  readonly templates: readonly TemplateEngine[];
  readonly authUserModel: string;
  /** `5.2`, from lock files, requirements or an environment; null when nothing says. */
  readonly djangoVersion: string | null;
  readonly defaultAutoField: string | null;
  /** Settings whose value is a model's label: `SHOP_ORDER_MODEL = "shop.Order"`. */
  readonly modelSettings: ReadonlyMap<string, string>;
  /** Settings that hold dotted paths of classes or functions of the project: `SHOP_SERIALIZER = "shop.api.OrderSerializer"`, a list or a dictionary of such. */
  readonly pathSettings: ReadonlyMap<string, NamingSetting>;
  /** Settings that each place which assigns them gives the same `True` or `False`: `USE_CACHES = True`. */
  readonly flagSettings: ReadonlyMap<string, boolean>;
  /** MIGRATION_MODULES: dotted packages by an app's label; null for an app that is to have no migrations. */
  readonly migrationModules?: ReadonlyMap<string, string | null>;
  readonly notices: readonly Notice[];
}
