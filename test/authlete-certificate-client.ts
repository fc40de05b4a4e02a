import { Agent, request } from 'node:https';
import { text } from 'node:stream/consumers';
import type { Said } from './support/authlete-application.js';
import type { Credential } from './support/certificates.js';

export interface TlsClient {
  /** Posts this form, with further headers: an array is a line each. */
  post(url: string, form: string, headers?: Record<string, string | string[]>): Promise<Said & { reused: boolean }>;
  close(): void;
}

/** A client that shows this certificate with this chain, in one connection that it keeps. */
export function tlsClient(ca: string, shown?: Pick<Credential, 'key' | 'chain'>): TlsClient {
  const agent = new Agent({ ca, ...(shown && { key: shown.key, cert: shown.chain }), keepAlive: true, maxSockets: 1 });
  const post: TlsClient['post'] = (url, form, headers = {}) =>
    new Promise((resolve, reject) => {
      const type = { 'Content-Type': 'application/x-www-form-urlencoded' };
      const sent = request(url, { method: 'POST', agent, headers: { ...type, ...headers } }, response => {
        text(response).then(body => {
          const flat = Object.entries(response.headers).map(([name, value]) => [name, String(value)] as const);
          const json = () => Object(JSON.parse(body)) as Record<string, unknown>; // an object, whatever is in it
          const status = response.statusCode ?? 0;
          resolve({ status, headers: Object.fromEntries(flat), body, json, reused: sent.reusedSocket });
        }, reject);
      });
      sent.on('error', reject).end(form);
    });
  return { post, close: () => agent.destroy() };
}
