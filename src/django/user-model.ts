import type { AppFact } from "../model/project.ts";
import type { ResolvedProgram } from "../python/program.ts";
import { modelPackage } from "./apps.ts";

/** Without settings: the project's one class that extends Django's user, as `app.Model`. */
export function findUserModel(program: ResolvedProgram, apps: readonly AppFact[]): string | null {
  const users = program.classes.filter(
    (cls) =>
      cls.module.origin === "project" &&
      !cls.nested.get("Meta")?.members.has("abstract") &&
      program.isSubclass(cls, "django.contrib.auth.base_user.AbstractBaseUser") &&
      !program.isSubclass(cls, "django.contrib.auth.models.User"),
  );
  const [user] = users;
  if (!user || users.length > 1) return null;
  const name = modelPackage(user.module);
  const label = apps.find((app) => app.name === name)?.label ?? name.slice(name.lastIndexOf(".") + 1);
  return `${label}.${user.name}`;
}

/** The dotted name of the class that a label means, wherever in its app it is defined. */
export function findModelClass(program: ResolvedProgram, apps: readonly AppFact[], label: string): string | null {
  const [appLabel = "", name = ""] = label.split(".");
  const app = apps.find((one) => one.label === appLabel)?.name;
  if (app === undefined) return null;
  const exported = program.followAlias(program.resolveDotted(`${app}.models.${name}`));
  if (exported?.kind === "class") return exported.cls.id;
  return program.classes.find((cls) => cls.name === name && cls.parent === null && cls.module.name.startsWith(`${app}.`))?.id ?? null;
}
