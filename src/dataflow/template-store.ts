/** Templates by name, lowered on first use, and the tags and filters that libraries register. */
import { decoratorName } from "../python/syntax-tree.ts";
import path from "node:path";
import type { DjangoProject, Expr, FunctionDef, Module, Program, PythonModule, Stmt, Tag } from "../model/index.ts";
import { guessTemplateLanguage, lowerDjangoTemplate, lowerJinjaTemplate } from "../templates/index.ts";

/** Reads a project file's text; null when there is none. */
export type ReadText = (file: string) => string | null;

export interface RegisteredTag {
  readonly kind: "simple" | "inclusion" | "filter" | "node";
  readonly name: string;
  readonly module: PythonModule;
  readonly def: FunctionDef;
  readonly takesContext: boolean;
  /** The text between the tag and its end is the function's first argument. */
  readonly takesContent: boolean;
  /** Template of an inclusion tag. */
  readonly template: string | null;
}

export interface FoundTemplate {
  readonly module: Module;
  readonly language: "django" | "jinja2";
}

const NONE_PASSED: ReadonlySet<string> = new Set();

export class TemplateStore {
  private readonly lowered = new Map<string, FoundTemplate | null>();
  private readonly libraries = new Map<string, ReadonlyMap<string, RegisteredTag>>();
  private strings: ReadonlyMap<string, { readonly file: string; readonly start: number }> | null = null;
  private allTags: ReadonlyMap<string, RegisteredTag> | null = null;
  private readonly project: DjangoProject;
  private readonly program: Program;
  private readonly readText: ReadText;
  private readonly files: ReadonlySet<string>;

  constructor(project: DjangoProject, program: Program, files: ReadonlySet<string>, readText: ReadText) {
    this.project = project;
    this.program = program;
    this.files = files;
    this.readText = readText;
  }

  /** Every template that was lowered, for coverage and comments. */
  get used(): readonly FoundTemplate[] {
    return [...this.lowered.values()].filter((one) => one !== null);
  }

  /** `from` is the file whose tag names it: `./row.html` and `../base.html` are beside that. `page.html#row` is what `{% partialdef row %}` keeps there.
   *  Files of `passed` are not meant. */
  find(name: string, from = "", passed: ReadonlySet<string> = NONE_PASSED): FoundTemplate | null {
    const [file = "", part] = name.split("#");
    const found = this.wholeFile(file, from, passed);
    return part === undefined || found === null ? found : partOf(found, part);
  }

  private wholeFile(name: string, from: string, passed: ReadonlySet<string>): FoundTemplate | null {
    const whole = /^\.\.?\//.test(name) ? this.nameBeside(name, from) : name;
    for (const engine of this.project.templates) {
      for (const directory of engine.directories) {
        const file = directory === "" ? whole : `${directory}/${whole}`;
        if (!this.files.has(file) || passed.has(file)) continue;
        const found = this.lower(file, engine.language);
        if (found !== null) return found;
      }
    }
    return null;
  }

  private nameBeside(relative: string, from: string): string {
    const directories = this.project.templates.flatMap((engine) => engine.directories).filter((one) => one === "" || from.startsWith(`${one}/`));
    const [nearest = ""] = directories.toSorted((a, b) => b.length - a.length);
    const own = nearest === "" ? from : from.slice(nearest.length + 1);
    return path.posix.join(path.posix.dirname(own), relative);
  }

  private lower(file: string, engineLanguage: "django" | "jinja2"): FoundTemplate | null {
    const known = this.lowered.get(file);
    if (known !== undefined) return known;
    const text = this.readText(file);
    const found = text === null ? null : this.fromText(file, text, engineLanguage);
    this.lowered.set(file, found);
    return found;
  }

  /** Lowers text that is not a file of its own (a column's `template_code`). */
  fromText(file: string, text: string, engineLanguage: "django" | "jinja2"): FoundTemplate {
    const guess = guessTemplateLanguage(text).language;
    const isMixed = this.project.templates.some((one) => one.language !== engineLanguage);
    const language = isMixed && guess !== "unknown" ? guess : engineLanguage;
    const module = language === "django" ? lowerDjangoTemplate(file, text) : lowerJinjaTemplate(file, text);
    return { module, language };
  }

  /** Where a string that holds a template is written, with the offset of its content. */
  placeOfString(text: string): { readonly file: string; readonly start: number } | null {
    this.strings ??= templateStrings(this.program);
    return this.strings.get(text) ?? null;
  }

  /** A tag or filter in one of the loaded libraries, or anywhere when only one module registers it. */
  tag(name: string, loads: Iterable<string>): RegisteredTag | null {
    for (const library of loads) {
      const found = this.library(library).get(name);
      if (found !== undefined) return found;
    }
    return this.everyTag().get(name) ?? null;
  }

