#!/usr/bin/env node
import { setFlagsFromString } from "node:v8";
import { readVersion } from "./version.ts";

/**
 * How much code runs before V8 optimises a function: 16 times its own default. Most functions here see many shapes of
 * values and run for seconds at most, so that what is optimised early is thrown away again: a third of the processor
 * time of a middle-sized project, a tenth of a large one's.
 */
const INTERRUPT_BUDGET = 1_081_344;

const args = process.argv.slice(2);
if (args.length === 1 && (args[0] === "--version" || args[0] === "-V")) {
  process.stdout.write(`${readVersion()}\n`);
} else {
  setFlagsFromString(`--interrupt-budget=${INTERRUPT_BUDGET}`);
  const { runProcess } = await import("./run-process.ts");
  await runProcess(args);
}
