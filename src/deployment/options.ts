/** Options of a command line. */
import type { Said } from "../model/deployment.ts";
import type { Spot } from "../model/span.ts";
import type { Word } from "./command-words.ts";

export const commandSpot = ({ span }: Word, last?: Word): Spot => ({
  role: "definition",
  span: last === undefined || last.span.file !== span.file ? span : { ...span, end: Math.max(span.end, last.span.end) },
});

/** The last one of an option under any of its names: `--workers 3`, `--workers=3`, `-w 3`, `-w3`. */
export function optionOf(words: readonly Word[], ...names: readonly string[]): Said<string> | null {
  for (const [index, word] of [...words.entries()].toReversed()) {
    for (const name of names) {
      const next = words[index + 1];
      if (word.text === name) {
        if (next === undefined) continue;
        return { value: next.text, spot: commandSpot(word, next), ...(next.dependsOn === undefined ? {} : { dependsOn: next.dependsOn }) };
      }
      const joined = name.startsWith("--") ? `${name}=` : name;
      if (word.text.startsWith(joined) && word.text.length > joined.length)
        return {
          value: word.text.slice(joined.length).replace(/^=/, ""),
          spot: commandSpot(word),
          ...(word.dependsOn === undefined ? {} : { dependsOn: word.dependsOn }),
        };
    }
  }
  return null;
}

export function flagOf(words: readonly Word[], ...names: readonly string[]): Said<boolean> | null {
  const word = words.find(({ text }) => names.includes(text));
  return word === undefined ? null : { value: true, spot: commandSpot(word) };
}

/** Null where the value is no number: a variable that nobody set. */
export function numberOf(said: Said<string> | null): Said<number> | null {
  if (said === null || !/^\d+(?:\.\d+)?s?$/.test(said.value)) return null;
  return { ...said, value: Number.parseFloat(said.value) };
}

/** What is said, or the program's default; null where something is said that is not known. */
export function numberOr(said: Said<string> | null, fallback: number | null): Said<number> | null {
  if (said !== null) return numberOf(said);
  return fallback === null ? null : { value: fallback, spot: null, isDefault: true };
}

/** Arguments that are no options and no values of options with one. */
export function argumentsOf(words: readonly Word[], flags: readonly string[]): Word[] {
  const found: Word[] = [];
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index];
    if (word === undefined) continue;
    if (!word.text.startsWith("-") || word.text === "-") found.push(word);
    else if (!word.text.includes("=") && !flags.includes(word.text) && /^(?:--[\w-]+|-\w)$/.test(word.text)) index += 1;
  }
  return found;
}
