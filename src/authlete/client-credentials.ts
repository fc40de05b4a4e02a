import type { IncomingMessage } from 'node:http';
import { BASIC_CHALLENGE, EndpointError, invalidRequest } from './endpoint-error.js';

export interface ClientCredentials {
  clientId: string;
  clientSecret: string;
}

/** Of `Authorization: Basic` alone; nothing when the client has another way, which stands in its form or its certificate. */
export function readClientCredentials({ headersDistinct }: IncomingMessage): ClientCredentials | undefined {
  const [authorization, ...more] = headersDistinct.authorization ?? [];
  if (authorization === undefined) return undefined;
  // RFC 6749 §5.2 calls it that when “multiple credentials” are there
  if (more.length > 0) throw invalidRequest('The Authorization header stands there more than once.');
  const [, token68] = /^basic +([a-z\d+/]+={0,2})$/i.exec(authorization) ?? [];
  const [, id, secret] = /^([^:]+):(.*)$/s.exec(token68 === undefined ? '' : decodeBase64(token68)) ?? [];
  if (id === undefined || secret === undefined) throw invalidClient();
  return { clientId: formDecode(id), clientSecret: formDecode(secret) };
}

/** RFC 7617 §2. Node's decoder would pass over what is wrong. */
function decodeBase64(text: string): string {
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes.toString('latin1') : '';
}

/** RFC 6749 §2.3.1: each half is form-encoded (appendix B), so `+` is a space; its characters are VSCHAR (appendix A.1, A.2). */
function formDecode(text: string): string {
  const decoded = percentDecode(text.replaceAll('+', ' '));
  if (decoded === undefined || !/^[ -~]*$/.test(decoded)) throw invalidClient();
  return decoded;
}

function percentDecode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

function invalidClient(): EndpointError {
  const headers = { 'WWW-Authenticate': BASIC_CHALLENGE };
  return new EndpointError(401, 'invalid_client', 'The Authorization header must be Basic, well formed.', headers);
}
