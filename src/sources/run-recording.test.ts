import { writeFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder } from "../../tests/support/temporary-folder.ts";
import { readRun } from "./run-recording.ts";

const HEADER = '["h",1,{"epoch":0,"root":"/copy"}]\n';

function lostIn(files: Readonly<Record<string, string>>): readonly string[] {
  const folder = temporaryFolder();
  for (const [name, text] of Object.entries(files)) writeFileSync(path.join(folder, name), text);
  return readRun(folder, 0, (_, line) => line).lost;
}

test("a recording that is whole has lost nothing, even if its process was killed", () => {
  expect(lostIn({ "7-0.jsonl": `${HEADER}["i",9]\n` })).toEqual([]);
  expect(lostIn({ "7-0.jsonl": `${HEADER}["s",1,"SEL` })).toEqual([]);
});

test("what the recorder could not write is said, and so is what cannot be read", () => {
  expect(lostIn({ "7-0.jsonl": `${HEADER}["d",9,"ENOSPC",12,0]\n["d",9,"ENOSPC",3,0]\n` })).toEqual(["ENOSPC"]);
  expect(lostIn({ "7-0.jsonl": HEADER, "8.lost.EDQUOT": "" })).toEqual(["EDQUOT"]);
  expect(lostIn({ "7-0.jsonl": `${HEADER}["x",\n["i",9]\n` })).toEqual(["lines that cannot be read"]);
});
