/* oxlint-disable typescript/no-unsafe-type-assertion -- the schema, checked against the model, says what each field holds */
import type { Module } from "../model/index.ts";
import { ByteReader } from "./byte-reader.ts";
import { ByteWriter } from "./byte-writer.ts";
import { moduleShape, schema } from "./schema.ts";
import type { Form, Kind, Shape } from "./schema.ts";
import { readStrings, StringTable } from "./string-table.ts";

/** Stands first in every encoded module. Raised with every change of the format or of what lowering means by it. */
export const codecVersion = 1;

/** A module as bytes of their own: small, quick to read, and fit to be moved between threads or kept on disk. */
export function encodeModule(module: Module): Uint8Array {
  const strings = new StringTable();
  const bytes = new ByteWriter(1 << 14);
  bytes.unsigned(codecVersion);
  const stringsAt = bytes.reserve();
  writeFields({ bytes, strings, start: 0 }, modulePlan, { ...module });
  bytes.fill(stringsAt, bytes.length);
  strings.write(bytes);
  return bytes.finish();
}

/**
 * Reads what `encodeModule` wrote. Bodies of functions are decoded when they are first asked for, so `bytes` must
 * stay as they are. Throws on bytes of another version.
 */
export function decodeModule(bytes: Uint8Array): Module {
  const reader = new ByteReader(bytes);
  if (reader.unsigned() !== codecVersion) throw new RangeError("The module was encoded by another version");
  const text = readStrings(bytes, reader.filled());
  const module: Data = {};
  readFields({ bytes: reader, text, start: 0 }, modulePlan, module);
  return module as unknown as Module;
}

type Data = Record<string, unknown>;

/** The schema, laid out for quick use. */
interface Plan {
  readonly kind: string | null;
  readonly number: number;
  readonly hasSpan: boolean;
  readonly fields: readonly PlannedField[];
}

interface PlannedField {
  readonly name: string;
  readonly form: string;
  readonly plan: Plan | null;
}

function planFields(fields: Readonly<Record<string, Form>>): PlannedField[] {
  return Object.entries(fields).map(([name, form]) => {
    return typeof form === "string" ? { name, form, plan: null } : { name, form: "records", plan: planShape(form) };
  });
}

function planShape({ hasSpan, fields }: Shape): Plan {
  return { kind: null, number: 0, hasSpan, fields: planFields(fields) };
}

/** Number 0 stands for no node. */
const plans: readonly Plan[] = Object.entries<Readonly<Record<string, Form>>>(schema).map(([kind, fields], index) => {
  return { kind, number: index + 1, hasSpan: true, fields: planFields(fields) };
});
const planOf = new Map(plans.map((plan) => [plan.kind, plan]));
const modulePlan = planShape(moduleShape);

interface Writing {
  readonly bytes: ByteWriter;
  readonly strings: StringTable;
  /** Where the last node or record started: starts are written as steps from one to the next. */
  start: number;
}

function writeNode(writing: Writing, node: Data): void {
  const plan = planOf.get(node["kind"] as Kind);
  if (plan === undefined) throw new TypeError(`No such kind of node: ${String(node["kind"])}`);
  writing.bytes.unsigned(plan.number);
  writeRecord(writing, plan, node);
}

function writeRecord(writing: Writing, plan: Plan, record: Data): void {
  if (plan.hasSpan) {
    const start = record["start"] as number;
    writing.bytes.signed(start - writing.start);
    writing.bytes.unsigned((record["end"] as number) - start);
    writing.start = start;
  }
  writeFields(writing, plan, record);
}

function writeFields(writing: Writing, plan: Plan, record: Data): void {
  for (const field of plan.fields) writeField(writing, field, record);
}

function writeField(writing: Writing, { name, form, plan }: PlannedField, record: Data): void {
  const { bytes, strings } = writing;
  const value = record[name];
  if (form === "node") writeNode(writing, value as Data);
  else if (form === "nodes") writeNodes(writing, value as Data[]);
  else if (form === "text") bytes.unsigned(strings.number(value as string));
  else if (form === "node?") {
    if (value === null) bytes.unsigned(0);
    else writeNode(writing, value as Data);
  } else if (form === "offset") bytes.unsigned((value as number) - (record["start"] as number));
  else if (plan !== null) {
    const records = value as Data[];
    bytes.unsigned(records.length);
    for (const item of records) writeRecord(writing, plan, item);
  } else if (form === "flag") bytes.unsigned(value === true ? 1 : 0);
  else if (form === "text?") bytes.unsigned(value === null ? 0 : strings.number(value as string) + 1);
  else if (form === "number") writeNumber(writing, value as number);
  else if (form === "lazy") writeLazy(writing, value as Data[], record["start"] as number);
  else if (form === "texts") {
    const texts = value as string[];
    bytes.unsigned(texts.length);
    for (const text of texts) bytes.unsigned(strings.number(text));
  } else writeSteps(writing, value as number[]);
}

