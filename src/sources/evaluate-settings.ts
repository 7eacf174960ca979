/** Asks the project's own Python what its settings say. Only `--evaluate-settings` comes here: it runs the project's code. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import path from "node:path";
import type { EvaluatedSettings, SettingsEvaluator } from "../model/deployment.ts";

/** Names and keys that hold secrets are left out in Python already, and passwords in URLs are cut out: neither is printed. */
const SCRIPT = String.raw`
import json, os, re, sys
sys.path.insert(0, os.getcwd())
SECRET = re.compile(r"SECRET|PASSWORD|PASSWD|TOKEN|CREDENTIAL|PRIVATE|(?:^|_)DSN$|API_?KEY|(?:ACCESS|SIGNING|FERNET|ENCRYPTION)_?KEY", re.I)
def plain(value, depth=0):
    if value is None or isinstance(value, (bool, int)): return value
    if isinstance(value, float): return value if value == value and abs(value) != float("inf") else None
    if isinstance(value, str): return re.sub(r"(\w:\/\/)[^@/\s]*@", r"\1", value)
    if depth > 8: return {"unknown": "nested too deep"}
    if isinstance(value, dict): return {str(k): plain(v, depth + 1) for k, v in value.items() if not SECRET.search(str(k))}
    if isinstance(value, (list, tuple, set, frozenset)): return [plain(v, depth + 1) for v in value]
    if hasattr(value, "__fspath__"): return os.fspath(value)
    return {"unknown": type(value).__name__}
from django.conf import settings
names = [name for name in dir(settings) if name.isupper() and not SECRET.search(name)]
answer = {"module": os.environ["DJANGO_SETTINGS_MODULE"], "values": {name: plain(getattr(settings, name)) for name in names}}
sys.stdout.write("\nluthier-settings:" + json.dumps(answer) + "\n")
`;

const MARK = "\nluthier-settings:";
/** Settings that take longer wait for something that is not there. */
const LONGEST_MS = 60_000;

/** @param environment of the process: DJANGO_SETTINGS_MODULE in it wins over what the source names */
export function settingsEvaluator(root: string, environment: Readonly<Record<string, string | undefined>>): SettingsEvaluator {
  return ({ module, folder, pythonHome }) => {
    const wanted = environment["DJANGO_SETTINGS_MODULE"] ?? module;
    if (wanted === null) return { kind: "failed", why: "no DJANGO_SETTINGS_MODULE is set, and no entry point names one" };
    const python = pythonIn([pythonHome, environment["VIRTUAL_ENV"]]);
    const { stdout, stderr, error, status } = spawnSync(python, ["-c", SCRIPT], {
      cwd: path.join(root, folder),
      encoding: "utf8",
      timeout: LONGEST_MS,
      maxBuffer: 64 * 1024 * 1024,
      env: { ...environment, DJANGO_SETTINGS_MODULE: wanted, PYTHONDONTWRITEBYTECODE: "1" },
    });
    if (error !== undefined) return { kind: "failed", why: `${python} could not be run: ${error.message}` };
    const line = stdout.slice(stdout.lastIndexOf(MARK) + MARK.length).split("\n", 1)[0] ?? "";
    if (status !== 0 || !stdout.includes(MARK)) return { kind: "failed", why: lastLine(stderr) };
    return read(line);
  };
}

function pythonIn(folders: readonly (string | null | undefined)[]): string {
  for (const folder of folders) {
    if (folder === null || folder === undefined || folder === "") continue;
    for (const name of ["bin/python", "Scripts/python.exe"]) if (existsSync(path.join(folder, name))) return path.join(folder, name);
  }
  return "python3";
}

const lastLine = (text: string): string =>
  text
    .trim()
    .split("\n")
    .at(-1)
    ?.replaceAll(/(\w:\/\/)[^@/\s]*@/g, "$1") ?? "it said nothing";

function read(json: string): EvaluatedSettings {
  try {
    const answer = JSON.parse(json) as { readonly module: string; readonly values: Extract<EvaluatedSettings, { readonly kind: "evaluated" }>["values"] };
    return { kind: "evaluated", module: answer.module, values: answer.values };
  } catch {
    return { kind: "failed", why: "what Python printed is no JSON" };
  }
}
