import { pathToFileURL } from "node:url";
import { hostname } from "node:os";
import path from "node:path";
import type { TextStyle } from "../report/terminal-style.ts";
import type { Environment } from "./environment.ts";

const WIDEST = 100;
/** Of a phone held upright. Less is drawn so, and the terminal breaks the lines. */
const NARROWEST = 40;
const USUAL = 80;

type Terminal = Pick<Environment, "stdout" | "env" | "platform">;

/** How text is drawn here: the terminal's width and colours, plain and 80 columns wide where there is none and none is named. */
export function textStyle(terminal: Terminal, root: string, options: { verbose: boolean; quiet: boolean }): TextStyle {
  const isTerminal = terminal.stdout.isTTY === true;
  return {
    width: textWidth(terminal),
    colour: hasColour(terminal),
    unicode: isUtf8(terminal),
    linkTo: isTerminal && takesLinks(terminal.env) ? (file) => fileAddress(path.join(root, file)) : null,
    isTerminal,
    ...options,
  };
}

/** As many columns as `COLUMNS` names, or the terminal has. */
export function textWidth({ stdout, env }: Pick<Terminal, "stdout" | "env">): number {
  const named = Number.parseInt(env["COLUMNS"] ?? "", 10);
  const columns = named > 0 ? named : stdout.isTTY === true ? (stdout.columns ?? USUAL) : USUAL;
  return Math.max(NARROWEST, Math.min(WIDEST, columns));
}

function hasColour({ stdout, env }: Terminal): boolean {
  return stdout.isTTY === true && !env["NO_COLOR"] && env["TERM"] !== "dumb";
}

/** By the locale, as the C library takes it; Windows and macOS terminals are UTF-8 unless a locale says otherwise. */
function isUtf8({ env, platform }: Terminal): boolean {
  const locale = env["LC_ALL"] || env["LC_CTYPE"] || env["LANG"];
  if (!locale) return platform === "win32" || platform === "darwin";
  return /utf-?8/i.test(locale);
}

/** Terminals known to take OSC 8 links. VS Code is not among them: it links `path:line:col` by itself, line included. */
function takesLinks(env: Terminal["env"]): boolean {
  if (env["TERM"] === "dumb" || env["TMUX"] || env["STY"] || env["CI"]) return false;
  const isKnown = ["iTerm.app", "WezTerm", "ghostty"].includes(env["TERM_PROGRAM"] ?? "");
  const isKitty = env["TERM"] === "xterm-kitty" || env["TERM"] === "foot";
  return isKnown || isKitty || Boolean(env["WT_SESSION"] || env["KONSOLE_VERSION"]) || Number(env["VTE_VERSION"]) >= 5000;
}

function fileAddress(file: string): string {
  const address = pathToFileURL(file);
  if (process.platform !== "win32") address.hostname = hostname();
  return address.href;
}
