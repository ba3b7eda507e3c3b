import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';

/** `--http-proxy`, `--https-proxy` and `--no-proxy` of dockerd, or the variables of these names; empty: none. */
export interface ProxySettings {
  http: string;
  https: string;
  none: string;
}

/** What keeps connections to registries open between requests, by way of a proxy where one is set. */
export interface Agents {
  http: HttpAgent;
  https: HttpsAgent;
}

/** A connection that nobody uses is closed after so long. */
const IDLE_MS = 15_000;

let last: { key: string; agents: Agents } | undefined;

/** The same agents as long as the settings stay the same. */
export function agentsFor({ http, https, none }: ProxySettings): Agents {
  const key = JSON.stringify([http, https, none]);
  if (last?.key !== key) {
    const proxyEnv = { HTTP_PROXY: http, HTTPS_PROXY: https, NO_PROXY: none };
    const options = { keepAlive: true, timeout: IDLE_MS, ...(http || https ? { proxyEnv } : {}) };
    last = { key, agents: { http: new HttpAgent(options), https: new HttpsAgent(options) } };
  }
  return last.agents;
}
