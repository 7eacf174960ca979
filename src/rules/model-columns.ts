/** Columns of a model and how wide they are, as far as their types say. */
import type { Field, Model } from "../model/index.ts";

/** Types whose values have no bound and that PostgreSQL stores out of line once they are large. */
const WIDE =
  /\.(TextField|JSONField|BinaryField|ArrayField|HStoreField|GeometryField|MultiPolygonField|PolygonField|SearchVectorField|RichTextField|RichTextUploadingField|MarkdownField|MarkdownxField|I18nTextField|CKEditor5Field)$/;

export function columnsOf(model: Model): readonly Field[] {
  return [...model.fields.values()].filter((field) => field.attname !== null && !field.name.endsWith("_ptr"));
}

export function isWide(field: Field): boolean {
  return WIDE.test(field.type) || WIDE.test(`.${field.type}`);
}
