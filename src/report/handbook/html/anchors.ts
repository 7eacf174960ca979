import type { Handbook } from "../../../model/handbook.ts";

/** An id within the page, of letters that need no escape in a link. */
function safe(text: string): string {
  return text.replaceAll(/[^A-Za-z0-9-]/g, (character) => `_${(character.codePointAt(0) ?? 0).toString(16)}`);
}

export function findingAnchor({ shortIds }: Pick<Handbook, "shortIds">, id: string): string {
  return `f-${safe(shortIds.get(id) ?? id)}`;
}

export function sectionAnchor(section: string): string {
  return `s-${safe(section)}`;
}
