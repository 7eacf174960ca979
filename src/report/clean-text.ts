/** Marks that turn the direction of text or that terminals and editors take for line ends. */
const INVISIBLE = /[\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]/gu;

/**
 * Text of the user's project made fit for one line of a terminal or a page: no control character is left that could
 * move the cursor, colour the screen or turn the text round.
 */
export function cleanLine(text: string): string {
  return text
    .replaceAll("\t", "    ")
    .replaceAll(/\r?\n/g, " ")
    .replaceAll(/\p{Cc}/gu, "")
    .replaceAll(INVISIBLE, "")
    .replaceAll(/\p{Cs}/gu, "\u{fffd}");
}

/** Prose for a medium without code spans: clean, and without the backticks round names. */
export function plainProse(text: string): string {
  return cleanLine(text)
    .replaceAll(/`([^`]+)`/g, "$1")
    .replaceAll(/ {2,}/g, " ")
    .trim();
}
