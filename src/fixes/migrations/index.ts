/** Changes of the schema as Django writes them: an edit of the model, and a migration after the app's last one. */
export { addCheckConstraint, addForeignKey, addUniqueConstraint, type CheckSpec, type UniqueSpec } from "./add-constraint.ts";
export { addIndex, missingExtensions } from "./add-index.ts";
export {
  castColumn,
  changeType,
  charToVarchar,
  jsonToJsonb,
  setCollation,
  setNotNull,
  timestampToTimestamptz,
  type ColumnCast,
  type FieldType,
} from "./change-column.ts";
export type { Comparison, Condition } from "./condition.ts";
export { createPartition, createView, type PartitionSpec, type ViewColumn, type ViewSpec } from "./create-relation.ts";
export { createIndexSql, indexName, type IndexKeySpec, type IndexMethod, type IndexSpec } from "./index-spec.ts";
export type { ChangeInput } from "./place.ts";
export { mendInvalidIndex, rebuildIndex, type WrittenAs } from "./rebuild-index.ts";
export { replaceIndex } from "./replace-index.ts";
export { removeIndex } from "./remove-index.ts";
export {
  createStatistics,
  setIndexOptions,
  setSetting,
  setStatisticsTarget,
  setTableOptions,
  type StatisticsSpec,
  type StorageOptions,
} from "./table-options.ts";
