export { lowerDjangoTemplate } from "./django-template.ts";
export { lowerJinjaTemplate } from "./jinja-template.ts";
export { guessTemplateLanguage, type LanguageGuess } from "./language-guess.ts";
