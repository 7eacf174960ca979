import type { ClassInfo, DjangoProject } from "../model/project.ts";
import type { ResolvedProgram } from "../python/program.ts";
import { modelPackage } from "./apps.ts";
import { type Draft, type Drafts, modelBase } from "./model-drafts.ts";
import type { Target } from "./relation-target.ts";

/** Finds models by label. Models of packages that nothing has referred to yet become known by asking. */
export interface LabelIndex {
  byLabel(label: string, app?: string): Draft | null;
  /** What a relation in a model's body means: `"self"` and `"Model"` are relative to that model. */
  draftOf(target: Target, from: Draft | null): Draft | null;
}

export function createLabelIndex(program: ResolvedProgram, drafts: Drafts, project: DjangoProject): LabelIndex {
  const labels = new Map<string, Draft>();
  const names = new Map<string, Draft[]>();
  let read = 0;
  let packageModels: ReadonlyMap<string, ClassInfo> | undefined;

  const refresh = (): void => {
    for (; read < drafts.list.length; read += 1) {
      const draft = drafts.list[read];
      if (!draft) continue;
      labels.set(draft.label.toLowerCase(), draft);
      const name = draft.name.toLowerCase();
      names.set(name, [...(names.get(name) ?? []), draft]);
    }
  };

  const byLabel = (said: string, app?: string): Draft | null => {
    refresh();
    const label = isSwapped(said) ? project.authUserModel.toLowerCase() : said.toLowerCase();
    if (!label.includes(".")) return byName(label, app);
    const found = labels.get(label) ?? labels.get(lastTwo(label));
    return found ?? byName(lastPart(label), lastTwo(label).split(".", 1)[0], true) ?? fromPackage(lastTwo(label));
  };

  const isSwapped = (label: string): boolean => label.toLowerCase() === "auth.user" && !labels.has("auth.user");

  /** `isStrict`: only where the app's folder, not its label, has the name. */
  const byName = (name: string, app?: string, isStrict = false): Draft | null => {
    const candidates = names.get(name) ?? [];
    const near = app === undefined ? undefined : candidates.find((each) => each.app.toLowerCase() === app.toLowerCase());
    if (near) return near;
    if (isStrict) {
      return candidates.find((each) => lastPart(modelPackage(each.cls.module)).toLowerCase() === app) ?? null;
    }
    const concrete = candidates.filter((each) => !each.isAbstract && each.cls.module.origin === "project");
    return concrete.length === 1 ? (concrete[0] ?? null) : null;
  };

  const fromPackage = (label: string): Draft | null => {
    packageModels ??= listPackageModels(program, drafts);
    const cls = packageModels.get(label);
    return cls ? drafts.of(cls) : null;
  };

  const draftOf = (target: Target, from: Draft | null): Draft | null => {
    if (target.kind === "class") return drafts.of(target.cls) ?? byIdentity(target.cls);
    if (target.label === "self") return from;
    return byLabel(target.label, from?.app);
  };

  /** The swapped-out `auth.User`, and second definitions of a class. */
  const byIdentity = (cls: ClassInfo): Draft | null => byLabel(`${lastPart(modelPackage(cls.module))}.${cls.name}`);

  return { byLabel, draftOf };
}

function listPackageModels(program: ResolvedProgram, drafts: Drafts): ReadonlyMap<string, ClassInfo> {
  const models = new Map<string, ClassInfo>();
  for (const cls of program.classes) {
    if (cls.module.origin === "project" || !program.isSubclass(cls, modelBase)) continue;
    models.set(`${drafts.appOf(cls.module)}.${cls.name}`.toLowerCase(), cls);
  }
  return models;
}

const lastPart = (dotted: string): string => dotted.slice(dotted.lastIndexOf(".") + 1);
const lastTwo = (dotted: string): string => dotted.split(".").slice(-2).join(".");
