/** Chapter 7: what bounds the server, what a replica would take off it, and what leads to several servers. */
import type { Advisor } from "../../model/advice.ts";
import { adviseBalancing } from "./balancing.ts";
import { adviseReplicas } from "./replicas.ts";
import { adviseVertical } from "./vertical.ts";

export const advisor: Advisor = {
  id: "scaling",
  sections: ["7.1", "7.2", "7.3"],
  advise: async (input) => {
    const replicas = await adviseReplicas(input);
    return [adviseBalancing(input, replicas.artefacts.length > 0), adviseVertical(input), replicas];
  },
};
