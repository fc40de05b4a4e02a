import { readFileSync } from 'node:fs';
import { getCACertificates } from 'node:tls';
import { Agent, type Dispatcher, EnvHttpProxyAgent } from 'undici';
import type { OutboundOptions } from './bff.options.js';

/** The undici dispatcher of every outbound call: connection pools, the adopter's proxy and private certificate authorities. */
export const OUTBOUND = Symbol('Dispatcher of outbound calls');

/** `client`: the certificate that servers are shown when they ask for one (RFC 8705), never a proxy. */
export function createOutbound(options: OutboundOptions, client?: { cert: string; key: string }): Dispatcher {
  // HTTP/2 is undici's default, and a session that the server closes may emit an error that nobody listens to: the end of the process
  const allowH2 = false;
  const toProxy = { timeout: options.timeout * 1000, allowH2, ...certificateAuthorities(options.caFile) };
  const connect = { ...toProxy, ...(client && { cert: client.cert, key: client.key }) };
  if (options.proxy === undefined) return new Agent({ connect, allowH2 });
  return new EnvHttpProxyAgent({
    httpProxy: options.proxy,
    httpsProxy: options.proxy,
    noProxy: options.noProxy.join(','),
    connect,
    allowH2,
    requestTls: connect,
    proxyTls: toProxy,
  });
}

/** `ca` replaces Node's own list, so the file's certificates are added to it. */
function certificateAuthorities(file: string | undefined): { ca?: string[] } {
  return file === undefined ? {} : { ca: [...getCACertificates('default'), readFileSync(file, 'utf8')] };
}
