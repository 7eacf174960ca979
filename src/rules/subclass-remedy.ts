/** Rows that come as the classes that they are of, of which one alone has what is loaded. */
import type { LazyLoad } from "../model/index.ts";
import { ownOfSubclass } from "../fixes/eager-verdict.ts";
import { modelName } from "./names.ts";

/** Null where the queryset can load it. */
export function remedyOfSubclass(load: LazyLoad): string | null {
  const subclass = ownOfSubclass(load);
  if (subclass === null) return null;
  const path = load.path.slice(subclass.way.length + "__".length);
  return `Call \`prefetch_related_objects([…], "${path}")\` before the loop, with those of the rows that are of \`${modelName(subclass.model)}\`.`;
}
