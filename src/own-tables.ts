/** What a project can mend of what a database shows: the design of a package's tables is its authors' choice. */
import type { Database, DatabaseDraft, Model, ObjectSpot, RuleInput, Spot, Table } from "./model/index.ts";

/** Chapters about how tables are made. */
const DESIGN = new Set(["1.1", "1.3", "1.5"]);
/** rails-pg-extras looks at indexes from one megabyte on; below, dropping one of a package's is not worth a migration in another's app. */
const LEAST_BYTES = 1_048_576;
/** Django's own apps, where there is no source to say so. */
const DJANGOS = /^(?:auth|django|authtoken|account|socialaccount)_/;

export function concernsProject(draft: DatabaseDraft, chapter: string, database: Database, source: RuleInput | null): boolean {
  const table = tableOf(draft.places, database);
  if (table === null || !isOfPackage(table, database, source)) return true;
  if (DESIGN.has(chapter)) return false;
  return chapter !== "1.2" || (draft.impact?.bytes?.before ?? LEAST_BYTES) >= LEAST_BYTES;
}

function tableOf(places: readonly (Spot | ObjectSpot)[], database: Database): Table | null {
  for (const place of places) {
    if (!("object" in place)) continue;
    if (place.role === "table") return database.tableNamed(place.object);
    const index = place.role === "index" ? database.catalog.indexes.find(({ schema, name }) => `${schema}.${name}` === place.object) : undefined;
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
  const holder = [...graph.models.values()].find((one) => [...one.fields.values()].some(({ relation }) => relation?.kind === "m2m" && relation.through === model.label));
  return holder !== undefined && holder.cls.module.origin === "project";
}
