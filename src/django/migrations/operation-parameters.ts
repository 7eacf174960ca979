/** Parameters of Django's operations in their order, for arguments that are given by position. */
const parameters: Readonly<Record<string, string>> = {
  CreateModel: "name fields options bases managers",
  DeleteModel: "name",
  RenameModel: "old_name new_name",
  AlterModelTable: "name table",
  AlterModelOptions: "name options",
  AlterUniqueTogether: "name unique_together",
  AlterIndexTogether: "name index_together",
  AlterOrderWithRespectTo: "name order_with_respect_to",
  AddField: "model_name name field preserve_default",
  AlterField: "model_name name field preserve_default",
  RemoveField: "model_name name",
  RenameField: "model_name old_name new_name",
  AddIndex: "model_name index",
  AddIndexConcurrently: "model_name index",
  RemoveIndex: "model_name name",
  RemoveIndexConcurrently: "model_name name",
  RenameIndex: "model_name new_name old_name old_fields",
  AddConstraint: "model_name constraint",
  AddConstraintNotValid: "model_name constraint",
  ValidateConstraint: "model_name name",
  RemoveConstraint: "model_name name",
  AlterConstraint: "model_name name constraint",
  RunSQL: "sql reverse_sql state_operations hints elidable",
  RunPython: "code reverse_code atomic hints elidable",
  SeparateDatabaseAndState: "database_operations state_operations",
};

const ofModels = new Set([
  "CreateModel",
  "DeleteModel",
  "AlterModelTable",
  "AlterModelOptions",
  "AlterUniqueTogether",
  "AlterIndexTogether",
  "AlterOrderWithRespectTo",
]);

export function parametersOf(kind: string): readonly string[] {
  return parameters[kind]?.split(" ") ?? [];
}

/** Its `name` is that of a model. */
export function isModelOperation(kind: string): boolean {
  return ofModels.has(kind);
}
