/** Wagtail: the template that a page names by its class, the query behind `page.specific`, columns of listings. */
import { argument } from "../../dataflow/arguments.ts";
import type { CallSite, Engine, Hook } from "../../dataflow/engine.ts";
import { plainQueryset, modelManager, runQueryset } from "../../dataflow/querysets.ts";
import { literal, NO_ARGS, UNKNOWN, type RowValue, type Value } from "../../dataflow/values.ts";
import { itemSpan, readPath } from "../declarations.ts";

/** A class's own `template`, which its subclasses do not inherit, else `app/blog_index_page.html`. */
const pageTemplate =
  (engine: Engine): Hook =>
  (args, site) => {
    const [page] = args.positional;
    if (page?.kind !== "row") return UNKNOWN;
    const { cls, app, name } = page.model;
    const own = cls.members.has("template") ? engine.classMember(cls, "template", page, { span: site.span, frame: site.frame }) : null;
    return own ?? literal(`${app}/${underscored(name)}.html`);
  };

/** `BlogIndexPage` is `blog_index_page`, `FAQPage` is `faq_page`. */
function underscored(name: string): string {
  return name
    .replaceAll(/(?<=[a-z])[A-Z]|[A-Z](?![A-Z]|$)/g, (capital) => `_${capital}`)
    .toLowerCase()
    .replaceAll(/^_+|_+$/g, "");
}

/** A plain page is fetched again as what it is; a page of another model, or of `specific()`, is that already. */
const specificPage =
  (engine: Engine): Hook =>
  (args, site) => {
    const [page] = args.positional;
    if (page?.kind !== "row" || page.model.label !== "wagtailcore.Page" || page.load.annotated.has("is_specific")) return page ?? UNKNOWN;
    const inner: CallSite = { ...site, expr: null };
    if (page.loop !== null) fetchSpecific(engine, page, inner);
    return UNKNOWN;
  };

function fetchSpecific(engine: Engine, page: RowValue, site: CallSite): void {
  const manager = modelManager(engine, page.model, page.model.defaultManager, { span: site.span, frame: site.frame });
  runQueryset(engine, { ...plainQueryset(engine, manager, site.frame), doubts: page.doubts }, "specific", site.span, { ...site.frame, loop: page.loop });
}

/** `"author__name"`, `Column("author.name")`, `Column("name", accessor="author.name")`. */
const listColumns =
  (engine: Engine): Hook =>
  (args, site) => {
    const [viewset, row] = args.positional;
    if (viewset?.kind !== "object" || row === undefined) return UNKNOWN;
    const columns = engine.attribute(viewset, "list_display", { span: site.span, frame: site.frame });
    for (const column of columns.kind === "list" ? (columns.items ?? []) : []) {
      const path = columnPath(column);
      const given = path?.kind === "literal" && typeof path.value === "string" ? path.value : null;
      const span = column.kind === "object" ? (column.site ?? site.span) : itemSpan(engine, viewset.cls, "list_display", given ?? "");
      const inner: CallSite = { span, frame: site.frame, expr: null };
      if (given !== null) engine.text(readPath(engine, row, given, inner), span, site.frame);
      else if (path?.kind === "function") engine.text(engine.call(path, { ...NO_ARGS, positional: [row] }, inner), span, site.frame);
    }
    return UNKNOWN;
  };

function columnPath(column: Value): Value | null {
  if (column.kind !== "object") return column;
  const args = column.args ?? NO_ARGS;
  return args.keywords.get("accessor") ?? argument(args, 0, "name");
}

export const wagtailHooks: Readonly<Record<string, (engine: Engine) => Hook>> = {
  "luthier.page_template": pageTemplate,
  "luthier.specific_page": specificPage,
  "luthier.list_columns": listColumns,
};
