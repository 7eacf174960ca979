/** Models that the project itself defines. */
import type { Model, RuleInput } from "../model/index.ts";

/** Each class once; a proxy has no fields of its own. */
export function ownModels({ graph }: RuleInput): Model[] {
  const seen = new Set<string>();
  return [...graph.models.values()].filter(({ isProxy, cls }) => {
    if (isProxy || cls.module.origin !== "project" || seen.has(cls.id)) return false;
    seen.add(cls.id);
    return true;
  });
}
