import { mkdirSync, readdirSync, truncateSync, writeFileSync } from "node:fs";
import path from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { useRecorder, type Recorded, type RecordOptions } from "../support/recorder-world.ts";
import { readLines } from "../support/recording-lines.ts";

const world = useRecorder();
const env = (): Record<string, string> => ({ SHOP_DATABASE: `sqlite:///${path.join(world.temporary, "faults.sqlite3")}` });
const SETUP = "import django, os; os.environ['DJANGO_SETTINGS_MODULE'] = 'shop.settings'; django.setup(); from store import marks\n";

beforeAll(async () => {
  const made = await world.record([world.python, "manage.py", "migrate", "-v0"], { env: env() });
  expect(made.status, made.stderr).toBe(0);
});

/** Runs Python code after Django was set up. */
function script(code: string, options: RecordOptions = {}): Promise<Recorded> {
  return world.record([world.python, "-c", SETUP + code], { ...options, env: { ...env(), ...options.env } });
}

function marksOf({ recording }: Pick<Recorded, "recording">): string[] {
  return recording.statements.flatMap(({ sql }) => /^SELECT 1 AS (\S+)$/.exec(sql)?.[1] ?? []);
}

function scopeOf({ recording }: Recorded, mark: string): Record<string, unknown> {
  const found = recording.statements.find(({ sql }) => sql === `SELECT 1 AS ${mark}_0`)?.scope;
  return { kind: found?.kind, name: found?.name };
}

describe("ways to run", () => {
  test("manage.py test: tests, their setup, a request in them", async () => {
    const run = await world.record([world.python, "manage.py", "test", "-v0"], { env: env() });
    expect(run.status, run.stderr).toBe(0);
    expect(scopeOf(run, "test_one")).toEqual({ kind: "test", name: "store.tests.OrderTests.test_one" });
    expect(scopeOf(run, "setup_test_one")).toEqual({ kind: "setup", name: "store.tests.OrderTests.test_one" });
    expect(scopeOf(run, "class_fixture")).toEqual({ kind: "setup", name: "store.tests.OrderTests" });
    const request = run.recording.scopes.find(({ kind }) => kind === "request");
    expect(request?.parent).toMatchObject({ kind: "test", name: "store.tests.OrderTests.test_two", facts: { outcome: "passed" } });
    expect(run.recording.statements.find(({ sql }) => sql === "SELECT 1 AS test_one_0")?.state).toBe(2);
  });

  test("pytest with xdist", async () => {
    const run = await world.record([world.bin("pytest"), "-q", "-n", "2"], { env: env() });
    expect(run.status, run.stdout).toBe(0);
    expect(scopeOf(run, "test_four")).toEqual({ kind: "test", name: "store/test_pytest.py::test_four" });
    expect(scopeOf(run, "fixture_test_four")).toEqual({ kind: "setup", name: "store/test_pytest.py::test_four" });
    expect(scopeOf(run, "test_one")).toEqual({ kind: "test", name: "store/tests.py::OrderTests::test_one" });
    expect(scopeOf(run, "setup_test_one")).toEqual({ kind: "setup", name: "store/tests.py::OrderTests::test_one" });
    expect(marksOf(run)).toContain("request_of_five_0");
  });

  test("manage.py shell", async () => {
    const run = await world.record([world.python, "manage.py", "shell", "-c", "from store import marks; marks.run('typed', 2)"], { env: env() });
    expect(run.status, run.stderr).toBe(0);
    expect(marksOf(run)).toEqual(["typed_0", "typed_1"]);
    expect(scopeOf(run, "typed")).toEqual({ kind: "command", name: "shell" });
  });

  test("a template's lines stand in the stack", async () => {
    const code =
      "from django.test import Client; from store.models import *\nc = Customer.objects.create(name='a'); Order.objects.create(customer=c); Client().get('/orders/'); Client().get('/jinja/')";
    const { recording } = await script(code);
    const loads = recording.statements.filter(({ cause }) => cause === "forward store.Order.customer").map(({ stack }) => stack.join(" < "));
    expect(loads[0]).toContain("store/templates/store/order.html:2 < store/templates/store/orders.html:4 < store/templates/store/base.html:2");
    expect(loads.at(-1)).toMatch(/^store\/jinja2\/orders\.jinja:3 root < store\/views\.py:18 jinja/);
  });
});

