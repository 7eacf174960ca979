/** Values of settings with the place that says them. */
import type { Expr } from "../model/ir.ts";
import type { Said, SettingValue } from "../model/deployment.ts";
import type { PythonModule } from "../model/project.ts";
import type { Span, Spot } from "../model/span.ts";
import { isDict, isList, type ConstantDict, type ConstantValue } from "../python/constant.ts";
import { dottedName } from "../python/program-scope.ts";
import type { ResolvedProgram } from "../python/program.ts";
import { decideForProduction } from "./decide.ts";

export interface SettingsReader {
  readonly program: ResolvedProgram;
  readonly moduleAt: (file: string) => PythonModule | null;
  readonly textOf: (span: Span) => string;
}

export const settingSpot = (span: Span): Spot => ({ role: "setting", span });

/** Null where the key is not written, or its value is not known. */
export function saidOf(reader: SettingsReader, dict: ConstantDict, name: string): Said<ConstantValue> | null {
  const value = dict.entries.get(name);
  const key = dict.written?.keys.get(name);
  if (value === undefined || key === undefined) return null;
  const module = reader.moduleAt(key.span.file);
  const isOpen = key.value !== null && module !== null && isDecidedElsewhere(reader.program, module, key.value);
  const written = key.value === null || key.value.start < key.span.start ? {} : { written: { ...key.span, start: key.value.start, end: key.value.end } };
  return {
    value,
    spot: settingSpot(key.span),
    ...written,
    ...(isOpen && key.value !== null ? { dependsOn: oneLine(reader.textOf({ ...key.span, start: key.value.start, end: key.value.end })) } : {}),
  };
}

const LONGEST_EXPRESSION = 80;

export function oneLine(text: string): string {
  const line = text.replaceAll(/\s+/g, " ").trim();
  return line.length <= LONGEST_EXPRESSION ? line : `${line.slice(0, LONGEST_EXPRESSION - 1)}…`;
}

const DEEPEST_NAME = 6;
const CONVERSIONS = /^(?:int|float|str|bool|dict|list|tuple|timedelta|datetime\.timedelta)$/;

/** The environment, or code that is not read, has a say in the value. */
export function isDecidedElsewhere(program: ResolvedProgram, module: PythonModule, expr: Expr, depth = 0): boolean {
  const within = (part: Expr): boolean => isDecidedElsewhere(program, module, part, depth + 1);
  if (depth > DEEPEST_NAME) return true;
  switch (expr.kind) {
    case "str":
    case "num":
    case "constant":
      return false;
    case "name":
      return isNameDecidedElsewhere(program, module, expr.name, depth);
    case "sequence":
    case "bool":
      return expr.items.some(within);
    case "format":
      return expr.parts.some(within);
    case "binary":
      return within(expr.left) || within(expr.right);
    case "unary":
    case "not":
      return within(expr.operand);
    case "dict":
      return expr.entries.some(({ value }) => within(value));
    case "conditional": {
      const isTrue = decideForProduction(expr.test);
      return isTrue === undefined || within(isTrue ? expr.then : expr.otherwise);
    }
    case "call":
      return !CONVERSIONS.test(dottedName(expr.callee) ?? "") || [...expr.args, ...expr.keywords.map(({ value }) => value)].some(within);
    default:
      return true;
  }
}

function isNameDecidedElsewhere(program: ResolvedProgram, module: PythonModule, name: string, depth: number): boolean {
  const symbol = program.resolve(module, name);
  if (symbol?.kind !== "variable") return true;
  return symbol.values.length === 0 || symbol.values.some((value) => isDecidedElsewhere(program, symbol.module, value, depth + 1));
}

/** A constant as settings have it; passwords in URLs are left out. */
export function toSettingValue(value: ConstantValue): SettingValue {
  if (isList(value)) return [...value.items.map(toSettingValue), ...(value.isComplete ? [] : [{ unknown: "some of it is made by code that is not read" }])];
  if (isDict(value)) return Object.fromEntries([...value.entries].filter(([key]) => !isSecret(key)).map(([key, each]) => [key, toSettingValue(each)]));
  return typeof value === "string" ? withoutPassword(value) : value;
}

export const isSecret = (name: string): boolean =>
  /SECRET|PASSWORD|PASSWD|TOKEN|CREDENTIAL|PRIVATE|(?:^|_)DSN$|API_?KEY|(?:ACCESS|SIGNING|FERNET|ENCRYPTION)_?KEY/i.test(name);

/** `redis://:secret@cache:6379/1` is `redis://cache:6379/1`. */
export function withoutPassword(text: string): string {
  return text.replaceAll(/(\w:\/\/)[^@/\s]*@/g, "$1");
}
