/** Packages that talk to a service: what makes their clients, and which methods wait for an answer. */
import type { OutsideCallKind } from "../model/index.ts";

interface Service {
  /** The class, by its dotted names. */
  readonly client: RegExp;
  readonly kind: OutsideCallKind;
  /** Ways from the client to a method that waits: `messages.create`. */
  readonly waits: RegExp;
  /** Methods that give objects which talk to the service as the client does. */
  readonly gives?: RegExp;
}

const SERVICES: readonly Service[] = [
  { client: /^twilio\.rest\.(?:Client|TwilioRestClient)$/, kind: "http", waits: /\.(?:create|fetch|update|delete|list)$/ },
  {
    client: /^github\.(?:MainClass\.)?(?:Github|GithubIntegration)$/,
    kind: "http",
    waits: /^(?:get|create|search|update|delete|add|remove|edit|merge)(?:_\w+)?$/,
    gives: /^(?:get|create)_\w+$/,
  },
  { client: /^gitlab\.(?:client\.)?Gitlab$/, kind: "http", waits: /(?:^|\.)(?:get|list|create|update|delete|save)$/, gives: /\.(?:get|create)$/ },
  { client: /^slack(?:_sdk)?\.(?:web\.)?(?:client\.)?WebClient$/, kind: "http", waits: /^(?:chat|conversations|users|files|reactions|views)_\w+$|^api_call$/ },
  { client: /^openai\.(?:Azure)?OpenAI$/, kind: "http", waits: /\.(?:create|retrieve|parse)$/ },
  { client: /^zeep\.(?:client\.)?Client$/, kind: "http", waits: /^service\.\w+$/ },
  { client: /^notifications_python_client\.(?:notifications\.)?NotificationsAPIClient$/, kind: "http", waits: /^(?:send|get)_\w+$/ },
  { client: /^sendgrid\.(?:sendgrid\.)?SendGridAPIClient$/, kind: "mail", waits: /^send$|\.post$/ },
  { client: /^anymail\.message\.AnymailMessage$/, kind: "mail", waits: /^send$/ },
  {
    client: /^(?:elasticsearch|opensearchpy)\.(?:Elasticsearch|OpenSearch)$/,
    kind: "http",
    waits: /^(?:m?search|m?get|index|create|update|delete|bulk|count|scroll|\w+_by_query|indices\.\w+)$/,
  },
  { client: /^geopy\.geocoders\.\w+$/, kind: "http", waits: /^(?:geocode|reverse)$/ },
  { client: /^googlemaps\.(?:client\.)?Client$/, kind: "http", waits: /^(?:geocode|reverse_geocode|directions|distance_matrix|place\w*|find_place)$/ },
  {
    client: /^google\.cloud\.storage\.(?:client\.)?Client$/,
    kind: "cloud",
    waits: /^(?:get_(?:bucket|blob)|list_blobs|upload_from_\w+|download_\w+|delete|exists|copy_blob|make_public)$/,
    gives: /^(?:get_)?(?:bucket|blob)$/,
  },
  { client: /^paramiko\.(?:client\.)?SSHClient$/, kind: "process", waits: /^(?:connect|exec_command)$/ },
];

/** Functions of packages that wait by themselves. */
const FUNCTIONS: readonly (readonly [RegExp, OutsideCallKind])[] = [
  [/^stripe\.(?:\w+\.)?[A-Z]\w+\.(?:create|retrieve|modify|list|delete|search|cancel|capture|confirm|pay|send_invoice|finalize_invoice)$/, "http"],
  [/^openai\.(?:ChatCompletion|Completion|Embedding|Image|Moderation)\.create$/, "http"],
  [/^(?:elasticsearch|opensearchpy)\.helpers\.(?:actions\.)?bulk$/, "http"],
  [/^firebase_admin\.messaging\.send\w*$/, "http"],
  [/^pywebpush\.webpush$/, "http"],
  [/^templated_email\.send_templated_mail$/, "mail"],
  [/^mail_templated\.send_mail$/, "mail"],
  [/^django_ilmoitin\.utils\.send_(?:all_)?notifications?$/, "mail"],
];

const clients = new Map<string, boolean>();

export function isServiceClient(name: string): boolean {
  const known = clients.get(name) ?? SERVICES.some(({ client }) => client.test(name));
  clients.set(name, known);
  return known;
}

/** What a call by this name waits for. */
export function serviceKind(name: string): OutsideCallKind | null {
  const [, own = null] = FUNCTIONS.find(([pattern]) => pattern.test(name)) ?? [];
  return own ?? (methodOf(name, "waits") === null ? null : (ofClient(name)?.service.kind ?? null));
}

const given = new Map<string, string | null>();

/** The client's name, where the method by this name gives an object that talks to the service too. */
export function givenClient(name: string): string | null {
  const known = given.get(name);
  if (known !== undefined) return known;
  const client = methodOf(name, "gives");
  given.set(name, client);
  return client;
}

function methodOf(name: string, which: "waits" | "gives"): string | null {
  const found = ofClient(name);
  return found !== null && found.service[which]?.test(found.way) === true ? found.client : null;
}

/** `twilio.rest.Client.messages.create`: the client, and the way on from it. */
function ofClient(name: string): { readonly service: Service; readonly client: string; readonly way: string } | null {
  for (let dot = name.indexOf("."); dot >= 0; dot = name.indexOf(".", dot + 1)) {
    const client = name.slice(0, dot);
    const service = SERVICES.find((one) => one.client.test(client));
    if (service !== undefined) return { service, client, way: name.slice(dot + 1) };
  }
  return null;
}
