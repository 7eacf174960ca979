import { expect, test } from "vitest";
import { sentence, splitCommand } from "./prose.ts";

test.each([
  ["none yet: luthier fix --select k3f9 --prove -- COMMAND", "none yet", "luthier fix --select k3f9 --prove -- COMMAND"],
  ["none yet: luthier fix --select 8585 --prove -- COMMAND", "none yet", "luthier fix --select 8585 --prove -- COMMAND"],
  ["`luthier snapshot --db URL names it`", "", "luthier snapshot --db URL"],
  ["give a recording: luthier record -- COMMAND; then run this again", "give a recording; then run this again", "luthier record -- COMMAND"],
  ["there is nothing to do", "there is nothing to do", ""],
])("%s: what is to be copied is the command whole, and no more", (text, words, command) => expect(splitCommand(text)).toEqual({ words, command }));

test.each([
  ["a loop over one row saves one query", "A loop over one row saves one query."],
  ["pg_stat_statements of less than a day", "pg_stat_statements of less than a day."],
  ["bulk_update() calls neither save() nor signals", "bulk_update() calls neither save() nor signals."],
  ["models.py is not there", "models.py is not there."],
  ["é, in a name", "É, in a name."],
])("%s: a sentence begins with a capital, a name does not", (text, words) => expect(sentence(text).html).toBe(words));

test("no line ends between a figure and its unit", () => {
  expect(sentence("11 % of it, 2.5 s/min, in 3 servers").html).toBe("11\u00A0% of it, 2.5\u00A0s/min, in 3 servers.");
});
