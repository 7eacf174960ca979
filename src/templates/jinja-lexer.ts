import { DelimiterSearch } from "./delimiter-search.ts";
import { type JinjaToken, scanLoosely, scanTokens, type ScannedTokens } from "./jinja-tokens.ts";
import type { Piece } from "./tag-tree.ts";
import { noteComment, type TemplateReport } from "./template-report.ts";

/** `{{ … }}` or `{% … %}` with its tokens, a tag's name left out. */
export interface JinjaPiece extends Piece {
  readonly tokens: readonly JinjaToken[];
  /** Where the closing delimiter begins. */
  readonly contentEnd: number;
}

/** Splits a Jinja2 template in outputs and tags; text, comments and raw blocks are left out. */
export function lexJinja(text: string, report: TemplateReport): readonly JinjaPiece[] {
  const lexer = new JinjaLexer(text, report);
  return lexer.read();
}

const OPENER = /\{[{%#]/g;
const END_RAW = /\{%[-+]?\s*endraw\s*[-+]?%\}/g;

class JinjaLexer {
  private readonly text: string;
  private readonly report: TemplateReport;
  private readonly search: DelimiterSearch;
  private readonly pieces: JinjaPiece[] = [];
  /** After the first tag that cannot be read, a tag ends at the first closer: no text is scanned twice. */
  private isBroken = false;
  private hasEndRaw = true;

  constructor(text: string, report: TemplateReport) {
    this.text = text;
    this.report = report;
    this.search = new DelimiterSearch(text);
  }

  read(): readonly JinjaPiece[] {
    const opener = new RegExp(OPENER);
    for (let match = opener.exec(this.text); match; match = opener.exec(this.text)) {
      opener.lastIndex = this.readFrom(match.index);
    }
    return this.pieces;
  }

  /** Reads what begins at `start`; gives where to go on. */
  private readFrom(start: number): number {
    const sigil = this.text.charAt(start + 1);
    if (sigil === "#") return this.readComment(start);
    const closer = sigil === "%" ? "%}" : "}}";
    if (this.search.next(closer, start + 2) >= this.text.length) {
      this.fail(start, `unclosed '{${sigil}'`);
      return start + 2;
    }
    return sigil === "%" ? this.readTag(start) : this.readOutput(start);
  }

  private readComment(start: number): number {
    const close = this.search.next("#}", start + 2);
    if (close >= this.text.length) {
      this.fail(start, "unclosed '{#'");
      return start + 2;
    }
    const content = this.text.slice(start + 2, close).replace(/^[-+]|[-+]$/g, "");
    noteComment(this.report, start, close + 2, content);
    return close + 2;
  }

  private readOutput(start: number): number {
    const { tokens, contentEnd, end } = this.scan(start, "}}");
    this.pieces.push({ kind: "output", name: "", tokens, start, contentEnd, end });
    return end;
  }

  private readTag(start: number): number {
    const { tokens, contentEnd, end } = this.scan(start, "%}");
    const [first, ...rest] = tokens;
    if (first?.text === "raw" && rest.length === 0) return this.skipRaw(start, end);
    const name = first?.type === "name" ? first.text : "";
    this.pieces.push({ kind: "tag", name, tokens: name ? rest : tokens, start, contentEnd, end });
    return end;
  }

  private skipRaw(start: number, end: number): number {
    END_RAW.lastIndex = end;
    if (this.hasEndRaw && END_RAW.test(this.text)) return END_RAW.lastIndex;
    this.hasEndRaw = false;
    this.fail(start, "unclosed tag 'raw'");
    return end;
  }

  private scan(start: number, closer: string): ScannedTokens {
    const sign = this.text.charAt(start + 2);
    const isSigned = sign === "-" || (sign === "+" && closer === "%}");
    const from = isSigned ? start + 3 : start + 2;
    const scanned = this.isBroken ? null : scanTokens(this.text, from, closer);
    return scanned ?? this.scanBroken(start, from, closer);
  }

  private scanBroken(start: number, from: number, closer: string): ScannedTokens {
    const close = this.search.next(closer, from);
    const end = close + closer.length;
    const careful = scanTokens(this.text.slice(0, end), from, closer);
    if (careful) return careful;
    this.isBroken = true;
    this.fail(start, "could not read the tag");
    return { tokens: scanLoosely(this.text.slice(0, close), from), contentEnd: close, end };
  }

  private fail(start: number, message: string): void {
    this.report.errors.push({ start, message });
  }
}
