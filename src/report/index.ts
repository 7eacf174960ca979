export { renderGithub } from "./github.ts";
export { renderJson } from "./json.ts";
export { renderMarkdown } from "./markdown.ts";
export type { RenderContext, SourceReader } from "./render-context.ts";
export { renderSarif } from "./sarif.ts";
export { PLAIN_STYLE, type TextStyle } from "./terminal-style.ts";
export { renderText } from "./text.ts";
