/** Regions that belong to people: what is written between the marks is carried over by the next run. */
import { safeName } from "./context.ts";

/** An empty region for a page or a finding. */
export function notesOf(id: string): string {
  return `<!-- notes: ${safeName(id)} -->\n<!-- /notes -->`;
}

const REGION = /<!-- notes: ([\w-]+) -->\n([\s\S]*?)<!-- \/notes -->/g;

/** What people wrote, by the id of the region; empty regions are none. */
export function readNotes(markdown: string): ReadonlyMap<string, string> {
  const notes = new Map<string, string>();
  for (const [, id = "", text = ""] of markdown.replaceAll("\r\n", "\n").matchAll(REGION)) if (text.trim() !== "") notes.set(id, text);
  return notes;
}

/** The page with its notes back in their places, and which of them found one. */
export function withNotes(markdown: string, notes: ReadonlyMap<string, string>): { readonly text: string; readonly placed: ReadonlySet<string> } {
  const placed = new Set<string>();
  const text = markdown.replaceAll(REGION, (whole, id: string) => {
    const note = notes.get(id);
    if (note === undefined) return whole;
    placed.add(id);
    return `<!-- notes: ${id} -->\n${note}<!-- /notes -->`;
  });
  return { text, placed };
}

export const KEPT_PAGE = "kept-notes.md";

/** Notes whose finding or page is gone. */
export function keptNotes(notes: ReadonlyMap<string, string>): string {
  const regions = [...notes].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([id, text]) => `## ${id}\n\n<!-- notes: ${id} -->\n${text}<!-- /notes -->`);
  return `[Contents](README.md)\n\n# Kept notes\n\n${notes.size === 1 ? "One note stands" : `${notes.size} notes stand`} here, since what ${notes.size === 1 ? "it was" : "they were"} written beside is in the handbook no more.\n\n${regions.join("\n\n")}\n`;
}