function writeNodes(writing: Writing, nodes: readonly Data[]): void {
  writing.bytes.unsigned(nodes.length);
  for (const node of nodes) writeNode(writing, node);
}

/** Small whole numbers as they are, all others as text. */
function writeNumber({ bytes, strings }: Writing, value: number): void {
  const isSmall = Number.isInteger(value) && value >= 0 && value < 2 ** 30 && !Object.is(value, -0);
  if (isSmall) bytes.unsigned(value << 1);
  else bytes.unsigned((strings.number(Object.is(value, -0) ? "-0" : String(value)) << 1) | 1);
}

/** Preceded by its length, and with steps that count from `start`: it can be passed over and read by itself. */
function writeLazy(writing: Writing, nodes: readonly Data[], start: number): void {
  const { bytes } = writing;
  const lengthAt = bytes.reserve();
  writing.start = start;
  writeNodes(writing, nodes);
  writing.start = start;
  bytes.fill(lengthAt, bytes.length - lengthAt - 4);
}

function writeSteps({ bytes }: Writing, values: readonly number[]): void {
  bytes.unsigned(values.length);
  let last = 0;
  for (const value of values) {
    bytes.unsigned(value - last);
    last = value;
  }
}

interface Reading {
  readonly bytes: ByteReader;
  readonly text: (number: number) => string;
  start: number;
}

function readNode(reading: Reading): Data | null {
  const number = reading.bytes.unsigned();
  if (number === 0) return null;
  const plan = plans[number - 1];
  if (plan === undefined) throw new RangeError(`No kind of node has the number ${number}`);
  return readRecord(reading, plan);
}

function readRecord(reading: Reading, plan: Plan): Data {
  const record: Data = plan.kind === null ? {} : { kind: plan.kind };
  if (plan.hasSpan) {
    const start = reading.start + reading.bytes.signed();
    record["start"] = start;
    record["end"] = start + reading.bytes.unsigned();
    reading.start = start;
  }
  readFields(reading, plan, record);
  return record;
}

function readFields(reading: Reading, plan: Plan, record: Data): void {
  for (const field of plan.fields) {
    if (field.form === "lazy") readLazy(reading, field.name, record);
    else record[field.name] = readField(reading, field, record);
  }
}

function readField(reading: Reading, { form, plan }: PlannedField, record: Data): unknown {
  const { bytes, text } = reading;
  if (form === "node" || form === "node?") return readNode(reading);
  if (form === "nodes") return readNodes(reading);
  if (form === "text") return text(bytes.unsigned());
  if (form === "offset") return (record["start"] as number) + (bytes.unsigned() | 0);
  if (plan !== null) return readList(reading, () => readRecord(reading, plan));
  if (form === "flag") return bytes.unsigned() === 1;
  if (form === "text?") return readOptionalText(reading);
  if (form === "number") return readNumber(reading);
  if (form === "texts") return readList(reading, () => text(bytes.unsigned()));
  return readSteps(reading);
}

function readNodes(reading: Reading): unknown[] {
  const nodes: unknown[] = [];
  for (let left = reading.bytes.unsigned(); left > 0; left--) nodes.push(readNode(reading));
  return nodes;
}

function readList<T>(reading: Reading, read: () => T): T[] {
  const items: T[] = [];
  for (let left = reading.bytes.unsigned(); left > 0; left--) items.push(read());
  return items;
}

function readOptionalText({ bytes, text }: Reading): string | null {
  const number = bytes.unsigned();
  return number === 0 ? null : text(number - 1);
}

function readNumber({ bytes, text }: Reading): number {
  const written = bytes.unsigned();
  return (written & 1) === 0 ? written >>> 1 : Number(text(written >>> 1));
}

function readLazy(reading: Reading, name: string, record: Data): void {
  const { bytes } = reading;
  const start = record["start"] as number;
  const length = bytes.filled();
  const from = bytes.at;
  let nodes: readonly unknown[] | null = null;
  const get = (): readonly unknown[] => {
    if (nodes !== null) return nodes;
    bytes.at = from;
    reading.start = start;
    nodes = readNodes(reading);
    return nodes;
  };
  Object.defineProperty(record, name, { get, enumerable: true, configurable: true });
  bytes.at = from + length;
  reading.start = start;
}

function readSteps({ bytes }: Reading): number[] {
  const values: number[] = [];
  let last = 0;
  for (let left = bytes.unsigned(); left > 0; left--) {
    last += bytes.unsigned();
    values.push(last);
  }
  return values;
}
