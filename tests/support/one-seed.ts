/** Properties are tried on the same inputs on every machine, so that a change is judged by what it did; FUZZ_SEED asks for others. */
import fc from "fast-check";

fc.configureGlobal({ seed: Number(process.env["FUZZ_SEED"] ?? 20_261_122) });
