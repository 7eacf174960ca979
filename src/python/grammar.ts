import type { Language } from "web-tree-sitter";
import { collections } from "./collections.ts";
import { compound } from "./compound.ts";
import { visibility } from "./cursor.ts";
import { definitions } from "./definitions.ts";
import { expressions } from "./expressions.ts";
import { imports } from "./imports.ts";
import { statements } from "./statements.ts";
import { strings } from "./strings.ts";
import { told } from "./walk.ts";
import type { Grammar } from "./walk.ts";

const everyExpression = { ...expressions, ...collections, ...strings };
const everyStatement = { ...statements, ...compound, ...definitions, ...imports };
const literals = ["string", "concatenated_string", "integer", "float", "true", "false", "none"];
const passedOver = new Set(["comment", "line_continuation"]);

/** Finds the numbers of the node types that handlers are named after. */
export function readGrammar(language: Language): Grammar {
  const { types } = language;
  return {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- every name of `told` is a key
    id: Object.fromEntries(told.map((name) => [name, idOf(language, name)])) as Grammar["id"],
    expressions: types.map((name, type) => (language.nodeTypeIsNamed(type) ? everyExpression[name] : undefined)),
    statements: types.map((name, type) => (language.nodeTypeIsNamed(type) ? everyStatement[name] : undefined)),
    literals: new Set(literals.map((name) => idOf(language, name))),
  };
}

/** What a cursor shows, by node type. */
export function readVisibility(language: Language): Uint8Array {
  const isShown = (name: string, type: number): boolean => language.nodeTypeIsNamed(type) && !passedOver.has(name);
  const shown = language.types.map((name, type) => (isShown(name, type) ? visibility.shown : visibility.hidden));
  return Uint8Array.from(shown);
}

function idOf(language: Language, name: string): number {
  const id = language.idForNodeType(name, true);
  if (id === null) throw new Error(`The Python grammar has no node type ${name}`);
  return id;
}
