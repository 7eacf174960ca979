/** How a project runs, from its files alone: nothing is executed, and no file is refused. */
import { findNamedSettings } from "../django/settings-names.ts";
import type { Deployment, PoolerConfiguration, ProxyTimeout, Said, Service } from "../model/deployment.ts";
import { splitCommands } from "./command-words.ts";
import { findProgram } from "./find-program.ts";
import { readGunicornFiles, withConfiguration } from "./gunicorn-files.ts";
import { readIni, saidIn } from "./ini.ts";
import type { DeploymentInput } from "./input.ts";
import { readPackages } from "./packages.ts";
import { readCaddy, readHaproxy, readNginx, readPgbouncer } from "./proxies.ts";
import { readSettingsFacts } from "./read-settings.ts";
import { EMPTY_SERVICE, toService, uwsgiParts, type Started } from "./servers.ts";
import { readDockerfile, readProcfile, readScript, readSupervisor, readSystemdUnit, scriptsNamed, type ListedCommand } from "./service-files.ts";
import { readYaml } from "./yaml-files.ts";

/** A file longer than this lists no services. */
const LONGEST_FILE = 400_000;

export function readDeployment(input: DeploymentInput): Deployment {
  const files = input.texts.filter((file) => !isForDevelopment(file));
  const texts = files.map((file) => [file, textIn(input, file)] as const).filter(([, text]) => text.length <= LONGEST_FILE);
  const notices: string[] = [];
  const { services, maxConnections, poolers } = readServices(input, texts, notices);
  const named = [...services.flatMap(({ settings }) => (settings === null ? [] : [settings])), ...namedByEntryPoints(input)];
  return {
    services,
    settings: readSettingsFacts(input.program, input.project, [...new Set(named)], (file) => textIn(input, file)),
    poolers: [...texts.filter(([file]) => /pgbouncer[\w.-]*\.ini/.test(file)).map(([file, text]) => readPgbouncer(file, text)), ...poolers],
    proxies: texts.flatMap(([file, text]) => proxiesIn(file, text)),
    packages: readPackages(
      input.texts.filter((file) => isOfPackages(file)).map((file) => [file, textIn(input, file)] as const),
      input.installedVersions,
    ),
    maxConnections: maxConnections ?? limitIn(texts),
    notices,
  };
}

const textIn = ({ readText }: DeploymentInput, file: string): string => readText(file) ?? "";

/** Folders and names that say: not in production. */
function isForDevelopment(file: string): boolean {
  return /(?:^|[/._-])(?:local|dev|devel|develop|development|devcontainer|debug|tests?|testing|ci|e2e|override|examples?|samples?|demo|sandbox|docs?|benchmarks?|playwright|cypress|\.github|vagrant|gitpod|templates?)(?=$|[/._-])/i.test(
    file.replace(/\.(?:template|tmpl|j2|example|sample|dist)$/, ""),
  );
}

const isOfPackages = (file: string): boolean =>
  /(?:\.lock|requirements.*\.(?:txt|in)|requirements\/.*|constraints.*\.txt|pyproject\.toml|setup\.cfg|Pipfile)$/.test(file);

/** Entry points of servers and workers name what is deployed, before manage.py, which people run by hand. */
function namedByEntryPoints({ modules, texts, readText }: DeploymentInput): string[] {
  const named = findNamedSettings(modules, texts, readText);
  const servers = named.filter(({ file }) => /(?:wsgi|asgi)\.py$/.test(file));
  return (servers.length > 0 ? servers : named.filter(({ file }) => file.endsWith(".py"))).map(({ dotted, configuration }) =>
    configuration === null ? dotted : `${dotted}.${configuration}`,
  );
}

function proxiesIn(file: string, text: string): ProxyTimeout[] {
  if (/haproxy[\w.-]*\.cfg$/.test(file)) return readHaproxy(file, text);
  if (/Caddyfile/.test(file)) return readCaddy(file, text);
  return /nginx/.test(file) && /\.(?:conf|template|tmpl|j2|erb|in)$/.test(file) ? readNginx(file, text) : [];
}

function limitIn(texts: Texts): Said<number> | null {
  for (const [file, text] of texts) {
    if (!/postgresql[\w.-]*\.conf$/.test(file)) continue;
    const said = saidIn(readIni(file, text), ["max_connections"]);
    if (said !== null && /^\d+$/.test(said.value)) return { ...said, value: Number(said.value) };
  }
  return null;
}

type Texts = readonly (readonly [file: string, text: string])[];

interface Services {
  readonly services: readonly Service[];
  readonly poolers: readonly PoolerConfiguration[];
  readonly maxConnections: Said<number> | null;
}

function readServices(input: DeploymentInput, texts: Texts, notices: string[]): Services {
  const yaml = texts.filter(([file]) => /\.ya?ml$/.test(file)).map(([file, text]) => readYaml(file, text));
  notices.push(...yaml.flatMap(({ notice }) => (notice === null ? [] : [notice])));
  const listed = [...yaml.flatMap(({ commands }) => commands), ...texts.flatMap(([file, text]) => listedIn(file, text))];
  const scripts = new Map(texts.filter(([file]) => isScript(file)).map(([file, text]) => [file, text]));
  const used = new Set<string>();
  const started = listed.flatMap((command) => startedBy(input, command, scripts, used));
  const loose = [...scripts]
    .filter(([file]) => !used.has(file))
    .flatMap(([file, text]) => readScript(file, text).flatMap((command) => startedBy(input, command, new Map(), used)));
  const uwsgi = texts.filter(([file, text]) => file.endsWith(".ini") && /^\s*\[uwsgi\]/m.test(text)).map(([file, text]) => fromUwsgiFile(file, text));
  const configurations = readGunicornFiles(input);
  return {
    services: distinct([
      ...withConfiguration(
        [...started, ...loose].filter((one) => !isOfUwsgiFile(one, uwsgi)),
        configurations,
      ),
      ...uwsgi,
    ]),
    poolers: yaml.flatMap(({ poolers }) => poolers),
    maxConnections: yaml.find(({ maxConnections }) => maxConnections !== null)?.maxConnections ?? null,
  };
}

