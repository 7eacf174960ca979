import type { Declaration, EditDraft, FixDraft, Index, Table } from "../../model/index.ts";
import { alterField, fieldPlaceOf } from "./alter-field.ts";
import { CATALOG_ONLY } from "./durations.ts";
import { modelsWith, removeFromMeta } from "./meta-edit.ts";
import { operation, postgresOperation, runSql, separate } from "./operations.ts";
import { migrationFix, placeOf, sqlFix, type ChangeInput, type Place, type Step } from "./place.ts";
import { pythonString, type PythonCode } from "./python-code.ts";
import { createAgain, dropIndex } from "./sql-text.ts";

/**
 * Takes an index away where it is declared: an entry of Meta, `db_index`, a foreign key's own, the twin for LIKE, or SQL of a migration.
 * An index that backs a constraint stays: dropping it changes what rows may be.
 */
export function removeIndex(input: ChangeInput, index: Index): FixDraft {
  const { database } = input;
  const table = database.table(index.table);
  const title = `Drop the index \`${index.name}\``;
  if (table === null || index.constraint !== null || index.primary) return keptIndex(title, index);
  const place = placeOf(input, table);
  const declaration = database.declarationOf(index);
  const isConcurrent = table.kind !== "partitioned" && index.partitionOf === null;
  const sql = { forward: [dropIndex(index, isConcurrent)], reverse: [createAgain(index, isConcurrent)], isTransactional: !isConcurrent };
  if ("why" in place) return sqlFix(title, sql, place.why);
  const removal: Removal = { input, index, table, place, title, isConcurrent };
  const made = removalOf(removal, declaration);
  return typeof made === "string" ? sqlFix(title, sql, made) : made;
}

function keptIndex(title: string, { name, definition }: Index): FixDraft {
  return { title: `${title}: it backs a constraint, so ${name} goes with that (${definition})`, safety: "advice", edits: [] };
}

interface Removal {
  readonly input: ChangeInput;
  readonly index: Index;
  readonly table: Table;
  readonly place: Place;
  readonly title: string;
  readonly isConcurrent: boolean;
}

/** The fix, or why the source is not changed. */
function removalOf(removal: Removal, declaration: Declaration | null): FixDraft | string {
  switch (declaration?.kind) {
    case "meta-index":
      return removeEntry(removal, declaration);
    case "field-index":
    case "foreign-key":
      return removeFieldIndex(removal, declaration);
    case "unique-together":
    case "field-unique":
    case "primary-key":
    case "meta-constraint":
      return "it makes rows unique";
    case "index-together":
      return "it is declared in Meta.index_together, which Django 5.1 took away; move it to Meta.indexes first";
    default:
      return removeBySql(removal);
  }
}

function removeEntry(removal: Removal, { entry }: Declaration): FixDraft | string {
  const { place, index, isConcurrent } = removal;
  const { source, model } = place;
  if (entry === undefined) return "its entry in Meta.indexes was not found";
  if (entry.meta.module.origin !== "project") return "its entry in Meta.indexes belongs to an installed package";
  const sharing = modelsWith(source, "indexes", entry);
  if (sharing.length > 1) return `its entry in Meta.indexes stands for ${sharing.length} models, ${sharing.slice(0, 3).join(", ")}`;
  const edits = removeFromMeta(source, "indexes", entry);
  if (edits === null) return `Meta.indexes of ${model.label} is not a plain list`;
  const args: PythonCode = () => `model_name=${pythonString(model.name.toLowerCase())}, name=${pythonString(entry.name ?? index.name)}`;
  return fixOf(removal, edits, [isConcurrent ? postgresOperation("RemoveIndexConcurrently", args) : operation("RemoveIndex", args)]);
}

/** AlterField would drop it under ACCESS EXCLUSIVE, so the database is told by SQL and Django by the operation. */
function removeFieldIndex(removal: Removal, { field }: Declaration): FixDraft | string {
  const { input, index, table, isConcurrent } = removal;
  const place = fieldPlaceOf(input, table, index.keys[0]?.column ?? "");
  if ("why" in place) return place.why ?? "the source was not read";
  const needsFalse = /(?:ForeignKey|SlugField)$/.test(field?.type ?? "");
  const altered = alterField(place, { arguments: { db_index: needsFalse ? "False" : null } });
  if (altered === null) return "its field is not written as a plain call";
  const twin = input.database.indexesOf(table).find((one) => one !== index && isTwin(one, index));
  const dropped = twin === undefined ? [index] : [index, twin];
  const change = separate(
    [
      runSql(
        dropped.map((one) => dropIndex(one, isConcurrent)),
        dropped.map((one) => createAgain(one, isConcurrent)),
      ),
    ],
    [altered.operation],
  );
  return fixOf(removal, altered.edits, [change], altered.imports);
}

/** The two indexes that Django gives a text: one for equality and order, one for LIKE. */
function isTwin(a: Index, b: Index): boolean {
  const [first, second] = [a.keys[0], b.keys[0]];
  const isLike = first?.operatorClass.endsWith("_pattern_ops") === true && a.name.endsWith("_like");
  return isLike && a.keys.length === 1 && b.keys.length === 1 && first?.column === second?.column && a.predicate === null;
}

/** What Django does not know of, or makes of itself: the model stays as it is, and so does Django's view of it. */
function removeBySql(removal: Removal): FixDraft {
  const { index, isConcurrent } = removal;
  return fixOf(removal, [], [runSql([dropIndex(index, isConcurrent)], [createAgain(index, isConcurrent)])]);
}

function fixOf(
  { title, index, place, isConcurrent }: Removal,
  edits: readonly EditDraft[],
  operations: Step["operations"],
  imports: readonly string[] = [],
): FixDraft {
  return migrationFix({
    title,
    place,
    edits,
    steps: [{ slug: `drop_${index.name}`, isAtomic: !isConcurrent, operations, imports }],
    plan: {
      lock: isConcurrent ? "SHARE UPDATE EXCLUSIVE" : "ACCESS EXCLUSIVE",
      duration: isConcurrent ? "milliseconds, after the transactions that use the table have ended" : CATALOG_ONLY,
      rollback: isConcurrent
        ? "Migrate back: the index is built again concurrently, which reads the table twice."
        : "Migrate back: the index is built again, and writes wait.",
    },
  });
}
