import { decodeJwt, type JWTPayload } from 'jose';
import type { Hostile } from './support/hostile-authorization-server.js';
import { type RawAnswer, rawRequest } from './support/http-browser.js';

interface At {
  url: string;
  port: number;
}

/** As an authorization server sends it: no cookie, no header of a browser's. */
export function post({ url, port }: At, body: string, ...headers: string[]): Promise<RawAnswer> {
  const type = headers.some(header => /^content-type:/i.test(header)) ? [] : [FORM];
  const length = `Content-Length: ${Buffer.byteLength(body)}`;
  const host = `Host: ${new URL(url).host}`;
  const lines = ['POST /backchannel-logout HTTP/1.1', host, 'Connection: close', length, ...type, ...headers];
  return rawRequest({ port, lines, body });
}

const FORM = 'Content-Type: application/x-www-form-urlencoded';

export function sendLogoutToken(at: At, token: string): Promise<RawAnswer> {
  return post(at, new URLSearchParams({ logout_token: token }).toString());
}

/** The claims of the ID token that was issued last. */
export function newestLogin({ issued }: Hostile): JWTPayload & { sub: string; sid: string; iat: number } {
  const { sub = '', iat = 0, ...claims } = decodeJwt(issued.findLast(({ kind }) => kind === 'id_token')?.value ?? '');
  return { ...claims, sub, iat, sid: String(claims['sid']) };
}
