/** One index for another: first the new one is built, then the old one goes. */
import type { EditDraft, FixDraft, Index, Table } from "../../model/index.ts";
import { fitText, roomAt } from "../fit-text.ts";
import { sourceOf, styleOf } from "../source-text.ts";
import { addIndex, withPlainClass } from "./add-index.ts";
import { createIndexSql, fieldNames, indexCode, indexName, type IndexSpec } from "./index-spec.ts";
import { joinFixes, overlap } from "./join-fixes.ts";
import { placeOf, sqlFix, type ChangeInput } from "./place.ts";
import { writeInModule } from "./python-code.ts";
import { removeIndex } from "./remove-index.ts";
import { createAgain, dropIndex } from "./sql-text.ts";

/** Two migrations of one fix where the project declares both, so that no query is without an index in between; else SQL that does the same. */
export function replaceIndex(input: ChangeInput, table: Table, index: Index, spec: IndexSpec): FixDraft {
  const name = indexName(spec, table, input.database.catalog);
  const title = `Replace the index \`${index.name}\` by \`${name}\``;
  const [added, removed] = [addIndex(input, table, spec), removeIndex(input, index)];
  const entry = entryInPlace(input, table, index, { ...spec, name });
  const why = whyNot(added) ?? whyNot(removed) ?? (entry === null && overlap(added, removed) ? "both stand in the same lines of the model" : null);
  if (why === null) return joinFixes(title, added, removed, entry);
  const isConcurrent = table.kind !== "partitioned" && index.partitionOf === null;
  const sql = {
    forward: [createIndexSql(spec, name, table, isConcurrent), dropIndex(index, isConcurrent)],
    reverse: [createAgain(index, isConcurrent), dropIndex({ schema: table.schema, name }, isConcurrent)],
    isTransactional: !isConcurrent,
  };
  return sqlFix(title, sql, why === "" ? null : why);
}

/** What a title says after `by SQL alone: `; empty where there is no source. */
function whyNot({ kind, title }: FixDraft): string | null {
  return kind === "migration" ? null : (/, by SQL alone: (.+)$/.exec(title)?.[1] ?? "");
}

/** An entry of Meta.indexes becomes the new one where it stands; null for what is declared elsewhere. */
function entryInPlace(input: ChangeInput, table: Table, index: Index, spec: IndexSpec & { readonly name: string }): readonly EditDraft[] | null {
  const declaration = input.database.declarationOf(index);
  const place = placeOf(input, table);
  if (declaration?.kind !== "meta-index" || declaration.entry === undefined || "why" in place) return null;
  const { span } = declaration.entry;
  const code = indexCode(withPlainClass(place, spec), spec.name, fieldNames(input.database, table, place.model));
  if (code === null || span.file !== place.module.ir.file) return null;
  const { text, lineLength } = sourceOf(place.source, span.file);
  const written = writeInModule(place.module, text, code);
  return [...written.edits, { span, text: fitText(written.text, roomAt(text, span), styleOf(text, lineLength)) }];
}
