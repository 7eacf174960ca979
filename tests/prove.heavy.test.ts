/** `luthier fix --prove` on real Django: what helps is kept, what harms is withdrawn, and the user's tree is left alone. */
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import type { ChosenFix } from "../src/fixes/plan-fixes.ts";
import { analyse } from "../src/index.ts";
import type { Proof } from "../src/proof/proof.ts";
import { proveInCopy } from "../src/sources/prove-in-copy.ts";
import { recordForProof } from "../src/sources/record-for-proof.ts";
import { useBuiltCli } from "./support/built-cli.ts";
import { PROOF_PROJECT, testCommand, trap } from "./support/proof-project.ts";
import { withPostgres } from "./support/scripts.ts";
import { commitAll, git, temporaryFolder } from "./support/temporary-folder.ts";

/** Each run of a proof starts Django and makes a database. */
const luthier = useBuiltCli(undefined, 250_000);

function repository(files: Readonly<Record<string, string>> = PROOF_PROJECT): string {
  const folder = temporaryFolder(files);
  commitAll(folder);
  return folder;
}

async function proveHere(root: string, traps: readonly ChosenFix[], repeat: number, env: Readonly<Record<string, string>> = {}): Promise<Proof> {
  const { findings } = await analyse({ root });
  const safe = findings.flatMap((finding): ChosenFix[] => {
    const [fix] = finding.fixes;
    return fix?.safety === "safe" && finding.places.some(({ line }) => line === 7) ? [{ finding, fix }] : [];
  });
  const read = (file: string): string | undefined => PROOF_PROJECT[file];
  return proveInCopy({
    chosen: [...safe, ...traps],
    root,
    command: await testCommand(),
    cwd: root,
    env: { ...process.env, ...env },
    repeat,
    read,
    record: recordForProof,
  });
}

const TRAPS = [
  trap("order", 'for book in Book.objects.order_by("pk")]})\n\n\ndef writers', 'for book in Book.objects.order_by("-pk")]})\n\n\ndef writers'),
  trap("slow", "Book.objects.count()", 'Book.objects.extra(select={"s": "pg_sleep(0.2)"})[0].pk * 0 + 5'),
  trap("broken", '[book.author.name for book in Book.objects.order_by("title")]', '[book.author for book in Book.objects.select_related("author")]'),
];

const verdicts = ({ withdrawn }: Proof): unknown => Object.fromEntries(withdrawn.map(({ finding, results, reason }) => [finding.id, [results, reason]]));

/** What each trap is withdrawn for. */
const VERDICTS: Readonly<Record<string, unknown>> = {
  order: ["different", expect.stringMatching(/^GET \/titles\/ answers with another text in test shop\.tests\.ShopTest\.test_titles; .*ordering/)],
  broken: ["different", expect.stringMatching(/^test shop\.tests\.ShopTest\.test_writers error, and passed before/)],
  slow: ["equal", expect.stringMatching(/^it is slower by \d+ ms \(\d+ to \d+\)$/)],
};

/** A trap's time needs many runs to be sure of; one database is enough for it. */
const TRAPS_ON = { SQLite: ["order", "broken", "slow"], PostgreSQL: ["order", "broken"] } as const;

describe.each(["SQLite", "PostgreSQL"] as const)("on %s", (database) => {
  test("the N+1 is proven, and traps are withdrawn with the reason", async () => {
    const root = repository();
    const names: readonly string[] = TRAPS_ON[database];
    const traps = TRAPS.filter(({ finding }) => names.includes(finding.id));
    const proof = database === "SQLite" ? await proveHere(root, traps, 2) : await withPostgres(({ env }) => proveHere(root, traps, 1, env));
    expect(proof.kept.map(({ finding, figures }) => [finding.relation, figures.statements])).toEqual([["author", { before: 6, after: 1 }]]);
    expect(verdicts(proof)).toEqual(Object.fromEntries(names.map((name) => [name, VERDICTS[name]])));
    expect(proof.before.outcomes).toEqual(proof.after.outcomes);
    expect(proof.before.statements - proof.after.statements).toBe(5);
    expect(git(root, "status", "--porcelain")).toBe("");
    expect(readdirSync(path.join(root, ".luthier/prove")).toSorted()).toEqual([".gitignore", "output.txt"]);
  });
});

describe("the command", () => {
  test("writes a patch, and the next check shows what was proven", async () => {
    const root = repository();
    const { status, stdout, stderr } = await luthier(["fix", "--prove", "--select", "2.4", "--repeat", "1", "--", ...(await testCommand())], root);
    expect(stderr).toBe("");
    expect(status).toBe(1);
    expect(stdout).toMatch(/^Working in a copy: \.luthier\/prove\/[0-9a-f]{7}\. Your tree is not touched yet\./);
    expect(stdout).toMatch(/^before {3}4 passed {3}\d+ statements {3}.* ms {3}2 runs$/m);
    expect(stdout).toMatch(/^kept\n {2}\w{4} +6 → 1 .*equal +━━━━━ proven$/m);
    expect(stdout).toContain("2 proven, 0 withdrawn, 0 not tried, in ");
    expect(git(root, "status", "--porcelain")).toBe("");
    const checked = await luthier(["check"], root);
    expect(checked.stdout).toContain("━━━━━ proven");
    expect(checked.stdout).toMatch(/proof {5}6 → 1 queries, .* ms, 1 run, results equal/);
    git(root, "apply", ".luthier/prove/proven.patch");
    expect(readFileSync(path.join(root, "shop/views.py"), "utf8")).toContain('.select_related("author")');
  });

  test("with --apply writes to the tree what was proven, and says how to undo it", async () => {
    const root = repository();
    const { status, stdout } = await luthier(["fix", "--prove", "--select", "2.4", "--apply", "--repeat", "1", "--", ...(await testCommand())], root);
    expect(status).toBe(0);
    expect(stdout).toContain("Applied to your tree: 2 fixes, 2 lines in 1 file. Undo: git restore shop/views.py\n");
    expect(git(root, "diff", "--stat")).toContain("1 file changed");
  });

  test("that fails before any fix is said in one sentence", async () => {
    const root = repository({ ...PROOF_PROJECT, "shop/tests.py": PROOF_PROJECT["shop/tests.py"]?.replace("], 5)", "], 6)") ?? "" });
    const { status, stdout, stderr } = await luthier(["fix", "--prove", "--", ...(await testCommand())], root);
    expect(status).toBe(2);
    expect(stdout).not.toContain("before");
    expect(stderr).toMatch(
      /^luthier: .* fails before any fix is applied: exit status 1, 1 test not passed\.\nWhat it said is in \.luthier\/prove\/output\.txt/,
    );
    expect(readFileSync(path.join(root, ".luthier/prove/output.txt"), "utf8")).toContain("FAILED (failures=1");
  });

  test("that sends no statement proves nothing", async () => {
    const root = repository();
    const { status, stderr } = await luthier(["fix", "--prove", "--", "true"], root);
    expect(status).toBe(2);
    expect(stderr).toContain("true sent no statement to a database through Django.");
  });
});
