import { expect, test } from "vitest";
import { splitCommand } from "./prose.ts";

test.each([
  ["none yet: luthier fix --select k3f9 --prove -- COMMAND", "none yet", "luthier fix --select k3f9 --prove -- COMMAND"],
  ["none yet: luthier fix --select 8585 --prove -- COMMAND", "none yet", "luthier fix --select 8585 --prove -- COMMAND"],
  ["`luthier snapshot --db URL names it`", "", "luthier snapshot --db URL"],
  ["give a recording: luthier record -- COMMAND; then run this again", "give a recording; then run this again", "luthier record -- COMMAND"],
  ["there is nothing to do", "there is nothing to do", ""],
])("%s: what is to be copied is the command whole, and no more", (text, words, command) => expect(splitCommand(text)).toEqual({ words, command }));