  private library(name: string): ReadonlyMap<string, RegisteredTag> {
    const known = this.libraries.get(name);
    if (known !== undefined) return known;
    const tags = new Map<string, RegisteredTag>();
    for (const module of this.program.modules.values()) {
      if (!module.name.endsWith(`.templatetags.${name}`) && module.name !== name) continue;
      for (const tag of registeredTags(module)) tags.set(tag.name, tag);
    }
    this.libraries.set(name, tags);
    return tags;
  }

  private everyTag(): ReadonlyMap<string, RegisteredTag> {
    if (this.allTags !== null) return this.allTags;
    const tags = new Map<string, RegisteredTag>();
    for (const module of this.program.modules.values()) {
      if (module.origin === "builtin" || !/templatetags|jinja/.test(module.name)) continue;
      for (const tag of registeredTags(module)) if (!tags.has(tag.name)) tags.set(tag.name, tag);
    }
    this.allTags = tags;
    return tags;
  }
}

/** The other pieces of the template can be rendered within the one. */
function partOf({ module, language }: FoundTemplate, name: string): FoundTemplate | null {
  const parts = partials(module.body);
  const [own] = parts.filter(({ args: [first] }) => first?.kind === "str" && first.value === name);
  if (own === undefined) return null;
  const definitions = parts.map((one) => ({ ...one, args: one.args.slice(0, 1) }));
  return { module: { ...module, body: [...definitions, ...own.body] }, language };
}

function partials(body: readonly Stmt[]): Tag[] {
  return body.flatMap((stmt) => {
    if (stmt.kind === "if") return partials([...stmt.then, ...stmt.otherwise]);
    if (stmt.kind === "tag") return [...(stmt.name === "partialdef" ? [stmt] : []), ...partials(stmt.body)];
    return stmt.kind === "block" || stmt.kind === "for" ? partials(stmt.body) : [];
  });
}

const KINDS: Readonly<Record<string, RegisteredTag["kind"]>> = {
  simple_tag: "simple",
  assignment_tag: "simple",
  simple_block_tag: "simple",
  inclusion_tag: "inclusion",
  filter: "filter",
  tag: "node",
  function: "simple",
  global_function: "simple",
  render_with: "inclusion",
  test: "filter",
};

function registeredTags(module: PythonModule): RegisteredTag[] {
  const tags: RegisteredTag[] = [];
  for (const definitions of module.scope.values()) {
    for (const definition of definitions) {
      if (definition.kind !== "function") continue;
      for (const decorator of definition.def.decorators) {
        const tag = tagOf(module, definition.def, decorator);
        if (tag !== null) tags.push(tag);
      }
    }
  }
  return tags.toSorted((a, b) => Number(b.kind === "inclusion") - Number(a.kind === "inclusion"));
}

function tagOf(module: PythonModule, def: FunctionDef, decorator: Expr): RegisteredTag | null {
  const parts = decoratorName(decorator).split(".");
  const kind = parts.length < 2 ? undefined : KINDS[parts.at(-1) ?? ""];
  if (kind === undefined) return null;
  const keywords = decorator.kind === "call" ? decorator.keywords : [];
  const [first] = decorator.kind === "call" ? decorator.args : [];
  const named = keywords.find((one) => one.name === "name")?.value;
  const template = keywords.find((one) => one.name === "filename")?.value ?? first;
  const takesContext = keywords.some((one) => one.name === "takes_context" && isTrue(one.value));
  const given = named ?? (kind === "inclusion" ? undefined : first);
  return {
    kind,
    name: given?.kind === "str" ? given.value : def.name,
    module,
    def,
    takesContext: takesContext || def.decorators.some((one) => /context/.test(decoratorName(one))),
    takesContent: parts.at(-1) === "simple_block_tag",
    template: kind === "inclusion" && template?.kind === "str" ? template.value : null,
  };
}

function isTrue(expr: Expr): boolean {
  return expr.kind === "constant" && expr.value === "true";
}

/** Strings with template syntax at module and class level, by their value. */
function templateStrings(program: Program): Map<string, { readonly file: string; readonly start: number }> {
  const found = new Map<string, { readonly file: string; readonly start: number }>();
  for (const module of program.modules.values()) {
    if (module.origin !== "project") continue;
    const visit = (node: unknown): void => {
      if (typeof node !== "object" || node === null) return;
      if (isTemplateString(node)) found.set(node.value, { file: module.ir.file, start: node.start + quoteLength(node) });
      for (const [key, child] of Object.entries(node)) if (key !== "body" || !isFunction(node)) visit(child);
    };
    for (const stmt of module.ir.body) if (stmt.kind === "assign" || stmt.kind === "class") visit(stmt);
  }
  return found;
}

function isTemplateString(node: object): node is { value: string; start: number; end: number } {
  return "kind" in node && node.kind === "str" && "value" in node && typeof node.value === "string" && /\{[{%]/.test(node.value);
}

function isFunction(node: object): boolean {
  return "kind" in node && node.kind === "function";
}

/** Triple quotes take three characters; escapes inside shift what follows, which slack in the places absorbs. */
function quoteLength(node: { readonly value: string; readonly start: number; readonly end: number }): number {
  return node.end - node.start - node.value.length >= 6 ? 3 : 1;
}
