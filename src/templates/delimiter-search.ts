/**
 * Finds delimiters from ever later positions in one text. Each kind remembers its last hit, so that a text full of
 * openers without a closer is still read in linear time.
 */
export class DelimiterSearch {
  private readonly text: string;
  private readonly hits = new Map<string, number>();

  constructor(text: string) {
    this.text = text;
  }

  /** Offset of the first `delimiter` at or after `from`; the text's length when there is none. */
  next(delimiter: string, from: number): number {
    const known = this.hits.get(delimiter);
    if (known !== undefined && known >= from) return known;
    const found = this.text.indexOf(delimiter, from);
    const hit = found === -1 ? this.text.length : found;
    this.hits.set(delimiter, hit);
    return hit;
  }
}
