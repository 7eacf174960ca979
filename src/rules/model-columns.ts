/** Columns of a model and how wide they are, as far as their types say. */
import type { Field, Model, RuleInput } from "../model/index.ts";

/** Types whose values have no bound and that PostgreSQL stores out of line once they are large. */
const WIDE =
  /\.(TextField|JSONField|BinaryField|ArrayField|HStoreField|GeometryField|MultiPolygonField|PolygonField|SearchVectorField|RichTextField|RichTextUploadingField|MarkdownField|MarkdownxField|I18nTextField|CKEditor5Field)$/;

export function columnsOf(model: Model): readonly Field[] {
  return [...model.fields.values()].filter((field) => field.attname !== null && !field.name.endsWith("_ptr"));
}

export function isWide(field: Field): boolean {
  return WIDE.test(`.${field.type}`) && !isOfShortWords(field);
}

/** Longer than a word that a list of kinds, roles or countries would have. Ours. */
const LONGEST_WORD = 32;

/** `ArrayField(CharField(max_length=16))` holds a few of some known words. */
function isOfShortWords({ type, declaration }: Field): boolean {
  const base = /\bArrayField$/.test(type) && declaration?.kind === "call" ? declaration.args[0] : undefined;
  const most = base?.kind === "call" ? base.keywords.find(({ name }) => name === "max_length")?.value : undefined;
  return most?.kind === "num" && most.value <= LONGEST_WORD;
}

/** A field of the project's own class that puts something else under its name than a column: a translation, a file, a state. */
export function isPutByProject({ declaration, owner }: Field, { program }: Pick<RuleInput, "program">): boolean {
  if (declaration?.kind !== "call" || declaration.callee.kind !== "name" || owner === undefined) return false;
  const symbol = program.resolve(owner.module, declaration.callee.name);
  return symbol?.kind === "class" && program.member(symbol.cls, "contribute_to_class")?.owner.module.origin === "project";
}

/** Code of the project runs as an instance is made, and may read any column: one that is left out is a query there. */
export function isMadeByProject(model: Model, { program }: Pick<RuleInput, "program">): boolean {
  return ["__init__", "from_db"].some((name) => program.member(model.cls, name)?.owner.module.origin === "project");
}
