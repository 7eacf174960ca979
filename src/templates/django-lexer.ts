import { DelimiterSearch } from "./delimiter-search.ts";
import type { Piece } from "./tag-tree.ts";
import { noteComment, type TemplateReport } from "./template-report.ts";

/** `{{ … }}` or `{% … %}`; the content's offsets leave out the delimiters and the blanks beside them. */
export interface DjangoPiece extends Piece {
  readonly contentStart: number;
  readonly contentEnd: number;
}

const CLOSERS: Readonly<Record<string, string>> = { "{": "}}", "%": "%}", "#": "#}" };
const BLANK = /\s/u;

/** Splits a Django template in outputs and tags; text, comments and verbatim blocks are left out. */
export function lexDjango(text: string, report: TemplateReport): readonly DjangoPiece[] {
  return skipIgnoredBlocks(text, scanDelimiters(text, report), report);
}

interface RawPiece extends DjangoPiece {
  readonly isComment: boolean;
}

/** Django's tags do not reach over a line end: `{{` without its closer on the same line is text. */
function scanDelimiters(text: string, report: TemplateReport): readonly RawPiece[] {
  const pieces: RawPiece[] = [];
  const search = new DelimiterSearch(text);
  const openers = /\{[{%#]/g;
  for (let match = openers.exec(text); match; match = openers.exec(text)) {
    const start = match.index;
    const closer = CLOSERS[text.charAt(start + 1)] ?? "";
    const close = search.next(closer, start + 2);
    if (close >= search.next("\n", start)) {
      noteUnclosed(text, start, close, report);
      openers.lastIndex = start + 1;
      continue;
    }
    pieces.push(makePiece(text, start, close + 2));
    openers.lastIndex = close + 2;
  }
  return pieces;
}

/** `{%` followed by a word is meant as a tag; a lone `{{` or `{#` is often JavaScript or CSS. */
function noteUnclosed(text: string, start: number, close: number, report: TemplateReport): void {
  if (text.charAt(start + 1) !== "%" || !/^\{%\s*[a-z]\w*\s/.test(text.slice(start, start + 40))) return;
  const message = close < text.length ? "a tag may not reach over a line end" : "unclosed '{%'";
  report.errors.push({ start, message });
}

function makePiece(text: string, start: number, end: number): RawPiece {
  let contentStart = start + 2;
  let contentEnd = end - 2;
  while (contentStart < contentEnd && BLANK.test(text.charAt(contentStart))) contentStart++;
  while (contentEnd > contentStart && BLANK.test(text.charAt(contentEnd - 1))) contentEnd--;
  const sigil = text.charAt(start + 1);
  const kind = sigil === "%" ? "tag" : "output";
  const name = kind === "tag" ? firstWord(text, contentStart, contentEnd) : "";
  return { kind, name, start, end, contentStart, contentEnd, isComment: sigil === "#" };
}

function firstWord(text: string, start: number, end: number): string {
  let stop = start;
  while (stop < end && !BLANK.test(text.charAt(stop))) stop++;
  return text.slice(start, stop);
}

/** Drops `{# … #}`, and all that stands between `comment` or `verbatim` and its end. */
function skipIgnoredBlocks(text: string, pieces: readonly RawPiece[], report: TemplateReport): readonly DjangoPiece[] {
  const kept: DjangoPiece[] = [];
  const lastEnds = lastIndexes(text, pieces);
  for (let index = 0; index < pieces.length; index++) {
    const piece = pieces[index];
    if (!piece) break;
    const closer = closerOfIgnored(text, piece);
    if (closer === null) keep(text, piece, kept, report);
    else if ((lastEnds.get(closer) ?? -1) > index) index = indexOfTag(text, pieces, closer, index);
    else report.errors.push({ start: piece.start, message: `unclosed tag '${piece.name}'` });
  }
  return kept;
}

function keep(text: string, piece: RawPiece, kept: DjangoPiece[], report: TemplateReport): void {
  if (piece.isComment) noteComment(report, piece.start, piece.end, text.slice(piece.start + 2, piece.end - 2));
  else kept.push(piece);
}

/** `{% verbatim name %}` ends at `{% endverbatim name %}`. */
function closerOfIgnored(text: string, piece: RawPiece): string | null {
  if (piece.kind !== "tag") return null;
  if (piece.name === "comment") return "endcomment";
  if (piece.name === "verbatim") return `end${contentOf(text, piece)}`;
  return null;
}

function contentOf(text: string, piece: DjangoPiece): string {
  return text.slice(piece.contentStart, piece.contentEnd);
}

function endKey(text: string, piece: RawPiece): string | null {
  if (piece.kind !== "tag" || !piece.name.startsWith("end")) return null;
  return piece.name === "endverbatim" ? contentOf(text, piece) : piece.name;
}

function lastIndexes(text: string, pieces: readonly RawPiece[]): ReadonlyMap<string, number> {
  const last = new Map<string, number>();
  for (const [index, piece] of pieces.entries()) {
    const key = endKey(text, piece);
    if (key !== null) last.set(key, index);
  }
  return last;
}

function indexOfTag(text: string, pieces: readonly RawPiece[], closer: string, from: number): number {
  for (let index = from + 1; index < pieces.length; index++) {
    const piece = pieces[index];
    if (piece && endKey(text, piece) === closer) return index;
  }
  return pieces.length;
}