const isScript = (file: string): boolean => file.endsWith(".sh") || !/\.\w+$|(?:^|\/)(?:\w*Dockerfile|Procfile|Caddyfile|Pipfile)[^/]*$/.test(file);

function listedIn(file: string, text: string): ListedCommand[] {
  const name = file.slice(file.lastIndexOf("/") + 1);
  if (name.startsWith("Procfile")) return readProcfile(file, text);
  if (/Dockerfile|Containerfile/i.test(name)) return readDockerfile(file, text);
  if (/\.service(?:\.|$)/.test(name)) return readSystemdUnit(file, text);
  return /\[program:/.test(text) && /\.(?:conf|ini)$/.test(name) ? readSupervisor(file, text) : [];
}

/** What a command starts itself, or by a script of the project's. */
function startedBy(input: DeploymentInput, command: ListedCommand, scripts: ReadonlyMap<string, string>, used: Set<string>): Started[] {
  const own = splitCommands(command.text, command.place, command.variables).flatMap((words) => {
    const found = findProgram(words);
    const started = found === null ? null : toService(found, command);
    return started !== null && runsDjango(input, started) ? [started] : [];
  });
  if (own.length > 0) return own;
  for (const path of scriptsNamed(command)) {
    const file = scriptAt(path, scripts);
    if (file === null) continue;
    used.add(file);
    const [script] = readScript(file, scripts.get(file) ?? "");
    if (script === undefined) continue;
    const variables = new Map([...script.variables, ...command.variables]);
    const found = startedBy(
      input,
      { ...script, name: command.name, variables, replicas: command.replicas, surge: command.surge, group: command.group },
      new Map(),
      used,
    );
    if (found.length > 0) return found;
  }
  return [];
}

/** `/start-celery` is the script of that name that lies in the folder of something alike: the longest common end wins. */
function scriptAt(path: string, scripts: ReadonlyMap<string, string>): string | null {
  const parts = path.replace(/^[./]+/, "").split("/");
  for (let from = 0; from < parts.length; from += 1) {
    const end = parts.slice(from).join("/");
    const found = [...scripts.keys()].find((file) => file === end || file.endsWith(`/${end}`));
    if (found !== undefined) return found;
  }
  // Images often copy `celery/worker/start` to `/start-celeryworker`.
  const flat = (parts.at(-1) ?? "").replaceAll(/[^a-z]/gi, "");
  return (
    [...scripts.keys()].find(
      (file) =>
        flat.length > 5 &&
        file
          .split("/")
          .slice(-3)
          .toReversed()
          .join("")
          .replaceAll(/[^a-z]/gi, "")
          .startsWith(flat),
    ) ?? null
  );
}

/** A repository may hold other servers beside Django's. */
function runsDjango({ program }: DeploymentInput, { app, service }: Started): boolean {
  if (service.kind === "celery" || service.kind === "beat" || service.kind === "command" || app === null) return true;
  const [module = ""] = app.split(":");
  if (/(?:^|\.)\w*[aw]sgi\w*$/.test(module)) return true;
  const symbol = program.resolveDotted(module);
  return (
    symbol?.kind === "module" &&
    symbol.module.scope.size > 0 &&
    [...symbol.module.scope.values()].flat().some((one) => one.kind === "import" && /^(?:django|channels|configurations)\b/.test(one.module))
  );
}

/** `uwsgi --ini uwsgi.ini`, or the file alone: the file says all. */
function isOfUwsgiFile({ service }: Started, files: readonly Service[]): boolean {
  return service.server === "uwsgi" && service.processes?.isDefault === true && files.length > 0;
}

function fromUwsgiFile(file: string, text: string): Service {
  const entries = readIni(file, text);
  const own = entries.filter((one) => one.section === "uwsgi");
  const option = (...names: readonly string[]): Said<string> | null => saidIn(entries, names, /^uwsgi$/);
  const settings =
    entries
      .filter(({ key }) => key === "env")
      .map(({ value }) => /DJANGO_SETTINGS_MODULE=(\S+)/.exec(value)?.[1])
      .find((one) => one !== undefined) ?? null;
  return {
    ...EMPTY_SERVICE,
    ...uwsgiParts(option),
    name: file.slice(file.lastIndexOf("/") + 1),
    server: "uwsgi",
    settings,
    spot: { role: "definition", span: { file, start: own[0]?.span.start ?? 0, end: own.at(-1)?.span.end ?? 0 } },
    group: file,
  };
}

/** The same command in two lists of one group is one service. */
function distinct(services: readonly Service[]): Service[] {
  const seen = new Set<string>();
  return services.filter(({ spot: { span }, name, group }) => {
    const key = `${group ?? ""} ${name} ${span.file}:${span.start}`;
    return !seen.has(key) && seen.add(key);
  });
}
