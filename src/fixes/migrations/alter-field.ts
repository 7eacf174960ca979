/** A field with other arguments or of another class, in the model and in the migration's AlterField. */
import type { Call, EditDraft, Field, FieldState, Table } from "../../model/index.ts";
import { applyInside, fieldCall, setArgument, stateOf } from "./field-text.ts";
import { fitText, roomAt } from "../fit-text.ts";
import { indentAt, sourceOf, styleOf, type SourceText } from "../source-text.ts";
import { writeInModule, pythonString, type PythonCode } from "./python-code.ts";
import { placeOf, type ChangeInput, type NoPlace, type Place } from "./place.ts";
import { isInside } from "../../model/span.ts";

/** Arguments by name: the text of the new value, or null for one that is taken away. */
export type Arguments = Readonly<Record<string, string | null>>;

export interface FieldChange {
  /** The new class, where it is another: `BigIntegerField` of django.db.models. */
  readonly type?: string;
  readonly arguments: Arguments;
}

/** A field of a model of the project, with what its migrations say of it. */
export interface FieldPlace {
  readonly place: Place;
  readonly field: Field;
  readonly state: FieldState;
}

export function fieldPlaceOf(input: ChangeInput, table: Table, column: string): FieldPlace | NoPlace {
  const place = placeOf(input, table);
  if ("why" in place) return place;
  const field = input.database.fieldOf(table, column);
  if (field === null) return { why: `no field of ${place.model.label} has the column ${column}` };
  if (field.owner !== undefined && field.owner.module.origin !== "project") return { why: `the field ${field.name} is declared by an installed package` };
  const state = place.source.migrations?.historyOf(place.model.app, place.model.name)?.fields.get(field.name);
  if (state === undefined) return { why: `no migration was found that makes ${place.model.label}.${field.name}` };
  const sharing = modelsOf(place, field);
  if (field.owner !== place.model.cls && sharing > 1) return { why: `the field ${field.name} is declared for ${sharing} models at once` };
  return { place, field, state };
}

function modelsOf({ source }: Place, field: Field): number {
  const isIt = (other: Field | undefined): boolean => other?.span.start === field.span.start && other.span.file === field.span.file;
  return [...source.graph.models.values()].filter(
    (one) => !one.isAbstract && !one.isProxy && isIt(one.fields.get(field.name)) && one.fields.get(field.name)?.owner === field.owner,
  ).length;
}

export interface AlteredField {
  readonly edits: readonly EditDraft[];
  /** `AlterField(…)` as the migration writes it. */
  readonly operation: PythonCode;
  readonly imports: readonly string[];
}

/** Null where either is not written as a plain call. */
export function alterField({ place, field, state }: FieldPlace, change: FieldChange): AlteredField | null {
  const { source, model } = place;
  if (field.declaration === null) return implicitKey({ place, field, state }, change);
  const call = fieldCall(field);
  const written = stateOf(state, source.text(state.migration.file));
  if (call === null || written === null) return null;
  const own = editCall(source.text(field.span.file), field.span.file, call, change);
  const after = editCall(source.text(state.migration.file), state.migration.file, state.call, change);
  if (own === null || after === null) return null;
  const retyped = change.type === undefined ? [] : renamed(place, field, call, change.type);
  if (retyped === null) return null;
  const type = change.type === undefined ? [] : [{ span: calleeSpan(state.migration.file, state.call), text: `models.${change.type}` }];
  const text = applyInside(source.text(state.migration.file), state.call, [...after, ...type]);
  const operation: PythonCode = (name) =>
    `${name("django.db.migrations", "AlterField")}(model_name=${pythonString(model.name.toLowerCase())}, name=${pythonString(field.name)}, field=${text})`;
  return {
    edits: fitted(sourceOf(source, field.span.file), call, [...retyped, ...own]),
    operation,
    imports: [...written.imports, ...(change.type === undefined ? [] : ["from django.db import models"])],
  };
}

