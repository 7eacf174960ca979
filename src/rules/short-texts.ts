/** Loops over the parts of a short text, of which there are a few. */
import type { Expr, Field, RuleInput } from "../model/index.ts";
import { functionAt } from "./code.ts";
import { assignedTo, type LoopSite } from "./loops.ts";

/** What one column holds of a list: a handful of names or keys. */
const MAX_LENGTH = 255;

/** `for part in row.groups.split(","):`, where the column has no room for many, and one row is asked. */
export function isOverShortText({ iterable, rounds, path }: LoopSite, { graph }: RuleInput): boolean {
  const column = iterable === null ? null : splitColumn(iterable, path);
  if (column === null) return false;
  const isInLoop = path.some((node) => node !== rounds && (node.kind === "for" || node.kind === "while" || node.kind === "comprehension"));
  const fields = [...graph.models.values()].flatMap((model) => model.fields.get(column) ?? []);
  return !isInLoop && fields.length > 0 && fields.every(isShort);
}

/** The attribute that is split, by a name or not. */
function splitColumn(iterable: Expr, path: LoopSite["path"]): string | null {
  const holder = functionAt(path);
  const values = iterable.kind !== "name" || holder === null ? [iterable] : assignedTo(iterable.name, holder);
  const [value, ...others] = values;
  if (value === undefined || value === null || others.length > 0 || value.kind !== "call" || value.callee.kind !== "attribute") return null;
  const { name, object } = value.callee;
  return name === "split" && object.kind === "attribute" ? object.name : null;
}

function isShort({ type, declaration }: Field): boolean {
  const said = declaration?.kind === "call" ? declaration.keywords.find(({ name }) => name === "max_length")?.value : undefined;
  return type.endsWith(".CharField") && said?.kind === "num" && said.value <= MAX_LENGTH;
}
