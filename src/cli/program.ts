import { Argument, Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { UsageError } from "../model/usage-error.ts";
import type { Tolerance } from "../workload/budget.ts";
import type { AdviseFlags } from "./advise.ts";
import type { CheckFlags } from "./check.ts";
import type { BudgetFlags } from "./budget.ts";
import type { Environment } from "./environment.ts";
import type { FixFlags } from "./fix.ts";
import type { ReportFlags } from "./report.ts";
import { COULD_NOT_RUN, reportFailure } from "./failure.ts";
import type { RecordFlags } from "./record.ts";
import type { SnapshotFlags } from "./snapshot.ts";
import type { TopStatementsFlags } from "./top-statements.ts";
import type { TuneFlags } from "./tune.ts";

/** Runs one command and returns its exit status: 0 nothing found, 1 findings, 2 could not run. */
export async function run(args: readonly string[], environment: Environment): Promise<number> {
  const state: { status: number } = { status: 0 };
  try {
    const { own, command } = splitAtDashes(args);
    const program = buildProgram(environment, command, state);
    // `help nosuch` is asked as `nosuch --help`, which is answered with what there is.
    const isHelpOnNothing = own[0] === "help" && own[1] !== undefined && !program.commands.flatMap(namesOf).includes(own[1]);
    await program.parseAsync(isHelpOnNothing ? own.slice(1) : [...own], { from: "user" });
    return state.status;
  } catch (error) {
    if (!(error instanceof CommanderError)) return reportFailure(error, environment);
    if (error.exitCode === 0) return 0;
    return error.code === "commander.help" ? COULD_NOT_RUN : reportFailure(toUsageError(error, args[0]), environment);
  }
}

function toUsageError({ message, code }: CommanderError, command = ""): UsageError {
  const [sentence = "", ...hint] = message.replace(/^error: /, "").split("\n");
  const remedy = hint.join(" ").replace(/^\((.*)\)$/, "$1");
  return new UsageError(
    "bad-usage",
    sentence.endsWith(".") ? sentence : `${sentence}.`,
    remedy || `All options: luthier help${code === "commander.unknownCommand" || command.startsWith("-") ? "" : ` ${command}`}`.trimEnd(),
  );
}

/** `luthier fix PATH -- COMMAND…`: what stands after the dashes is no argument of ours. */
function splitAtDashes(args: readonly string[]): { readonly own: readonly string[]; readonly command: readonly string[] } {
  const dashes = args.indexOf("--");
  if (args[0] !== "fix" || dashes < 0) return { own: args, command: [] };
  return { own: args.slice(0, dashes), command: args.slice(dashes + 1) };
}

function refuseProofOptions({ apply, repeat }: FixFlags, command: readonly string[]): void {
  const given = [command.length > 0 && "a command", apply && "--apply", repeat !== undefined && "--repeat"].find(Boolean);
  if (given === undefined) return;
  throw new UsageError("bad-usage", `${String(given)} is for --prove.`, "Prove fixes with luthier fix --prove -- COMMAND, or leave it out.");
}

function buildProgram(environment: Environment, command: readonly string[], state: { status: number }): Command {
  const { stdout, stderr, version } = environment;
  const program = new Command("luthier")
    .description("Finds, explains and fixes slow database access in Django projects.")
    .version(version)
    .exitOverride()
    .enablePositionalOptions()
    .showSuggestionAfterError()
    .configureOutput({
      writeOut: (text) => stdout.write(text),
      writeErr: (text) => stderr.write(text),
      // Written once, by reportFailure.
      outputError: () => {},
    });
  const commands = (): ReadonlySet<string> => new Set(program.commands.flatMap(namesOf));

  withCommonOptions(program.command("check"))
    .description("report what the source, and evidence beside it, say about slow database access")
    .argument("[path]", "the project's folder", ".")
    .addOption(formatOption())
    .option("--output <file>", "write the report to a file")
    .option("--update-baseline", "write today's findings to the baseline")
    .option("--phantom", "plan the workload on a throw-away server: indexes that are missing, proof for those that can go")
    .option("--verbose", "show every finding whole")
    .option("--quiet", "one line for each finding, and no summary")
    .action(async (path: string, flags: CheckFlags) => {
      const { check } = await import("./check.ts");
      state.status = await check(path, flags, commands(), environment);
    });

  withCommonOptions(program.command("fix"))
    .description("apply the safe fixes, or show them")
    .argument("[path]", "the project's folder", ".")
    .option("--dry-run", "print a unified diff and change nothing")
    .option("--unsafe", "apply also the fixes that a person should review")
    .option("--force", "apply even if git could not restore what was there")
    .option("--prove", "try the fixes in a copy: run the command after -- before and after, keep what helps")
    .option("--repeat <count>", "with --prove: how often to run it before and after (default: 3)", parseCount)
    .option("--apply", "with --prove: write what was proven to the project")
    .usage("[options] [path] [-- command...]")
    .action(async (path: string, flags: FixFlags) => {
      if (flags.prove) {
        const { fixAndProve } = await import("./fix-prove.ts");
        state.status = await fixAndProve(path, flags, command, environment);
      } else {
        refuseProofOptions(flags, command);
        const { fix } = await import("./fix.ts");
        state.status = await fix(path, flags, environment);
      }
    });

  program
    .command("budget")
    .description("hold each test and route to the queries that it sent before")
    .argument("[path]", "the project's folder", ".")
    .option("--update", "write luthier.lock from a recording")
    .option("--check", "exit with 1 when a test or route sends more than luthier.lock allows")
    .option("--recording <dir>", "the recording (default: the project's latest)", (value) => [value])
    .option("--file <file>", "another file than luthier.lock in the project's folder")
    .option("--tolerance <count>", "queries that a budget may be exceeded by, such as 2 or 5%", parseTolerance)
    .option("--keep", "with --update: keep what the recording did not run")
    .action(async (path: string, flags: BudgetFlags) => {
      const { budget } = await import("./budget.ts");
      state.status = await budget(path, flags, environment);
    });

  program
    .command("report")
    .description("write a page about a recording: one HTML file that needs nothing else")
    .argument("[path]", "the project's folder", ".")
    .option("--recording <dir>", "the recording, or two of different sizes (default: the project's latest)", collect)
    .option("--output <file>", "where to write it (default: .luthier/report.html)")
    .action(async (path: string, flags: ReportFlags) => {
      const { report } = await import("./report.ts");
      await report(path, flags, environment);
    });

  program
    .command("record")
    .description("run a command, and record what it asks of the database")
    .argument("<command...>", "the command, after --: -- python manage.py test")
    .option("--out <dir>", "the recording's folder (default: a new one in .luthier/recordings)")
    .option("--literals", "keep the values of parameters too")
    .option("--fields", "note which columns and relations are read")
    .option("--sample <rate>", "record this part of the requests, tasks and tests", parseRate, 1)
    .addOption(new Option("--max-size <size>", "at most this much for each process: 500M, 2G").argParser(parseSize).default(1_000_000_000, "1G"))
    .passThroughOptions()
    .action(async (command: readonly string[], flags: RecordFlags) => {
      const { record } = await import("./record.ts");
      state.status = await record(command, flags, environment);
    });

  program
    .command("snapshot")
    .description("look at a PostgreSQL server, read-only: schema, statistics, settings, counters, statements")
    .argument("[path]", "the project's folder", ".")
    .option("--db <url>", "a URL, key=value words, an alias of DATABASES or a service of pg_service.conf; repeat it for replicas", collect)
    .option("--out <file>", "where to write it (default: .luthier/snapshot.json.gz)")
    .option("--redact", "keep frequencies, drop values of rows and literals of statements")
    .option("--interval <seconds>", "read the counters again after this long, for rates, and see meanwhile what sessions wait for", parseCount)
    .option("--ram <size>", "memory of the database's server, such as 16GB, where the server does not say", parseMemory)
    .option("--cores <count>", "its cores", parseCount)
    .option("--timeout <seconds>", "give up on a query after this long", parseCount, 30)
    .option("--pgbouncer <url>", "console of a PgBouncer in front of it, read with SHOW alone: postgresql://stats@host:6432/pgbouncer")
    .option("--sample", "measure rows too: dependencies, copies and lists, on at most 40,000 rows a table")
    .action(async (path: string, flags: SnapshotFlags) => {
      const { snapshot } = await import("./snapshot.ts");
      state.status = await snapshot(path, flags, environment);
    });

  withCommonOptions(program.command("tune"))
    .description("write the project's own optimisation handbook from all evidence that there is")
    .argument("[path]", "the project's folder", ".")
    .option("--db <url>", "look at this server first, as snapshot does; repeat it for replicas", collect)
    .option("--pgbouncer <url>", "with --db: console of a PgBouncer in front of it, read with SHOW alone")
    .option("--timeout <seconds>", "with --db: give up on a query after this long", parseCount, 30)
    .option("--out <dir>", "the handbook's folder (default: .luthier/handbook)")
    .option("--no-phantom", "do not plan the workload on a throw-away server, with and without indexes")
    .option("--verbose", "name everything that was not judged")
    .option("--quiet", "print the headline alone")
    .action(async (path: string, flags: TuneFlags) => {
      const { tune } = await import("./tune.ts");
      state.status = await tune(path, flags, commands(), environment);
    });

  program
    .command("top-statements")
    .description("the statements that take the database's time, with the lines of source that send them")
    .argument("[path]", "the project's folder", ".")
    .option("--snapshot <file>", "a snapshot of the database (default: the project's own)")
    .option("--log <file>", "a log of PostgreSQL with durations of statements (repeatable)", collect)
    .option("--limit <count>", "how many statements", parseCount, 20)
    .addOption(new Option("--format <format>", "how to write them").choices(["text", "json"]).default("text"))
    .option("--exclude <glob>", "do not read these files (repeatable)", collect)
    .option("--jobs <count>", "how many workers (default: one a core)", parseCount)
    .option("--no-cache", "analyse every file anew")
    .action(async (path: string, flags: TopStatementsFlags) => {
      const { topStatements } = await import("./top-statements.ts");
      await topStatements(path, flags, environment);
    });

  program
    .command("advise")
    .description("search for what the workload wants: indexes, planned on a copy of the server's statistics")
    .addArgument(new Argument("<topic>", "what to advise on").choices(["indexes"]))
    .argument("[path]", "the project's folder", ".")
    .option("--snapshot <file>", "a snapshot of the database (default: the project's own)")
    .option("--log <file>", "a log of PostgreSQL with durations of statements (repeatable)", collect)
    .option("--workload <file>", "statements to plan for, each ended by a semicolon (default: those that were seen)")
    .option("--budget <size>", "for new indexes: 500M, 2G (default: a fifth of the database)", parseSize)
    .option("--seconds <count>", "end the search after this long, with the best so far", parseCount, 120)
    .option("--measure", "build the chosen indexes on a copy of the database, run the workload there with and without them, and leave the copy as it was")
    .option("--db <url>", "with --measure: the copy; never the database itself, which is refused")
    .option("--keep-unused", "with --measure: add the new indexes only, and leave those that no statement uses")
    .option("--timeout <seconds>", "with --measure: give up on a statement after this long", parseCount, 30)
    .addOption(new Option("--format <format>", "how to write it").choices(["text", "json"]).default("text"))
    .option("--exclude <glob>", "do not read these files (repeatable)", collect)
    .option("--jobs <count>", "how many workers (default: one a core)", parseCount)
    .option("--no-cache", "analyse every file anew")
    .action(async (_topic: string, path: string, flags: AdviseFlags) => {
      const { advise } = await import("./advise.ts");
      await advise(path, flags, environment);
    });

  program
    .command("rules")
    .description("list the rules, or show one rule's page")
    .argument("[id]", "a rule's id, or a chapter such as 2.4")
    .addOption(new Option("--format <format>", "how to write them").choices(["text", "json"]).default("text"))
    .action(async (id: string | undefined, { format }: { format: "text" | "json" }) => {
      const { rules } = await import("./rules.ts");
      await rules(id, format, environment);
    });
  return program;
}

/** `fix` and, where it has the option, `fix --prove`: what hints may name. */
function namesOf(command: Command): readonly string[] {
  return [command.name(), ...command.options.map(({ long }) => `${command.name()} ${long}`)];
}

function withCommonOptions(command: Command): Command {
  return command
    .option("--select <ids>", "only these rules, chapters or findings", splitList)
    .option("--ignore <ids>", "not these rules, chapters or findings", splitList)
    .addOption(new Option("--min-confidence <level>", "leave out what is less sure (default: likely)").choices(["certain", "likely", "possible"]))
    .addOption(new Option("--fail-on <severity>", "exit with 1 from this severity on (default: warning)").choices(["error", "warning", "info", "never"]))
    .option("--baseline <file>", "leave out the findings that this file knows")
    .option("--since <ref>", "only findings on lines changed since a commit")
    .option("--recording <dir>", "a recording, or two of different sizes (default: the project's latest)", collect)
    .option("--snapshot <file>", "a snapshot of the database (default: the project's own)")
    .option("--plan <file>", "plans of EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) (repeatable)", collect)
    .option("--log <file>", "a log of PostgreSQL, with durations or plans of auto_explain (repeatable)", collect)
    .option("--since-snapshot <file>", "an earlier snapshot: say which statements became slower")
    .option("--evaluate-settings", "run the project's Python to learn its settings, instead of reading their text")
    .option("--exclude <glob>", "do not read these files (repeatable)", collect)
    .option("--jobs <count>", "how many workers (default: one a core)", parseCount)
    .option("--no-cache", "analyse every file anew");
}

function formatOption(): Option {
  return new Option("--format <format>", "how to write the report (default: text)").choices(["text", "json", "sarif", "github", "markdown"]);
}

function splitList(value: string, before: readonly string[] | undefined): readonly string[] {
  return [
    ...(before ?? []),
    ...value
      .split(",")
      .map((word) => word.trim())
      .filter(Boolean),
  ];
}

function collect(value: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), value];
}

