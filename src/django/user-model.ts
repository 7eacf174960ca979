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
