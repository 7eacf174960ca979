/**
 * Elements of an array of one dimension as the server writes it. NULL does not occur in statistics, and is read as the word.
 *
 * @example
 * readArray('{a,"b, c","say \\"hi\\""}') // ["a", "b, c", 'say "hi"']
 */
export function readArray(text: string): string[] {
  const elements = text.slice(1, -1).matchAll(/"((?:[^"\\]|\\[\s\S])*)"|([^,]+)/g);
  return Array.from(elements, ([, quoted, plain]) => (quoted === undefined ? (plain ?? "") : quoted.replaceAll(/\\([\s\S])/g, "$1")));
}
