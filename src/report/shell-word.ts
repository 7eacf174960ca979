import { cleanLine } from "./clean-text.ts";

/** A path as a shell takes it for one word. */
export function shellWord(path: string): string {
  const clean = cleanLine(path);
  return /^[\w./@%+=:,-]+$/.test(clean) ? clean : `'${clean.replaceAll("'", String.raw`'\''`)}'`;
}
