/** Calls that wait for something outside the process: noted with every call that led there. */
import type { OutsideCallFact, OutsideCallKind, Span } from "../model/index.ts";
import type { CallSite, Engine } from "./engine.ts";
import type { Frame } from "./frame.ts";
import { givenClient, isServiceClient, serviceKind } from "./outside-services.ts";
import { projectSite } from "./sites.ts";
import { UNKNOWN, type Value } from "./values.ts";

const HTTP_VERBS = ["get", "post", "put", "patch", "delete", "head", "options", "request", "send"];

/** Objects that talk to something outside, by what makes them: their methods are calls out. */
const CLIENTS: Readonly<Record<string, { readonly kind: OutsideCallKind; readonly methods: readonly string[] }>> = {
  "requests.Session": { kind: "http", methods: HTTP_VERBS },
  "requests.session": { kind: "http", methods: HTTP_VERBS },
  "requests.sessions.Session": { kind: "http", methods: HTTP_VERBS },
  "requests_toolbelt.sessions.BaseUrlSession": { kind: "http", methods: HTTP_VERBS },
  "requests_oauthlib.OAuth1Session": { kind: "http", methods: HTTP_VERBS },
  "requests_oauthlib.OAuth2Session": { kind: "http", methods: HTTP_VERBS },
  "httpx.Client": { kind: "http", methods: HTTP_VERBS },
  "urllib3.PoolManager": { kind: "http", methods: ["request", "urlopen"] },
  "http.client.HTTPConnection": { kind: "http", methods: ["request", "getresponse"] },
  "http.client.HTTPSConnection": { kind: "http", methods: ["request", "getresponse"] },
  "smtplib.SMTP": { kind: "mail", methods: ["sendmail", "send_message", "login"] },
  "smtplib.SMTP_SSL": { kind: "mail", methods: ["sendmail", "send_message", "login"] },
  "django.core.mail.EmailMessage": { kind: "mail", methods: ["send"] },
  "django.core.mail.EmailMultiAlternatives": { kind: "mail", methods: ["send"] },
  "django.core.mail.get_connection": { kind: "mail", methods: ["send_messages"] },
  "django.core.mail.backends.smtp.EmailBackend": { kind: "mail", methods: ["send_messages"] },
  "django.core.mail.message.EmailMessage": { kind: "mail", methods: ["send"] },
  "celery.result.AsyncResult": { kind: "task", methods: ["get", "wait"] },
};

/** Functions that are calls out by themselves. */
const FUNCTIONS: Readonly<Record<string, OutsideCallKind>> = {
  ...Object.fromEntries(
    ["requests", "requests.api", "httpx"].flatMap((module) => HTTP_VERBS.slice(0, -1).map((verb) => [`${module}.${verb}`, "http"] as const)),
  ),
  "urllib.request.urlopen": "http",
  "urllib.request.urlretrieve": "http",
  "django.core.mail.send_mail": "mail",
  "django.core.mail.send_mass_mail": "mail",
  "django.core.mail.mail_admins": "mail",
  "django.core.mail.mail_managers": "mail",
  "subprocess.run": "process",
  "subprocess.call": "process",
  "subprocess.check_call": "process",
  "subprocess.check_output": "process",
  "os.system": "process",
  "time.sleep": "sleep",
};

/** What boto3 hands out has a method for each thing that a service can do; these ask the service nothing. */
const BOTO = /^boto3\.(?:(?:session\.)?Session\.)?(?:client|resource)(?:\.(?<method>\w+))?$/;
const BOTO_SESSION = /^boto3\.(?:session\.)?Session$/;
const BOTO_LOCAL: ReadonlySet<string> = new Set([
  "can_paginate",
  "get_paginator",
  "get_waiter",
  "meta",
  "generate_presigned_url",
  "generate_presigned_post",
  "close",
  "Bucket",
  "Table",
  "Object",
  "Queue",
]);

/** Whatever makes one is taken for the thing itself. */
export const isClient = (name: string): boolean => Object.hasOwn(CLIENTS, name) || BOTO_SESSION.test(name) || isBotoClient(name) || isServiceClient(name);

function isBotoClient(name: string): boolean {
  const made = BOTO.exec(name);
  return made !== null && made.groups?.["method"] === undefined;
}

/** Notes a call by the dotted name of what is called. Gives the client that it makes, so that its methods are known too. */
export function recordOutside(engine: Engine, name: string, site: CallSite): Value {
  if (isClient(name)) return { kind: "external", name };
  const kind = kindOf(name);
  if (kind !== null) note(engine, kind, name, site);
  const given = givenClient(name);
  return given === null ? UNKNOWN : { kind: "external", name: given };
}

const kinds = new Map<string, OutsideCallKind | null>();

function kindOf(name: string): OutsideCallKind | null {
  const known = kinds.get(name);
  if (known !== undefined) return known;
  const kind = findKind(name);
  kinds.set(name, kind);
  return kind;
}

function findKind(name: string): OutsideCallKind | null {
  const known = FUNCTIONS[name];
  if (known !== undefined) return known;
  const method = BOTO.exec(name)?.groups?.["method"];
  if (method !== undefined) return BOTO_LOCAL.has(method) ? null : "cloud";
  const service = serviceKind(name);
  if (service !== null) return service;
  const dot = name.lastIndexOf(".");
  const client = CLIENTS[name.slice(0, dot)];
  return client?.methods.includes(name.slice(dot + 1)) === true ? client.kind : null;
}

function note(engine: Engine, kind: OutsideCallKind, target: string, site: CallSite): void {
  const { span, frame } = projectSite(site);
  engine.recorder.outsideCall({ kind, target, span, trail: trailOf(frame), symbol: frame.symbol });
}

/** Every call that led to the frame, outermost first. */
function trailOf(frame: Frame): Span[] {
  const trail: Span[] = [];
  for (let at: Frame | null = frame; at !== null; at = at.caller) if (at.callSite !== null) trail.push(at.callSite);
  return trail.toReversed();
}

/** Calls out of a function, without what led to the function: what is left of the trail, or null where the call stands at the function's own caller. */
export type OutsideReplay = readonly { readonly call: OutsideCallFact; readonly rest: readonly Span[] | null }[];

export function captureOutside(engine: Engine, site: CallSite, run: () => void): OutsideReplay {
  const calls = engine.recorder.captureOutside(run);
  if (calls.length === 0) return [];
  const before = trailOf(site.frame).length + 1;
  return calls.map((call) => ({ call, rest: call.trail.length < before ? null : call.trail.slice(before) }));
}

/** The function is called again: what it did then, it does now. */
export function replayOutside(engine: Engine, replay: OutsideReplay, site: CallSite): void {
  if (replay.length === 0) return;
  const to = [...trailOf(site.frame), site.span];
  for (const { call, rest } of replay) {
    if (rest === null) note(engine, call.kind, call.target, site);
    else engine.recorder.outsideCall({ ...call, trail: [...to, ...rest] });
  }
}
