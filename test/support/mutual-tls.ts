import type { CustomFetch } from 'openid-client';
import { Agent, fetch } from 'undici';
import type { Credential } from './certificates.js';

/** Connections of clients that may show a certificate, to a server that this one vouches for. */
export interface MutualTls {
  /** For openid-client. A connection for each request, with what TLS remembers of the one before. */
  fetchAs(shown?: Credential, headers?: Record<string, string>): CustomFetch;
  close(): Promise<void>;
}

export function mutualTls(ca: string): MutualTls {
  const agents: Agent[] = [];
  const agentFor = (shown?: Credential) => {
    const agent = new Agent({
      connect: { ca, ...(shown && { cert: shown.chain, key: shown.key }) },
      allowH2: false,
      pipelining: 0,
    });
    agents.push(agent);
    return agent;
  };
  return {
    fetchAs: (shown, more = {}) => {
      const dispatcher = agentFor(shown);
      return async (url, { body, method, headers }) => {
        const sent = body instanceof URLSearchParams ? body.toString() : (body ?? null);
        const init = { method, headers: { ...headers, ...more }, body: sent, redirect: 'manual' as const, dispatcher };
        const response = await fetch(url, init);
        const empty = [204, 304].includes(response.status);
        return new Response(empty ? null : await response.arrayBuffer(), {
          status: response.status,
          headers: [...response.headers],
        });
      };
    },
    close: async () => {
      await Promise.all(agents.map(agent => agent.destroy()));
    },
  };
}
