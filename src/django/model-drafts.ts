import type { AppFact, ClassInfo, DjangoProject, ManagerFact, PythonModule } from "../model/project.ts";
import type { ConstantReader } from "../python/constant-module.ts";
import type { ResolvedProgram } from "../python/program.ts";
import { isExternal } from "../python/resolve-class.ts";
import { modelPackage, resolveApp } from "./apps.ts";
import { type FieldCall, type FieldReader } from "./field-call.ts";
import { annotatedManager, readManager } from "./managers.ts";
import { type ModelOptions, readOptions } from "./model-options.ts";

/** A model class with what its own body declares. */
export interface Draft {
  readonly cls: ClassInfo;
  readonly name: string;
  readonly app: string;
  readonly label: string;
  readonly isAbstract: boolean;
  readonly isProxy: boolean;
  readonly options: ModelOptions;
  /** Fields of the class body by name. */
  readonly own: ReadonlyMap<string, FieldCall>;
  readonly ownManagers: readonly ManagerFact[];
}

/** The model classes of a program. Models of packages count when their app is installed or they are referred to. */
export interface Drafts {
  /** The draft of a class; makes that of a package's model known by asking for it. */
  of(cls: ClassInfo): Draft | null;
  /** The label that the models of a module have, unless they say another. */
  appOf(module: PythonModule): string;
  /** All drafts known so far; grows while it is walked. */
  readonly list: readonly Draft[];
}

export const modelBase = "django.db.models.Model";

export function createDrafts(program: ResolvedProgram, reader: ConstantReader, readField: FieldReader, project: DjangoProject): Drafts {
  const byClass = new Map<ClassInfo, Draft | null>();
  const labels = new Map<string, Draft>();
  const list: Draft[] = [];
  const appOf = createAppFinder(program, reader, project.apps);

  const of = (cls: ClassInfo): Draft | null => {
    const known = byClass.get(cls);
    if (known !== undefined) return known;
    byClass.set(cls, null);
    if (!isModelClass(program, readField, cls) || isSwappedOut(cls)) return null;
    const draft = makeDraft(cls);
    if (!draft) return null;
    byClass.set(cls, draft);
    labels.set(draft.label.toLowerCase(), draft);
    list.push(draft);
    return draft;
  };

  const makeDraft = (cls: ClassInfo): Draft | null => {
    const options = readOptions(program, reader, cls, (base) => of(base)?.isAbstract === true);
    const said = options.constant("app_label");
    const app = typeof said === "string" ? said : appOf(cls.module);
    const label = `${app}.${cls.name}`;
    const twin = labels.get(label.toLowerCase());
    if (twin?.cls.module === cls.module && twin.cls.parent === cls.parent) return null;
    const uniqueApp = twin ? modelPackage(cls.module).replaceAll(".", "_") : app;
    const unique = labels.has(`${uniqueApp}.${cls.name}`.toLowerCase()) ? `${uniqueApp}_${cls.id.replaceAll(".", "_")}` : uniqueApp;
    return {
      cls,
      name: cls.name,
      app: unique,
      label: `${unique}.${cls.name}`,
      isAbstract: options.isAbstract,
      isProxy: options.isProxy,
      options,
      own: ownFields(readField, cls),
      ownManagers: ownManagers(program, readField, cls),
    };
  };

  /** Django drops its own user when AUTH_USER_MODEL names another. */
  const isSwappedOut = (cls: ClassInfo): boolean => cls.id === "django.contrib.auth.models.User" && project.authUserModel.toLowerCase() !== "auth.user";

  const installed = new Set(project.apps.map((app) => app.name));
  const isInstalled = ({ name }: PythonModule): boolean => name.split(".").some((_, index, parts) => installed.has(parts.slice(0, index + 1).join(".")));
  const imported = importedByProject(program);
  for (const cls of program.classes) {
    if (cls.module.origin === "project" || isInstalled(cls.module) || imported.has(cls.module.name)) of(cls);
  }
  return { of, appOf, list };
}

