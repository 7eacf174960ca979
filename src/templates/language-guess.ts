import { lexDjango } from "./django-lexer.ts";
import { newReport } from "./template-report.ts";

export interface LanguageGuess {
  readonly language: "django" | "jinja2" | "unknown";
  /** Why, for people: `'{% load i18n %}' is Django's`. */
  readonly reason: string;
}

interface Sign {
  readonly language: "django" | "jinja2";
  readonly kind: "output" | "tag";
  /** Matched against what stands between the delimiters, strings emptied. */
  readonly pattern: RegExp;
  readonly weight: number;
}

/** What an extension may add to Jinja2, or Django also accepts, counts for less than what grammar rules out. */
const WEAK_SIGNS: readonly Sign[] = [
  { language: "django", kind: "tag", pattern: /^(?:csrf_token$|(?:url|static|trans|now|lorem)\s+"")/, weight: 1 },
  { language: "jinja2", kind: "output", pattern: /^_\(""\)/, weight: 1 },
];

function signs(language: Sign["language"], kind: Sign["kind"], ...patterns: readonly RegExp[]): readonly Sign[] {
  return patterns.map((pattern) => ({ language, kind, pattern, weight: 2 }));
}

/** What only one of the two languages accepts. Strings were emptied before: `"…"` is `""`. */
const SIGNS: readonly Sign[] = [
  ...signs(
    "django",
    "tag",
    /^(?:load|comment|verbatim|ifequal|ifnotequal|ifchanged|regroup|widthratio|firstof|cycle|templatetag)(?:\s|$)/,
    /^(?:blocktrans|blocktranslate|endblocktrans|endblocktranslate|translate|empty|endcomment|endverbatim)(?:\s|$)/,
    /^include\s+\S+\s+(?:with\s+[\w.]+=|only)/,
    /\|\w+:(?:""|[\w.-])/,
    /\bforloop\./,
  ),
  ...WEAK_SIGNS,
  ...signs("django", "output", /\|\w+:(?:""|[\w.-])/, /\bforloop\./, /^block\.super$/),
  ...signs(
    "jinja2",
    "tag",
    /^[-+]|[-+]$/,
    /^(?:set|macro|endmacro|call|endcall|import|from|do|raw|endraw|endset|pluralize)(?:\s|$|\()/,
    /^(?:if|elif|for|include|extends|with)\b.*(?:[^\W_]|\w_|[\])])\s?[([]/,
    /^(?:if|elif)\s.*\sis\s+(?:not\s+)?(?:defined|undefined|none|mapping|iterable|string|number)\b/,
    /^include\b.*\b(?:ignore missing|with(?:out)? context)$/,
    /\bloop\.(?:index|index0|first|last|length|revindex|previtem|nextitem|cycle)\b/,
  ),
  ...signs("jinja2", "output", /^-|-$/, /(?:[^\W_]|\w_|[\])])\s?[([]/, /\s(?:if|else)\s/, /\s[~*/+]\s/, /\bloop\.(?:index|index0|first|last|length)\b/),
];

const MAX_SHOWN = 60;

/** Tells which language a template is written in, where its directory serves both. */
export function guessTemplateLanguage(text: string): LanguageGuess {
  const first = new Map<Sign["language"], string>();
  const weights = { django: 0, jinja2: 0 };
  for (const { kind, start, end } of lexDjango(text, newReport())) {
    const sign = findSign(kind, text.slice(start + 2, end - 2));
    if (!sign) continue;
    weights[sign.language] += sign.weight;
    if (!first.has(sign.language)) first.set(sign.language, text.slice(start, Math.min(end, start + MAX_SHOWN)));
  }
  if (weights.django === weights.jinja2) return { language: "unknown", reason: explainDoubt(weights.django) };
  const language = weights.django > weights.jinja2 ? "django" : "jinja2";
  const name = language === "django" ? "Django" : "Jinja2";
  return { language, reason: `'${first.get(language) ?? ""}' is ${name}'s` };
}

function findSign(kind: Sign["kind"], content: string): Sign | null {
  const bare = content.replaceAll(/"[^"]*"|'[^']*'/g, '""').trim();
  return SIGNS.find((sign) => sign.kind === kind && sign.pattern.test(bare)) ?? null;
}

function explainDoubt(count: number): string {
  return count === 0 ? "nothing in it belongs to one language alone" : "it has as much of Django as of Jinja2";
}
