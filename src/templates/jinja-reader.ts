import type { JinjaPiece } from "./jinja-lexer.ts";
import type { JinjaToken } from "./jinja-tokens.ts";
import type { TemplateError } from "./template-report.ts";

/** Walks over the tokens of one tag. The first thing that cannot be read ends the walk. */
export class JinjaReader {
  private readonly piece: JinjaPiece;
  private readonly errors: TemplateError[];
  private index = 0;
  private hasFailed = false;

  constructor(piece: JinjaPiece, errors: TemplateError[]) {
    this.piece = piece;
    this.errors = errors;
  }

  /** The token `ahead` of the next one. */
  peek(ahead = 0): JinjaToken | undefined {
    return this.hasFailed ? undefined : this.piece.tokens[this.index + ahead];
  }

  /** True when the next token is that operator or name. */
  sees(text: string, ahead = 0): boolean {
    const token = this.peek(ahead);
    return token?.text === text && token.type !== "string";
  }

  take(): JinjaToken | undefined {
    const token = this.peek();
    if (token) this.index++;
    return token;
  }

  /** Steps over the next token when it is `text`. */
  skip(text: string): boolean {
    const isThere = this.sees(text);
    if (isThere) this.index++;
    return isThere;
  }

  expect(text: string): void {
    if (!this.skip(text)) this.fail(`expected '${text}'`);
  }

  takeName(): JinjaToken | undefined {
    if (this.peek()?.type === "name") return this.take();
    this.fail("expected a name");
    return undefined;
  }

  /** Where the next token begins; at the end, where the last one ended. */
  get start(): number {
    return this.peek()?.start ?? this.end;
  }

  /** Where the last token ended. */
  get end(): number {
    return this.piece.tokens[this.index - 1]?.end ?? this.piece.tokens[0]?.start ?? this.piece.contentEnd;
  }

  get isAtEnd(): boolean {
    return this.peek() === undefined;
  }

  expectEnd(): void {
    if (!this.isAtEnd) this.fail("expected the end of the tag");
  }

  /** Reports what is wrong at the next token and gives up on the rest of the tag. */
  fail(message: string): void {
    if (this.hasFailed) return;
    const found = this.peek();
    const what = found ? `found '${found.text.slice(0, 40)}'` : "the tag ends too early";
    this.errors.push({ start: this.start, message: `${message}: ${what}` });
    this.hasFailed = true;
  }
}
