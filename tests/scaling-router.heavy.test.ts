/** The router that is written for a project, under its Django, before a primary and a standby that is seconds behind: who wrote finds it again. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { routerFiles, type RouterFacts } from "../src/advisors/scaling/router-code.ts";
import { execute, startDebian, withClient, type RunningServer } from "./support/servers.ts";
import { djangoPython } from "./support/scripts.ts";
import { writeFiles } from "./support/temporary-folder.ts";

let python = "";
const DELAY = "4s";

const FACTS: RouterFacts = {
  module: "desk.routers",
  primary: "default",
  replicas: ["replica"],
  alwaysPrimary: [{ label: "sessions.session", why: "a sign-in must be found by the next request" }],
  quietTables: ["django_session"],
  pinSeconds: 15,
  pinSaid: "Seconds: the standby of the test is 4 s behind.",
  mostLag: 3600,
  hasAdmin: false,
  movable: "desk.Note",
  hosts: [{ alias: "replica", host: "127.0.0.1", port: "REPLICA_PORT", isPlaceholder: false }],
  isAtomicRequests: false,
  django: "5.2",
};

/** As Django's documentation on several databases has it, in short. */
const NAIVE = `
PRIMARY = "default"
REPLICAS = ("replica",)
PIN_COOKIE = "none"


class health:
    is_usable = None


class ReplicaRouter:
    def db_for_read(self, model, **hints):
        return "replica"

    def db_for_write(self, model, **hints):
        return None

    def allow_relation(self, obj1, obj2, **hints):
        return True

    def allow_migrate(self, db, app_label, **hints):
        return None


class ReplicaMiddleware:
    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)
`;

const FILES: Readonly<Record<string, string>> = {
  "manage.py":
    "import os, sys\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'desk.settings')\nfrom django.core.management import execute_from_command_line\nexecute_from_command_line(sys.argv)\n",
  "desk/__init__.py": "",
  "desk/models.py": "from django.db import models\n\n\nclass Note(models.Model):\n    text = models.CharField(max_length=40)\n",
  "desk/migrations/__init__.py": "",
  "desk/views.py": `
from django.db import connection
from django.http import JsonResponse
from desk.models import Note


def notes(request):
    if request.method == "POST":
        Note.objects.create(text=request.POST["text"])
    return JsonResponse({"notes": list(Note.objects.order_by("id").values_list("text", flat=True))})


def touch(request):
    note = Note.objects.order_by("id").first()
    loaded = note._state.db
    note.save()
    return JsonResponse({"loaded": loaded, "saved": note._state.db})


def raw(request):
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO desk_note (text) VALUES (%s)", ["raw"])
    return JsonResponse({"notes": list(Note.objects.values_list("text", flat=True))})


async def count(request):
    notes = [note async for note in Note.objects.all()]
    return JsonResponse({"db": notes[0]._state.db})
`,
  "desk/urls.py":
    "from django.urls import path\nfrom desk import views\n\nurlpatterns = [path('notes/', views.notes), path('touch/', views.touch), path('raw/', views.raw), path('count/', views.count)]\n",
  "visit.py": `
import asyncio, json, os, sys, time
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "desk.settings")
import django
django.setup()
from django.db import connections
from django.test import AsyncClient, Client

author, stranger = Client(raise_request_exception=False), Client(raise_request_exception=False)
said = {}
author.post("/notes/", {"text": "mine"})
said["author sees"] = author.get("/notes/").json()["notes"]
said["stranger sees"] = stranger.get("/notes/").json()["notes"]
said["touch"] = Client(raise_request_exception=False).get("/touch/")
said["touch"] = said["touch"].json() if said["touch"].status_code == 200 else said["touch"].status_code
said["raw"] = Client(raise_request_exception=False).get("/raw/").json()["notes"]
said["async"] = asyncio.run(AsyncClient().get("/count/")).json()["db"]
if "--cut" in sys.argv:
    with connections["default"].cursor() as cursor:
        pass
    pid = connections["replica"].connection.info.backend_pid
    os.environ["VICTIM"] = str(pid)
    import psycopg
    with psycopg.connect(os.environ["REPLICA_URL"], autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s)", [pid])
    from desk import routers
    routers.health.until["replica"] = routers.health.clock() + 60
    answer = stranger.get("/notes/")
    said["after the cut"] = [answer.status_code, answer.json()["notes"]]
    said["down"] = sorted(routers.health.down)
print(json.dumps(said))
`,
};

let primary: RunningServer;
let standby: RunningServer;
let project = "";

