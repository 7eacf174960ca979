import type { Advice, Advisor, AdvisorInput } from "../../model/index.ts";
import { findCandidates } from "../../rules/caching/candidates.ts";
import { codeAdvice } from "./code-advice.ts";
import { libraryAdvice } from "./library-advice.ts";
import { writeAdvice } from "./write-advice.ts";

/** Of the candidates, as many as a person would begin with. */
const MOST = 10;

export const advisor: Advisor = { id: "cache", advise: (input) => advise(input) };

function advise(input: AdvisorInput): readonly Advice[] {
  const search = findCandidates(input);
  const candidates = search.candidates.slice(0, MOST);
  return [
    codeAdvice(input, search, candidates),
    writeAdvice(input, candidates),
    libraryAdvice(input, candidates, { statements: search.refused.length, examined: search.examined, lack: search.unjudged[0]?.why ?? "" }),
  ].filter((one) => one !== null);
}
