/** Ranges of East Asian wide and fullwidth characters, and of emoji (Unicode 16), as pairs of first and last. */
const WIDE: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x2329, 0x232a],
  [0x2e80, 0x303e],
  [0x3041, 0x33ff],
  [0x3400, 0x4dbf],
  [0x4e00, 0xa4cf],
  [0xa960, 0xa97f],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe10, 0xfe19],
  [0xfe30, 0xfe6f],
  [0xff00, 0xff60],
  [0xffe0, 0xffe6],
  [0x16fe0, 0x18dff],
  [0x1aff0, 0x1b2ff],
  [0x1d300, 0x1d37f],
  [0x1f200, 0x1f2ff],
  [0x1f300, 0x1faff],
  [0x20000, 0x3fffd],
];

// eslint-disable-next-line no-control-regex -- the escape sequences that our own styling writes
const STYLING = /\u001b\[[0-9;]*m|\u001b\]8;;[^\u001b]*\u001b\\/g;

/** Columns that a terminal gives to the text, our own styling left out. */
export function displayWidth(text: string): number {
  let width = 0;
  for (const character of text.replaceAll(STYLING, "")) width += characterWidth(character);
  return width;
}

export function characterWidth(character: string): number {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x300) return 1;
  // Makes the character before it an emoji of two columns.
  if (code === 0xfe0f) return 1;
  if (/[\p{Mn}\p{Me}\p{Cf}]/u.test(character)) return 0;
  const isWide = WIDE.some(([first, last]) => code >= first && code <= last);
  return isWide || /\p{Emoji_Presentation}/u.test(character) ? 2 : 1;
}

/** The text filled with spaces to a width. */
export function padTo(text: string, width: number): string {
  return text + " ".repeat(Math.max(0, width - displayWidth(text)));
}

/** The longest beginning that fits. */
function takeStart(text: string, width: number): string {
  let taken = "";
  let used = 0;
  for (const character of text) {
    used += characterWidth(character);
    if (used > width) break;
    taken += character;
  }
  return taken;
}

/** The longest end that fits. */
function takeEnd(text: string, width: number): string {
  const taken: string[] = [];
  let used = 0;
  for (const character of Array.from(text).toReversed()) {
    used += characterWidth(character);
    if (used > width) break;
    taken.push(character);
  }
  return taken.toReversed().join("");
}

/** A path or code that is too wide, with its middle replaced by an ellipsis. */
export function cutMiddle(text: string, width: number, ellipsis = "…"): string {
  if (displayWidth(text) <= width) return text;
  const room = Math.max(0, width - displayWidth(ellipsis));
  const end = takeEnd(text, Math.floor(room / 2));
  return takeStart(text, room - displayWidth(end)) + ellipsis + end;
}

/** Prose that is too wide, ended after a word and by an ellipsis; what has no word that fits is cut in its middle. */
export function cutEnd(text: string, width: number, ellipsis = "…"): string {
  if (displayWidth(text) <= width) return text;
  const words = takeStart(`${text} `, width - displayWidth(ellipsis)).replace(/\s*\S*$/, "");
  return words === "" ? cutMiddle(text, width, ellipsis) : `${words} ${ellipsis}`;
}

/** Prose in lines of at most `width` columns. A word that is wider than a line is cut in its middle. */
export function wrap(text: string, width: number, ellipsis = "…"): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.replaceAll(BEFORE_UNIT, NO_BREAK).split(" ").filter(Boolean)) {
    const candidate = line === "" ? word : `${line} ${word}`;
    if (displayWidth(candidate) <= width) line = candidate;
    else {
      if (line !== "") lines.push(line);
      line = cutMiddle(word, width, ellipsis);
    }
  }
  return (line === "" ? lines : [...lines, line]).map((each) => each.replaceAll(NO_BREAK, " "));
}

/** The space between a figure and its unit, at which no line ends. */
export const BEFORE_UNIT = /(?<=\d) (?=(?:%|ms|s|min|s\/min|kB|MB|GB|TB)(?![\w/]))/g;
const NO_BREAK = "\u00A0";
