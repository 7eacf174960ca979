/** A number and its per cent sign are one word, however they are set. */
export function countWords(text: string): number {
  return text.replaceAll(" %", "%").split(/\s+/).length;
}