beforeAll(async () => {
  primary = await startDebian({ settings: { wal_level: "replica" } });
  python = await djangoPython();
  project = mkdtempSync(path.join(tmpdir(), "luthier-router-"));
  for (const [file, text] of Object.entries(FILES)) write(file, text);
  for (const { path: file, text } of routerFiles(FACTS)) write(`desk/${file}`, text.replace("REPLICA_PORT", "0"));
  const base = `SECRET_KEY = "x"\nDEBUG = False\nALLOWED_HOSTS = ["*"]\nINSTALLED_APPS = ["django.contrib.contenttypes", "django.contrib.sessions", "desk"]\nROOT_URLCONF = "desk.urls"\nMIDDLEWARE = []\nUSE_TZ = True\nDEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"\nDATABASES = {"default": {"ENGINE": "django.db.backends.postgresql", "NAME": "postgres", "USER": "postgres", "HOST": "127.0.0.1", "PORT": "${primary.cluster.port}"}}\n`;
  write("desk/settings.py", base);
  run(["manage.py", "makemigrations", "desk"]);
  run(["manage.py", "migrate"]);
  await execute(primary.cluster.url, "INSERT INTO desk_note (text) VALUES ('old')");
  standby = await startDebian({ standbyOf: primary.cluster, settings: { recovery_min_apply_delay: DELAY, hot_standby: "on" } });
  const fragment = readFileSync(path.join(project, "desk/replica_settings.py"), "utf8").replace('"PORT": "0"', `"PORT": "${standby.cluster.port}"`);
  write("desk/settings.py", `${base}${fragment}`);
}, 120_000);
afterAll(() => {
  standby?.stop();
  primary?.stop();
  rmSync(project, { recursive: true, force: true });
});

function write(file: string, text: string): void {
  writeFiles(project, { [file]: text });
}

function run(args: readonly string[]): { readonly status: number | null; readonly output: string; readonly stdout: string } {
  const { status, stdout, stderr } = spawnSync(python, args, {
    cwd: project,
    encoding: "utf8",
    env: { ...process.env, REPLICA_URL: standby?.cluster.url ?? "", PYTHONDONTWRITEBYTECODE: "1" },
  });
  return { status, stdout, output: `${stdout}${stderr}` };
}

/** With notes of earlier visits gone, and the standby as far as its delay lets it be. */
async function visit(...args: readonly string[]): Promise<Record<string, unknown>> {
  await execute(primary.cluster.url, "DELETE FROM desk_note WHERE text <> 'old'");
  await new Promise((resolve) => setTimeout(resolve, 4_500));
  const { stdout, output } = run(["visit.py", ...args]);
  try {
    return JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as Record<string, unknown>;
  } catch {
    throw new Error(output);
  }
}

test("settings with the fragment pass Django's own check", () => {
  const { status, output } = run(["manage.py", "check", "--database", "default"]);
  expect([status, output]).toEqual([0, expect.stringContaining("no issues")]);
});

test("who wrote finds it again, and others read what the standby has", async () => {
  const said = await visit("--cut");
  expect(said).toEqual({
    "author sees": ["old", "mine"],
    // The proof that reads have moved: the standby does not have the note yet.
    "stranger sees": ["old"],
    touch: { loaded: "replica", saved: "default" },
    raw: expect.arrayContaining(["old", "mine", "raw"]),
    async: "replica",
    "after the cut": [200, ["old", "mine", "raw"]],
    down: ["replica"],
  });
}, 60_000);

test("a router that only parts reads from writes loses what was written", async () => {
  const kept = readFileSync(path.join(project, "desk/routers.py"), "utf8");
  try {
    write("desk/routers.py", NAIVE);
    const said = await visit();
    expect(said["author sees"]).toEqual(["old"]);
    // Saved where the row came from: the standby refuses.
    expect(said["touch"]).toBe(500);
    const own = run(["manage.py", "test", "desk"]);
    expect(own.status).not.toBe(0);
    expect(own.output).toContain("test_after_a_write_the_primary_is_read");
  } finally {
    write("desk/routers.py", kept);
  }
}, 60_000);

test("the tests that are written beside the router pass with it", () => {
  const { status, output } = run(["manage.py", "test", "desk"]);
  expect(output).toContain("Ran 13 tests");
  expect([status, output]).toEqual([0, expect.stringMatching(/\nOK\n/)]);
}, 60_000);

test("a standby that is further behind than allowed is not read", async () => {
  const routers = readFileSync(path.join(project, "desk/routers.py"), "utf8");
  try {
    write("desk/routers.py", routers.replace("MOST_LAG_SECONDS = 3600", "MOST_LAG_SECONDS = 2"));
    await execute(primary.cluster.url, "INSERT INTO desk_note (text) VALUES ('fresh')");
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    const said = run([
      "-c",
      "import os; os.environ['DJANGO_SETTINGS_MODULE']='desk.settings'\nimport django; django.setup()\nfrom desk.routers import health\nprint(health.pick(), sorted(health.down))",
    ]);
    expect(said.stdout.trim()).toBe("None ['replica']");
  } finally {
    write("desk/routers.py", routers);
  }
  await withClient(standby.cluster.url, (client) => client.query("SELECT 1"));
}, 60_000);
