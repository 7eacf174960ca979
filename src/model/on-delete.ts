/** What becomes of rows whose foreign key leads to a row that is deleted. */
import type { Field, Model } from "./project.ts";

/** `CASCADE`, `SET_NULL`, `DO_NOTHING`, …: the name that a foreign key's declaration says, for the model that has the key. */
export function onDelete(model: Model, { name, declaration }: Field): string {
  // Copies that simple_history keeps outlive what they are of.
  if (/^Historical[A-Z]/.test(model.name)) return name === "history_user" ? "SET_NULL" : "DO_NOTHING";
  if (declaration?.kind !== "call") return "CASCADE";
  const value = declaration.keywords.find((one) => one.name === "on_delete")?.value ?? declaration.args[1];
  const named = value?.kind === "call" ? value.callee : value;
  return named?.kind === "attribute" || named?.kind === "name" ? named.name : "CASCADE";
}
