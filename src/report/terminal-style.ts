import type { Rung, Severity } from "../model/finding.ts";

/** How text is drawn, found out once at the edge (`src/cli/terminal.ts`). */
export interface TextStyle {
  /** Columns of a line. */
  readonly width: number;
  readonly colour: boolean;
  /** False in a locale that is not UTF-8. */
  readonly unicode: boolean;
  /** Makes the address of a file for OSC 8 links; null where the terminal is not known to take them. */
  readonly linkTo: ((file: string) => string) | null;
  readonly isTerminal: boolean;
  readonly verbose: boolean;
  readonly quiet: boolean;
}

export const PLAIN_STYLE: TextStyle = {
  width: 80,
  colour: false,
  unicode: true,
  linkTo: null,
  isTerminal: false,
  verbose: false,
  quiet: false,
};

export interface Glyphs {
  readonly filled: string;
  readonly empty: string;
  readonly bar: string;
  readonly ellipsis: string;
  readonly arrow: string;
}

const UNICODE: Glyphs = { filled: "━", empty: "─", bar: "│", ellipsis: "…", arrow: "→" };
const ASCII: Glyphs = { filled: "=", empty: "-", bar: "|", ellipsis: "...", arrow: "->" };

export function glyphsOf(style: TextStyle): Glyphs {
  return style.unicode ? UNICODE : ASCII;
}

/** The 16 colours and bold only, so that the user's theme rules. */
export type Tone = "bold" | "dim" | "red" | "green" | "yellow" | "blue" | "plain";

const CODES: Readonly<Record<Exclude<Tone, "plain">, readonly [number, number]>> = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  blue: [34, 39],
};

export function paint(style: TextStyle, tone: Tone, text: string): string {
  if (!style.colour || tone === "plain" || text === "") return text;
  const [on, off] = CODES[tone];
  return `\u001B[${on}m${text}\u001B[${off}m`;
}

export function severityTone(severity: Severity): Tone {
  return ({ error: "red", warning: "yellow", info: "plain" } as const)[severity];
}

export function rungTone(rung: Rung): Tone {
  return ({ inferred: "dim", recorded: "dim", planned: "blue", measured: "green", proven: "green" } as const)[rung];
}

/** An OSC 8 link, where the terminal is known to take it. */
export function link(style: TextStyle, file: string, text: string): string {
  if (!style.linkTo) return text;
  return `\u001B]8;;${style.linkTo(file)}\u001B\\${text}\u001B]8;;\u001B\\`;
}
