import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { useBuiltCli, useBuiltProgram } from "../support/built-cli.ts";
import { useRecorder } from "../support/recorder-world.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const world = useRecorder();
const program = useBuiltProgram();
const luthier = useBuiltCli(program);
const QUERY =
  "import django\nfrom django.conf import settings\nsettings.configure(DATABASES={'default': {'ENGINE': 'django.db.backends.sqlite3', 'NAME': ':memory:'}})\ndjango.setup()\nfrom django.db import connection\nconnection.cursor().execute('SELECT 1')\n";

test("records into .luthier/recordings, names the newest, says how to go on and passes the exit status on", async () => {
  const folder = temporaryFolder({ "query.py": `${QUERY}raise SystemExit(7)\n` });
  const { status, stderr, stdout } = await luthier(["record", "--", world.python, "query.py"], folder);
  const name = readFileSync(path.join(folder, ".luthier/recordings/latest"), "utf8").trim();
  expect({ status, stdout }).toEqual({ status: 7, stdout: "" });
  expect(stderr).toMatch(/^luthier: recorded 1 statement, 1 process; 1 kB in .luthier\/recordings\/\S+\nluthier: next: luthier check --recording \S+\n$/);
  const meta: unknown = JSON.parse(readFileSync(path.join(folder, ".luthier/recordings", name, "meta.json"), "utf8"));
  expect(meta).toMatchObject({ version: 1, command: [world.python, "query.py"], cwd: folder, status: 7 });
});

test("options of the command are not taken for ours, and ours come before --", async () => {
  const folder = temporaryFolder({ "query.py": `import sys\nprint(sys.argv[1:])\n${QUERY}` });
  const { stdout, stderr } = await luthier(
    ["record", "--out", "here", "--max-size", "2M", "--", world.python, "query.py", "--out", "there", "--fields"],
    folder,
  );
  expect(stdout).toBe("['--out', 'there', '--fields']\n");
  expect(stderr).toContain(" in here\n");
  expect((await luthier(["record", "--out", "here", "--", world.python, "query.py"], folder)).stderr).toContain("here is not empty");
});

test("says that nothing was recorded, and why that may be", async () => {
  const folder = temporaryFolder();
  const { status, stderr } = await luthier(["record", "--", world.python, "-I", "-c", "pass"], folder);
  expect(status).toBe(0);
  expect(stderr).toContain("nothing was recorded");
  expect(stderr).toContain("python -I");
});

test("a program that is not there, and no command at all", async () => {
  const folder = temporaryFolder();
  expect(await luthier(["record", "--", "no-such-program"], folder)).toMatchObject({
    status: 2,
    stderr: expect.stringContaining("there is no program no-such-program") as unknown,
  });
  expect(await luthier(["record"], folder)).toMatchObject({ status: 2 });
  expect(await luthier(["record", "--sample", "2", "--", "true"], folder)).toMatchObject({ status: 2 });
  expect(await luthier(["record", "--max-size", "lots", "--", "true"], folder)).toMatchObject({ status: 2 });
});

test.each([
  ["SIGTERM", 143],
  ["SIGINT", 130],
] as const)("%s reaches the command, and its end is ours", async (signal, expected) => {
  const folder = temporaryFolder({
    "wait.py": `${QUERY}import signal, time\nsignal.signal(signal.SIGINT, signal.SIG_DFL)\nopen('ready', 'w').close()\ntime.sleep(60)\n`,
  });
  const child = spawn(process.execPath, [program(), "record", "--out", "out", "--", world.python, "wait.py"], {
    cwd: folder,
    stdio: ["ignore", "ignore", "pipe"],
  });
  let stderr = "";
  child.stderr.on("data", (text: Buffer) => (stderr += text.toString()));
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  while (!existsSync(path.join(folder, "ready"))) await new Promise((resolve) => setTimeout(resolve, 50));
  child.kill(signal);
  expect(await ended).toBe(expected);
  expect(stderr).toContain("recorded 1 statement");
});
