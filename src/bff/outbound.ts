import { readFileSync } from 'node:fs';
import { getCACertificates } from 'node:tls';
import { Agent, type Dispatcher, EnvHttpProxyAgent } from 'undici';
import type { OutboundOptions } from './bff.options.js';

/** The undici dispatcher of every outbound call: connection pools, the adopter's proxy and private certificate authorities. */
export const OUTBOUND = Symbol('Dispatcher of outbound calls');

export function createOutbound(options: OutboundOptions): Dispatcher {
  // HTTP/2 is undici's default, and a session that the server closes may emit an error that nobody listens to: the end of the process
  const allowH2 = false;
  const connect = { timeout: options.timeout * 1000, allowH2, ...certificateAuthorities(options.caFile) };
  if (options.proxy === undefined) return new Agent({ connect, allowH2 });
  return new EnvHttpProxyAgent({
    httpProxy: options.proxy,
    httpsProxy: options.proxy,
    noProxy: options.noProxy.join(','),
    connect,
    allowH2,
    requestTls: connect,
    proxyTls: connect,
  });
}

/** `ca` replaces Node's own list, so the file's certificates are added to it. */
function certificateAuthorities(file: string | undefined): { ca?: string[] } {
  return file === undefined ? {} : { ca: [...getCACertificates('default'), readFileSync(file, 'utf8')] };
}