function parseTolerance(value: string): Tolerance {
  const [, number = "", percent] = /^(\d+(?:\.\d+)?)(%?)$/.exec(value) ?? [];
  if (number === "") throw new InvalidArgumentError("It must be a number of queries such as 2, or a share such as 5%.");
  return percent === "%" ? { statements: 0, share: Number(number) / 100 } : { statements: Number(number), share: 0 };
}

function parseCount(value: string): number {
  const count = Number(value);
  if (!Number.isInteger(count) || count < 1) throw new InvalidArgumentError("It must be a whole number from 1 on.");
  return count;
}

function parseRate(value: string): number {
  const rate = Number(value);
  if (!(rate > 0 && rate <= 1)) throw new InvalidArgumentError("It must be above 0 and at most 1.");
  return rate;
}

const UNITS: Readonly<Record<string, number>> = { "": 1, K: 1e3, M: 1e6, G: 1e9 };

function parseSize(value: string): number {
  const [, number = "", unit = ""] = /^(\d+(?:\.\d+)?)([KMG]?)B?$/i.exec(value.trim()) ?? [];
  const size = Number(number) * (UNITS[unit.toUpperCase()] ?? 0);
  if (size < 1) throw new InvalidArgumentError("It must be a size such as 500M or 2G.");
  return Math.floor(size);
}

/** Memory as PostgreSQL's own settings count it: a GB is 1024³ bytes. */
function parseMemory(value: string): number {
  const [, number = "", unit = ""] = /^(\d+(?:\.\d+)?)([MG])i?B?$/i.exec(value.trim()) ?? [];
  const size = Number(number) * (unit.toUpperCase() === "G" ? 1024 ** 3 : 1024 ** 2);
  if (size < 1) throw new InvalidArgumentError("It must be a size such as 16GB or 800MB.");
  return Math.floor(size);
}
