/** Markdown as GitHub reads it. */
import { fromMarkdown } from "mdast-util-from-markdown";
import { gfmFromMarkdown } from "mdast-util-gfm";
import { gfm } from "micromark-extension-gfm";

export interface MarkdownNode {
  readonly type: string;
  readonly value?: string;
  readonly url?: string;
  readonly depth?: number;
  readonly lang?: string | null;
  readonly children?: readonly MarkdownNode[];
  readonly position?: { readonly start: { readonly offset?: number }; readonly end: { readonly offset?: number } };
}

/** All nodes of a page, outer ones first. */
export function markdownNodes(markdown: string): readonly MarkdownNode[] {
  const all: MarkdownNode[] = [];
  const visit = (node: MarkdownNode): void => {
    all.push(node);
    for (const child of node.children ?? []) visit(child);
  };
  visit(fromMarkdown(markdown, { extensions: [gfm()], mdastExtensions: [gfmFromMarkdown()] }));
  return all;
}

/** Its text, code included. */
export function textOf(node: MarkdownNode): string {
  return node.value ?? (node.children ?? []).map(textOf).join("");
}

/** What GitHub would take for markup of its own: everything but the few tags and comments that pages are made with. */
export function foreignMarkup(markdown: string): readonly string[] {
  const own =
    /^(?:<!-- (?:notes: [\w-]+|\/notes) -->\n?)+$|^<a id="[\w-]+">$|^<\/a>$|^<a id="[\w-]+"><\/a>$|^<details><summary>(?:[^<>]*)<\/summary>$|^<\/details>$/;
  return markdownNodes(markdown).flatMap(({ type, value = "" }) => (type === "html" && !own.test(value) ? [value] : []));
}

/** Where its links lead. */
export function linksOf(markdown: string): readonly string[] {
  return markdownNodes(markdown).flatMap(({ type, url }) => ((type === "link" || type === "image" || type === "definition") && url !== undefined ? [url] : []));
}

/** Paragraphs as they are written; tables, code, and what is a table's title or says where its figures come from are left out. */
export function fromMarkdownParagraphs(markdown: string): readonly string[] {
  const nodes = markdownNodes(markdown);
  const labels = new Set(
    nodes.flatMap(({ children = [] }) =>
      children.flatMap((node, index) => (isTitle(node, children[index + 1]) || isSource(children[index - 1]) ? [node] : [])),
    ),
  );
  return nodes.flatMap((node) => {
    if (node.type !== "paragraph" || node.position === undefined || labels.has(node)) return [];
    const { start, end } = node.position;
    return [markdown.slice(start.offset ?? 0, end.offset ?? 0).replaceAll("**", "")];
  });
}

const isTitle = ({ type, children = [] }: MarkdownNode, next: MarkdownNode | undefined): boolean =>
  type === "paragraph" && next?.type === "table" && children.length === 1 && children[0]?.type === "strong";
const isSource = (before: MarkdownNode | undefined): boolean => before?.type === "table";
