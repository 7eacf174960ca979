import type { Deployment } from "../model/deployment.ts";

/** Nothing is known of how the application runs. */
export const NO_DEPLOYMENT: Deployment = { services: [], settings: [], poolers: [], proxies: [], packages: new Map(), notices: [] };
