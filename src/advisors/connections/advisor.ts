/** Chapter 4: how many connections there are and should be, what holds them, and what ends what takes too long. */
import type { Advisor } from "../../model/advice.ts";
import { choose } from "./choose.ts";
import { connectionFacts } from "./facts.ts";
import { adviseHolding } from "./holding.ts";
import { advisePooling } from "./pooling.ts";
import { adviseTimeouts } from "./timeouts.ts";

export const advisor: Advisor = {
  id: "connections",
  sections: ["4.1", "4.2", "4.3"],
  advise: (input) => {
    const facts = connectionFacts(input);
    const choice = choose(facts);
    return [advisePooling(input, facts, choice), adviseHolding(input, facts), adviseTimeouts(input, facts, choice)];
  },
};
