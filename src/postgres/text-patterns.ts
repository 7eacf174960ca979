/** What texts of one column are when they are something else: the same patterns for values of the statistics and, as SQL, for rows. */

/** One entry of a list: a word, without what prose, JSON, headers and rules of recurrence are made of. */
const PART = String.raw`[^\s,;|{}()<>="'\[\]]{1,40}`;

/** Texts of which each is a list: three entries or more, or separators at both ends (`,sea,ships,`), which nothing but a list has. */
const LISTS = [",", ";", "|"].flatMap((mark) => {
  const separator = `\\s*[${mark}]\\s*`;
  return [`^\\s*[${mark}]?${PART}(?:${separator}${PART}){2,}\\s*[${mark}]?\\s*$`, `^[${mark}]${PART}(?:${separator}${PART})*[${mark}]$`];
});

/** `1,234,567` is one number. */
const GROUPED_NUMBER = String.raw`^[0-9]{1,3}(?:,[0-9]{3})+$`;

/** Without dashes a version and a variant tell it from a hash of 32 digits, of which one in eight has them by chance. */
const UUID = "^[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}$|^[0-9A-Fa-f]{12}[1-8][0-9A-Fa-f]{3}[89ABab][0-9A-Fa-f]{15}$";

export interface TextPattern {
  /** One of these, as regular expressions that JavaScript and PostgreSQL read alike. */
  readonly any: string;
  /** And not this one; null for nothing. */
  readonly but: string | null;
}

export const LIST_PATTERN: TextPattern = { any: LISTS.map((one) => `(?:${one})`).join("|"), but: GROUPED_NUMBER };
export const UUID_PATTERN: TextPattern = { any: UUID, but: null };

const LIST = new RegExp(LIST_PATTERN.any);
const NUMBER = new RegExp(GROUPED_NUMBER);

export function isList(text: string): boolean {
  return LIST.test(text) && !NUMBER.test(text);
}

const UUIDS = new RegExp(UUID);

export function isUuid(text: string): boolean {
  return UUIDS.test(text);
}
