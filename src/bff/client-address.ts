import type { IncomingMessage } from 'node:http';
import { isIPv6, SocketAddress } from 'node:net';
import proxyAddr from 'proxy-addr';
import { RequestNote } from './request-note.js';

/** RFC 7239 §6.2. */
const UNKNOWN = 'unknown';
const addresses = new RequestNote<string>();

/** Where the request came from: the socket's address, or what trusted proxies say of it in `X-Forwarded-For`. */
export function clientAddressOf(request: IncomingMessage): string {
  return addresses.get(request) ?? request.socket.remoteAddress ?? UNKNOWN;
}

/** `TRUSTED_PROXIES` decides the client's address and nothing else: scheme and host come from `PUBLIC_URL` alone. */
export function clientAddressReader(trustedProxies: string[]): (request: IncomingMessage) => void {
  const trusted = proxyAddr.compile(trustedProxies);
  return request => {
    // a socket that has gone has no address, whatever the types say
    const isForwarded = request.headers['x-forwarded-for'] !== undefined;
    const address: string | undefined = isForwarded ? proxyAddr(request, trusted) : request.socket.remoteAddress;
    addresses.set(request, (address ?? UNKNOWN).replace(/^::ffff:(?=\d+\.)/, ''));
  };
}

/** One bucket a client: an IPv6 host has its whole /64 to choose from, and several spellings for each address (RFC 5952 §2). */
export function clientNetwork(address: string): string {
  return isIPv6(address) ? `${expanded(canonical(address)).slice(0, 4).join(':')}::/64` : address;
}

function canonical(address: string): string {
  return new SocketAddress({ family: 'ipv6', address: address.replace(/%.*$/, '') }).address;
}

function expanded(address: string): string[] {
  const [head = '', tail] = address.split('::');
  const left = head.split(':').filter(Boolean);
  const right = (tail ?? '').split(':').filter(Boolean);
  const zeros = tail === undefined ? 0 : 8 - left.length - right.length;
  return [...left, ...Array<string>(Math.max(0, zeros)).fill('0'), ...right];
}