describe("faults", () => {
  test("a folder that cannot be written: the app runs on", async () => {
    const file = path.join(world.temporary, "a-file");
    writeFileSync(file, "");
    const run = await world.record([world.python, "-c", `${SETUP}marks.run('a', 3); print('done')`], {
      env: env(),
      folder: path.join(world.temporary, "not-there"),
    });
    expect(run).toMatchObject({ status: 0, stdout: "done\n", stderr: "" });
  });

  test("a full disk: the app runs on, and the loss is told", async () => {
    const code =
      "import errno, os; from luthier_recorder.recording import recording\nmarks.run('a', 1)\nreal = os.write\ndef full(*_): raise OSError(errno.ENOSPC, 'full')\nos.write = full\nmarks.run('b', 3)\nos.write = real; recording.writer.retry_at = 0\nmarks.run('c', 1); print('done')";
    const run = await script(code);
    expect(run).toMatchObject({ status: 0, stdout: "done\n" });
    expect(marksOf(run)).toEqual(["a_0", "c_0"]);
    expect(run.recording.lines.filter(([kind]) => kind === "d")).toMatchObject([["d", 0, "ENOSPC", 3]]);
    expect(readdirSync(run.folder).some((name) => name.endsWith(".lost.ENOSPC"))).toBe(true);
  });

  test("half a line at the end is all that kill -9 can leave", async () => {
    const run = await script("import os, signal\nmarks.run('a', 50)\nos.kill(os.getpid(), signal.SIGKILL)");
    expect(marksOf(run)).toHaveLength(50);
    const file = path.join(run.folder, run.recording.files[0] ?? "");
    truncateSync(file, 900);
    expect(readLines(run.folder).lines.length).toBeGreaterThan(0);
  });

  test("os._exit loses nothing", async () => {
    const run = await script("import os\nmarks.run('a', 5)\nos._exit(3)");
    expect(run.status).toBe(3);
    expect(marksOf(run)).toHaveLength(5);
    expect(run.recording.lines.at(-1)?.[0]).toBe("i");
  });

  test("a fork, with threads running, begins a file of its own", async () => {
    const code =
      "import os, threading\nmarks.run('before', 1)\nt = threading.Thread(target=lambda: marks.run('thread', 1), name='helper'); t.start(); t.join()\nfrom django.db import connections\nconnections.close_all()\npid = os.fork()\nif pid == 0:\n    marks.run('child', 1); os._exit(0)\nos.waitpid(pid, 0)\nmarks.run('after', 1)";
    const run = await script(code);
    expect(run.status, run.stderr).toBe(0);
    expect(run.recording.files).toHaveLength(2);
    expect(marksOf(run).toSorted()).toEqual(["after_0", "before_0", "child_0", "thread_0"]);
    expect(scopeOf(run, "thread")).toEqual({ kind: "process", name: "helper" });
    const processes = run.recording.statements.filter(({ sql }) => /child|after/.test(sql)).map(({ process }) => process);
    expect(new Set(processes).size).toBe(2);
  });

  test("an error of the recorder's own stays its own, and is counted", async () => {
    const run = await script(
      "from luthier_recorder.stack import stacks\ndef broken(*_): raise RuntimeError('secret')\ntype(stacks).capture = broken\nmarks.run('a', 4); print('done')",
    );
    expect(run).toMatchObject({ status: 0, stdout: "done\n", stderr: "" });
    expect(run.recording.lines.filter(([kind]) => kind === "d")).toMatchObject([["d", expect.anything(), "recorder error, statement: RuntimeError", 4, 0]]);
  });

  test("the app's own wrappers stay in place and order", async () => {
    const code =
      "from django.db import connection\ncalls = []\ndef wrapper(execute, *args): calls.append(1); return execute(*args)\nwith connection.execute_wrapper(wrapper): marks.run('a', 2)\nmarks.run('b', 1); print(len(calls), len(connection.execute_wrappers))";
    const run = await script(code);
    expect(run.stdout).toBe("2 0\n");
    expect(marksOf(run)).toEqual(["a_0", "a_1", "b_0"]);
  });

  test("the user's own sitecustomize runs, and sys.path is as it was", async () => {
    const folder = path.join(world.temporary, "site");
    mkdirSync(folder);
    writeFileSync(path.join(folder, "sitecustomize.py"), "print('theirs')\n");
    const run = await world.record(
      [world.python, "-c", "import sys, sitecustomize; print(sitecustomize.__file__); print([p for p in sys.path if p.endswith('recorder/sitecustomize')])"],
      {
        env: { PYTHONPATH: folder },
      },
    );
    expect(run.stdout).toBe(`theirs\n${path.join(folder, "sitecustomize.py")}\n[]\n`);
  });

  test("a sys.path that is full of rubbish changes nothing", async () => {
    const code =
      "import sys\nsys.path[:0] = ['/not/there', '', 42, None, '/proc/self/mem']\nsys.path_importer_cache.clear()\nimport statistics\nmarks.run('a', 2); print('done', any(str(p).endswith('recorder/sitecustomize') for p in sys.path))";
    const run = await script(code, { fields: true });
    expect(run).toMatchObject({ status: 0, stdout: "done False\n", stderr: "" });
    expect(marksOf(run)).toEqual(["a_0", "a_1"]);
  });

  test("settings that are no JSON: the app runs on", async () => {
    const run = await world.record([
      world.python,
      "-c",
      "import os, runpy\nos.environ['LUTHIER_RECORDING'] = '{'\nimport subprocess, sys\nprint(subprocess.run([sys.executable, '-c', 'import django; print(1)'], capture_output=True, text=True))",
    ]);
    expect(run.stdout).toContain("returncode=0, stdout='1\\n', stderr=''");
  });

  test("what atexit and destructors ask at the interpreter's end is answered", async () => {
    const code =
      "import atexit\nmarks.run('a', 1)\natexit.register(marks.run, 'late', 1)\nclass Late:\n    def __del__(self, run=marks.run):\n        run('after', 1); print('done')\nkept = Late()";
    const run = await script(code);
    expect(run).toMatchObject({ status: 0, stdout: "done\n", stderr: "" });
    expect(marksOf(run)).toEqual(["a_0", "late_0"]);
    expect(run.recording.lines.at(-1)?.[0]).toBe("i");
  });

  test("what receivers of connection_created ask is not the queryset's statement", async () => {
    const code =
      "from django.db import connections\nfrom django.db.backends.signals import connection_created\nfrom store.models import *\nCustomer.objects.create(name='c')\nconnection_created.connect(lambda connection, **_: connection.cursor().execute('SELECT 1 AS opened_0'), weak=False)\nconnections.close_all(); n = len(Customer.objects.all()); print(n > 0)";
    const run = await script(code);
    expect(run.stdout).toBe("True\n");
    expect(marksOf(run)).toEqual(["opened_0"]);
    const fetched = run.recording.lines.findLast(([kind]) => kind === "r");
    const statement = run.recording.lines.find(([kind, time]) => kind === "x" && time === fetched?.[6]);
    const text = run.recording.lines.find(([kind, id]) => kind === "s" && id === statement?.[3]);
    expect(text?.[2]).toContain("store_customer");
  });

  test("a pickled instance needs no recorder", async () => {
    const code =
      "import pickle; from store.models import *\nC = Customer.objects.create(name='p')\nprint(b'luthier_recorder' in pickle.dumps(list(Customer.objects.all())))";
    expect((await script(code, { fields: true })).stdout).toBe("False\n");
  });

  test("Python of another kind or without Django writes nothing", async () => {
    const run = await world.record([world.python, "-c", "import json, unittest; print('done')"]);
    expect(run).toMatchObject({ status: 0, stdout: "done\n" });
    expect(run.recording.files).toEqual([]);
  });

  test("--max-size counts what it leaves out, in its scope", async () => {
    const run = await world.record([world.python, "manage.py", "shell", "-c", "from store import marks; marks.run('a', 500)"], { env: env(), maxSize: 20_000 });
    const [dropped] = run.recording.lines.filter(([kind]) => kind === "d");
    expect(dropped).toMatchObject(["d", expect.anything(), "limit", expect.any(Number), 1]);
    expect(marksOf(run).length + Number(dropped?.[3])).toBe(500);
  });

  test("--sample records whole scopes, and says how many it left out", async () => {
    const code = "from django.test import Client\nfor n in range(60): Client().get(f'/marked/m{n}/3/')";
    const run = await script(code, { sample: 0.5 });
    const requests = run.recording.scopes.filter(({ kind }) => kind === "request");
    expect(requests.length).toBeGreaterThan(5);
    expect(requests.length).toBeLessThan(55);
    expect(marksOf(run)).toHaveLength(requests.length * 3);
    expect(run.recording.lines.filter(([kind]) => kind === "d")).toMatchObject([["d", expect.anything(), "scopes not sampled", 60 - requests.length, 0]]);
  });

  test("literals are kept only when asked for", async () => {
    const code = "from store.models import *\nlist(Customer.objects.filter(name='secret'))";
    const kept = await script(code, { literals: true });
    expect(kept.recording.statements.find(({ params }) => params?.includes("secret"))).toBeDefined();
    expect(JSON.stringify((await script(code)).recording.lines)).not.toContain("secret");
  });
});