/** Modules that others of the project import whatever happens: Django refuses models of an app that is not installed, also where the list of apps was not read. */
function importedByProject(program: ResolvedProgram): ReadonlySet<string> {
  const names = new Set<string>();
  for (const module of program.modules.values()) {
    if (module.origin !== "project") continue;
    for (const stmt of module.ir.body) if (stmt.kind === "import" && stmt.level === 0 && stmt.from !== null) names.add(stmt.from);
  }
  return names;
}

/** The label of the app whose package is the nearest around a module. */
function createAppFinder(program: ResolvedProgram, reader: ConstantReader, apps: readonly AppFact[]): (module: PythonModule) => string {
  const labels = new Map(apps.map((app) => [app.name, app.label]));
  return (module) => {
    const parts = module.name.split(".");
    for (let length = parts.length; length > 0; length -= 1) {
      const label = labels.get(parts.slice(0, length).join("."));
      if (label !== undefined) return label;
    }
    const name = modelPackage(module);
    const { label } = resolveApp(program, reader, name);
    labels.set(name, label);
    return label;
  };
}

/** True for subclasses of Model, for classes with model fields whose bases were not all read, and for those whose unread base a package's models hold. */
function isModelClass(program: ResolvedProgram, readField: FieldReader, cls: ClassInfo): boolean {
  if (cls.id === modelBase || cls.id === "django.db.models.base.Model") return false;
  if (program.isSubclass(cls, modelBase)) return true;
  const order = program.mro(cls);
  const isOpen = order.some((base) => isExternal(base) && !notModels.test(base.name));
  return isOpen && order.some((base) => (isExternal(base) ? isUnreadModel(base.name, cls) : hasPlainField(readField, base)));
}

/** `class Product(AbstractProduct)`, from `shopkit.catalogue.abstract_models`, among the models of the project. */
function isUnreadModel(base: string, cls: ClassInfo): boolean {
  const isAmongModels = cls.parent === null && cls.module.name.split(".").includes("models");
  return isAmongModels && /(?:^|\.)(?:abstract_)?models\.[A-Z]\w*$/.test(base) && !beside.test(base) && !beside.test(cls.name);
}

/** What models are made of, and what lies beside them in their modules. */
const beside = /(?:Manager|QuerySet|Query|Mixin|Field|Choices|Enum|Meta|Descriptor|Options|Error|Exception)$/;

/** Unread bases whose name says that they are something else. */
const notModels =
  /(?:^|\.)(?:forms|serializers|filters|filterset|views|admin|tables|pydantic|ninja|graphene|strawberry|factory|resources|migrations)(?:\.|$)|(?:Form|FormMixin|Serializer|FilterSet|View|ViewSet|Admin|Table|Factory|Schema|Command|TestCase)$/;

function hasPlainField(readField: FieldReader, cls: ClassInfo): boolean {
  return [...ownFields(readField, cls).values()].some((field) => field.type.startsWith("django.db.models."));
}

function ownFields(readField: FieldReader, cls: ClassInfo): ReadonlyMap<string, FieldCall> {
  const fields = new Map<string, FieldCall>();
  for (const [name, definitions] of cls.members) {
    for (const definition of definitions) {
      if (definition.kind !== "variable" || !definition.value) continue;
      const field = readField(cls.module, definition.value, cls);
      if (field) fields.set(name, field);
    }
  }
  return fields;
}

function ownManagers(program: ResolvedProgram, readField: FieldReader, cls: ClassInfo): readonly ManagerFact[] {
  const managers: ManagerFact[] = [];
  for (const [name, definitions] of cls.members) {
    const definition = definitions.at(-1);
    if (definition?.kind !== "variable" || !definition.value || readField(cls.module, definition.value, cls)) continue;
    const made = readManager(program, cls.module, name, definition.value, cls);
    const isTold = made !== null && (made.manager !== null || made.queryset !== null);
    const manager = isTold || definition.value.kind !== "call" ? made : (annotatedManager(program, cls.module, name, definition.annotation, cls) ?? made);
    if (manager) managers.push(manager);
  }
  return managers;
}
