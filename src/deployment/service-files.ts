/** Files that list what a project runs: Procfile, Dockerfile, shell scripts, systemd units, supervisor, uWSGI. */
import type { Said } from "../model/deployment.ts";
import { splitCommands, type CommandPlace, type Variables } from "./command-words.ts";
import { readIni, saidIn } from "./ini.ts";

/** A command as a file has it, before it is known what it starts. */
export interface ListedCommand {
  readonly name: string;
  readonly text: string;
  readonly place: CommandPlace;
  readonly variables: Variables;
  readonly replicas: Said<number> | null;
  readonly surge: Said<number> | null;
  readonly group: string;
}

const NONE: Variables = new Map();

const listed = (name: string, file: string, text: string, start: number, variables: Variables = NONE): ListedCommand => ({
  name,
  text,
  place: { span: { file, start, end: start + text.length }, isExact: true },
  variables,
  replicas: null,
  surge: null,
  group: file,
});

/** `web: gunicorn shop.wsgi`. */
export function readProcfile(file: string, text: string): ListedCommand[] {
  return [...text.matchAll(/^([\w-]+)[ \t]*:[ \t]*(\S.*)$/gm)]
    .filter(([, name]) => name !== "release")
    .map(({ 0: line, 1: name = "", 2: command = "", index }) => listed(name, file, command, index + line.length - command.length));
}

/** The last stage's ENTRYPOINT and CMD, with the ENV above them. */
export function readDockerfile(file: string, text: string): ListedCommand[] {
  const variables = new Map<string, string>();
  let commands: { readonly word: string; readonly body: string; readonly start: number }[] = [];
  for (const { 0: line, 1: word = "", 2: body = "", index } of text.matchAll(/^[ \t]*(FROM|ENV|CMD|ENTRYPOINT)[ \t]+((?:\\\r?\n|[^\n])*)/gim)) {
    const kind = word.toUpperCase();
    if (kind === "FROM") commands = [];
    else if (kind === "ENV")
      for (const [, name = "", quoted, bare] of body.matchAll(/(\w+)(?:=|[ \t]+)(?:"([^"\n]*)"|(\S+))/g)) variables.set(name, quoted ?? bare ?? "");
    else commands = [...commands.filter((one) => one.word !== kind), { word: kind, body, start: index + line.length - body.length }];
  }
  return commands
    .toSorted((a, b) => (a.word < b.word ? 1 : -1))
    .map(({ body, start }) => {
      const words = execForm(body);
      const name = file.slice(file.lastIndexOf("/") + 1);
      const place = { span: { file, start, end: start + body.trimEnd().length }, isExact: words === null };
      return { ...listed(name, file, words ?? body, start, variables), place };
    });
}

/** `["gunicorn", "shop.wsgi"]` as a line of shell; null for the shell's own form. */
function execForm(body: string): string | null {
  if (!body.trimStart().startsWith("[")) return null;
  return [...body.matchAll(/"((?:\\.|[^"\\])*)"|'([^']*)'/g)]
    .map(([, double, single]) => shellWord(double?.replaceAll(/\\(["\\])/g, "$1") ?? single ?? ""))
    .join(" ");
}

/** A word that a shell reads as it is; variables are still looked at. */
export function shellWord(word: string): string {
  return /[\s"'\\;|&(){}#]/.test(word) && !/^\$\{[^}]*\}$/.test(word) ? `'${word.replaceAll("'", "")}'` : word;
}

export function readScript(file: string, text: string): ListedCommand[] {
  const name = file.slice(file.lastIndexOf("/") + 1);
  return [listed(name, file, text, 0, scriptVariables(text))];
}

/** `WORKERS=${WORKERS:-4}` and `export X=y`, where nothing computes it. */
function scriptVariables(text: string): Variables {
  const found = new Map<string, string>();
  for (const [, name = "", fallback, plain] of text.matchAll(
    /^[ \t]*(?:export[ \t]+)?([A-Z_]\w*)=["']?(?:\$\{\w+:?[-=]([^}"'\s$]*)\}|([^\s"'$`;|&()]*))["']?[ \t]*$/gm,
  ))
    found.set(name, fallback ?? plain ?? "");
  return found;
}

export function readSystemdUnit(file: string, text: string): ListedCommand[] {
  const entries = readIni(file, text);
  const variables = new Map(
    entries
      .filter(({ key }) => key === "Environment")
      .flatMap(({ value }) => [...value.matchAll(/"?(\w+)=([^"\s]*)"?/g)].map(([, name = "", said = ""]) => [name, said] as const)),
  );
  return entries
    .filter(({ key }) => key === "ExecStart")
    .map(({ value, valueSpan }) =>
      listed(
        file.slice(file.lastIndexOf("/") + 1).replace(/\.service.*$/, ""),
        file,
        value.replace(/^[-@+!:]+/, ""),
        valueSpan.start + (/^[-@+!:]+/.exec(value)?.[0].length ?? 0),
        variables,
      ),
    );
}

/** `[program:web]` with `command` and `numprocs`. */
export function readSupervisor(file: string, text: string): ListedCommand[] {
  const entries = readIni(file, text, true);
  return entries
    .filter(({ key, section }) => key === "command" && section.startsWith("program:"))
    .map(({ value, valueSpan, section }) => {
      const count = saidIn(
        entries.filter((one) => one.section === section),
        ["numprocs"],
      );
      const replicas = count !== null && /^\d+$/.test(count.value) ? { ...count, value: Number(count.value) } : null;
      return { ...listed(section.slice("program:".length), file, value.replaceAll("\n", " "), valueSpan.start), replicas };
    });
}

/** Scripts that a command runs, by their last path component: `/start-celery`, `./entrypoint.sh`. */
export function scriptsNamed({ text, place, variables }: ListedCommand): string[] {
  return splitCommands(text, place, variables).flatMap((words) =>
    words.flatMap((word) => (/^[\w./-]*[\w-]+(?:\.sh)?$/.test(word.text) && (word.text.includes("/") || word.text.endsWith(".sh")) ? [word.text] : [])),
  );
}