/** The key that Django adds of itself: another type has to be written down. */
function implicitKey({ place, field }: FieldPlace, { type }: FieldChange): AlteredField | null {
  const { source, model, module } = place;
  const [first] = model.cls.def.body;
  const anchor = first?.kind === "expr" ? (model.cls.def.body[1] ?? first) : first;
  if (!field.primaryKey || field.relation !== null || type === undefined || anchor === undefined) return null;
  const text = source.text(module.ir.file);
  const key: PythonCode = (name) => `${name("django.db.models", type)}(primary_key=True)`;
  const written = writeInModule(module, text, key);
  const line = `${field.name} = ${written.text}`;
  const span = { file: module.ir.file, start: anchor.start, end: anchor.start };
  const edit = anchor.kind === "jump" ? { span: { ...span, end: anchor.end }, text: line } : { span, text: `${line}\n${indentAt(text, anchor.start)}` };
  const operation: PythonCode = (name) =>
    `${name("django.db.migrations", "AlterField")}(model_name=${pythonString(model.name.toLowerCase())}, name=${pythonString(field.name)}, field=${name("django.db.models", type)}(primary_key=True, serialize=False))`;
  return { edits: [...written.edits, edit], operation, imports: [] };
}

/** One edit after the other, each in the text that the ones before it leave alone. */
function editCall(text: string, file: string, call: Call, { arguments: wanted }: FieldChange): readonly EditDraft[] | null {
  const edits = Object.entries(wanted).flatMap(([name, value]): (EditDraft | null)[] => {
    const isThere = call.keywords.some((one) => one.name === name);
    return value === null && !isThere ? [] : [setArgument(text, file, call, name, value)];
  });
  const made = edits.filter((edit) => edit !== null);
  return made.length === edits.length ? joined(made) : null;
}

/** A call on one line that grows too long for it is written anew, on several. */
function fitted({ text, lineLength }: SourceText, call: Call, edits: readonly EditDraft[]): readonly EditDraft[] {
  const inside = edits.filter(({ span }) => isInside(span, call));
  const [first] = inside;
  const written = applyInside(text, call, inside);
  const wrapped = fitText(written, roomAt(text, call), styleOf(text, lineLength));
  if (first === undefined || written.includes("\n") || wrapped === written) return edits;
  const whole = { span: { file: first.span.file, start: call.start, end: call.end }, text: wrapped };
  return [...edits.filter((edit) => !inside.includes(edit)), whole];
}

/** New arguments at one place become one insertion. */
function joined(edits: readonly EditDraft[]): readonly EditDraft[] {
  const merged: EditDraft[] = [];
  for (const edit of edits) {
    const at = merged.findIndex((one) => one.span.start === edit.span.start && one.span.end === edit.span.end);
    const same = merged[at];
    if (same === undefined) merged.push(edit);
    else
      merged[at] = {
        ...same,
        text:
          same.text.trimEnd().endsWith(",") || edit.text.startsWith(",") || edit.text.startsWith("\n")
            ? `${same.text}${edit.text}`
            : `${same.text}, ${edit.text}`,
      };
  }
  return merged;
}

const calleeSpan = (file: string, { callee }: Call): EditDraft["span"] => ({ file, start: callee.start, end: callee.end });

/** The class that is called, under the name that its file has for it. */
function renamed({ source }: Place, field: Field, call: Call, type: string): readonly EditDraft[] | null {
  const module = [...source.program.modules.values()].find((one) => one.ir.file === field.span.file);
  if (module === undefined || module.origin !== "project") return null;
  const { callee } = call;
  const isOfDjango = field.type.startsWith("django.db.models.");
  // `models.FloatField` becomes `models.DecimalField`, whatever else is imported.
  if (callee.kind === "attribute" && isOfDjango) return [{ span: { file: field.span.file, start: callee.nameStart, end: callee.end }, text: type }];
  const { text, edits } = writeInModule(module, source.text(field.span.file), (name) => name("django.db.models", type));
  return [...edits, { span: calleeSpan(field.span.file, call), text }];
}
