import { html, type Html } from "../../html/markup.ts";
import { inset, share, type Sheet } from "./sheet.ts";

interface Grid {
  readonly columns: number;
  /** Pixels of a cell, its title included. */
  readonly cell: number;
}

/** The same small drawing again and again; each cell has a width of its own to share out. */
export function smallMultiples<T>(items: readonly T[], { columns, cell }: Grid, draw: (item: T) => Html): Sheet {
  const width = 1 / columns;
  const cells = items.map((item, index) =>
    inset(
      {
        x: share((index % columns) * width + (index % columns === 0 ? 0 : width * 0.06)),
        y: Math.floor(index / columns) * cell,
        width: share(width * (columns === 1 ? 1 : 0.86)),
        height: cell,
      },
      draw(item),
    ),
  );
  return { left: 0, right: 0, height: Math.ceil(items.length / columns) * cell, body: html`${cells}` };
}
