/** Changes of the schema as Django writes them: an edit of the model, and a migration after the app's last one. */
export { addIndex } from "./add-index.ts";
export type { Comparison, Condition } from "./condition.ts";
export type { IndexKeySpec, IndexMethod, IndexSpec } from "./index-spec.ts";
export type { ChangeInput } from "./place.ts";
export { removeIndex } from "./remove-index.ts";
