/**
 * Something that the person at the command line can put right: a stable code, one sentence and one remedy.
 * Anything else that is thrown is a bug of ours.
 *
 * @example
 * throw new UsageError("unknown-ref", "git knows no commit called main2.", "Name a branch, a tag or a commit.");
 */
export class UsageError extends Error {
  override readonly name = "UsageError";
  readonly code: string;
  readonly remedy: string;

  constructor(code: string, sentence: string, remedy: string, options?: ErrorOptions) {
    super(sentence, options);
    this.code = code;
    this.remedy = remedy;
  }
}
