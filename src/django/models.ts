import type { ClassInfo, DjangoProject, Model, ModelGraph } from "../model/project.ts";
import { createConstantReader } from "../python/constant-module.ts";
import type { ResolvedProgram } from "../python/program.ts";
import { createFieldReader } from "./field-call.ts";
import { createLabelIndex } from "./label-index.ts";
import { collectLocalFields, concreteOf, type FieldContext, type LocalField } from "./local-fields.ts";
import { createDrafts, type Draft } from "./model-drafts.ts";
import { createModelRecorder } from "./model-record.ts";
import { createHistoryModels, createThroughModels } from "./pseudo-models.ts";
import { collectReverse, type Table } from "./reverse-fields.ts";
import { createTargetReader } from "./relation-target.ts";
import { readSignals } from "./signals.ts";

/**
 * Builds the graph of all models: fields, relations with both their ends, managers, signals.
 *
 * @example
 * const graph = buildModelGraph(program, project);
 * graph.byLabel("shop.Order")?.fields.get("customer")?.relation?.target; // "shop.Customer"
 */
export function buildModelGraph(program: ResolvedProgram, project: DjangoProject): ModelGraph {
  const reader = createConstantReader(program);
  const drafts = createDrafts(program, reader, createFieldReader(program), project);
  const index = createLabelIndex(program, drafts, project);
  const readTarget = createTargetReader(program, reader, project);
  const context: FieldContext = { program, reader, drafts, index, readTarget, project };

  const declared: Table[] = [];
  // Resolving targets makes further models of packages known: they join the list while it is walked.
  for (const draft of drafts.list) declared.push({ draft, fields: collectLocalFields(context, draft) });
  const history = createHistoryModels(declared, index.byLabel(project.authUserModel));
  const tables = joinHistory([...declared, ...createThroughModels(declared), ...history], history);

  const { facts: signals, receivers } = readSignals(program, index, readTarget);
  const record = createModelRecorder({
    context,
    tables: new Map(tables.map((table) => [table.draft.label, table])),
    reverse: collectReverse(tables, (draft) => concreteOf(context, draft)),
    signals,
  });
  const models = new Map(tables.map(({ draft }) => [draft.label, record(draft)]));
  const byClass = new Map<ClassInfo, Model>([...models.values()].map((model) => [model.cls, model]));
  const lowered = new Map([...models.values()].map((model) => [model.label.toLowerCase(), model]));
  return {
    models,
    ofClass: (cls) => byClass.get(cls) ?? swappedUser(cls, models, project),
    byLabel: (label, app) => lowered.get(label.toLowerCase()) ?? models.get(index.byLabel(label, app)?.label ?? "") ?? null,
    receivers,
    unresolved: listUnresolved(tables),
  };
}

/** The `history` attribute leads to the model made for it. */
function joinHistory(tables: readonly Table[], history: readonly Table[]): readonly Table[] {
  const made = new Map(history.map(({ draft }) => [draft.label, draft]));
  const join = (draft: Draft, field: LocalField): LocalField =>
    field.relation?.kind === "history"
      ? { ...field, relation: { ...field.relation, target: made.get(`${draft.app}.Historical${draft.name}`) ?? null } }
      : field;
  return tables.map(({ draft, fields }) => ({
    draft,
    fields: new Map([...fields].map(([name, field]) => [name, join(draft, field)])),
  }));
}

/** Code that imports `auth.User` although another user is configured means the other. */
function swappedUser(cls: ClassInfo, models: ReadonlyMap<string, Model>, project: DjangoProject): Model | null {
  return cls.id === "django.contrib.auth.models.User" ? (models.get(project.authUserModel) ?? null) : null;
}

function listUnresolved(tables: readonly Table[]): ModelGraph["unresolved"] {
  return tables.flatMap(({ draft, fields }) =>
    draft.isAbstract
      ? []
      : [...fields.values()].flatMap((field) =>
          field.relation?.unresolved ? [{ model: draft.label, field: field.name, target: field.relation.unresolved }] : [],
        ),
  );
}
