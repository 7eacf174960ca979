/** What a project can mend of what a database shows: the design of a package's tables is its authors' choice. */
import type { Database, DatabaseDraft, Index, Model, ObjectSpot, Rule, RuleInput, Spot, Table } from "../model/index.ts";

/** Chapters about how tables are made. */
const DESIGN = new Set(["1.1", "1.3", "1.5"]);
/** rails-pg-extras looks at indexes from one megabyte on. Smaller ones are worth a change of the model that declares them; SQL in a migration they are not. */
const LEAST_BYTES = 1_048_576;
/** What these say is a fact of the models, true of an empty database too. */
const OF_DECLARED = new Set(["duplicate-index", "redundant-index"]);
/** Django's own apps, where there is no source to say so. */
const DJANGOS = /^(?:auth|django|authtoken|account|socialaccount)_/;

export function concernsProject(
  draft: DatabaseDraft,
  { id, chapter }: Pick<Rule["meta"], "id" | "chapter">,
  database: Database,
  source: RuleInput | null,
): boolean {
  const table = tableOf(draft.places, database);
  if (table === null) return true;
  const isForeign = isOfPackage(table, database, source);
  if (isForeign && DESIGN.has(chapter)) return false;
  if (chapter !== "1.2" || (draft.impact?.bytes?.before ?? LEAST_BYTES) >= LEAST_BYTES) return true;
  return !isForeign && (!OF_DECLARED.has(id) || source === null || isDeclared(draft.places, database, source));
}

/** By a line of the project: not by Django's own field, nor by the automatic table of a many-to-many. */
function isDeclared(places: readonly (Spot | ObjectSpot)[], database: Database, source: RuleInput): boolean {
  const index = indexOf(places, database);
  if (index === undefined) return true;
  const declaration = database.declarationOf(index);
  return declaration !== null && declaration.kind !== "many-to-many" && !isOutside(declaration.span.file, source);
}

function isOutside(file: string, { program }: RuleInput): boolean {
  return [...program.modules.values()].some((module) => module.origin !== "project" && module.ir.file === file);
}

function indexOf([place]: readonly (Spot | ObjectSpot)[], { catalog }: Database): Index | undefined {
  if (place === undefined || !("object" in place) || place.role !== "index") return undefined;
  return catalog.indexes.find(({ schema, name }) => `${schema}.${name}` === place.object);
}

function tableOf(places: readonly (Spot | ObjectSpot)[], database: Database): Table | null {
  for (const place of places) {
    if (!("object" in place)) continue;
    if (place.role === "table") return database.tableNamed(place.object);
    const index = indexOf([place], database);
    if (index !== undefined) return database.table(index.table);
  }
  return null;
}

/** Tables that no model has, a legacy one's for example, are the project's. */
function isOfPackage(table: Table, database: Database, source: RuleInput | null): boolean {
  const model = database.modelOf(table);
  if (source === null || model === null) return DJANGOS.test(table.name);
  return !isOwn(model, source);
}

/** An automatic table of a many-to-many belongs to whoever declares the field. */
function isOwn(model: Model, { graph }: RuleInput): boolean {
  if (model.cls.module.origin === "project") return true;
  const holder = [...graph.models.values()].find((one) =>
    [...one.fields.values()].some(({ relation }) => relation?.kind === "m2m" && relation.through === model.label),
  );
  return holder !== undefined && holder.cls.module.origin === "project";
}
