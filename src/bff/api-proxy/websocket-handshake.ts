import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { BffError } from '../errors.js';
import { upgradeOf } from '../upgrade.js';
import type { ApiRoute } from './api-route.js';
import { type Field, fieldsOf, isNamed, membersOf, valuesOf } from './fields.js';
import type { ApiAnswer } from './exchange.js';

/** 16 bytes in base64 (RFC 6455 §4.1). */
const KEY = /^[\w+/]{21}[AQgw]==$/;
const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/** RFC 6455 §4.2.1: a handshake as a browser makes it, on a route that takes one. No other protocol ever passes (h2c would be a way around all checks). */
export function refuseOtherUpgrades(request: IncomingMessage, { options }: ApiRoute): void {
  if (!upgradeOf(request)) return;
  const { method, httpVersion, headers } = request;
  const isHandshake =
    method === 'GET' &&
    httpVersion === '1.1' &&
    headers.upgrade?.toLowerCase() === 'websocket' &&
    headers['sec-websocket-version'] === '13' &&
    KEY.test(headers['sec-websocket-key'] ?? '');
  if (!options.webSocket || !isHandshake) throw new BffError('upgrade_refused');
}

/** What a handshake says from end to end: the API answers to the browser's own key, and chooses of what the browser offers. */
const OFFERED = ['sec-websocket-key', 'sec-websocket-version', 'sec-websocket-protocol', 'sec-websocket-extensions'];
const CHOSEN = ['sec-websocket-accept', 'sec-websocket-protocol', 'sec-websocket-extensions'];

/** Of the forwarded handshake, without those that every call has. */
export function handshakeFields(request: IncomingMessage): Field[] {
  return upgradeOf(request) ? fieldsOf(request.rawHeaders).filter(field => isNamed(field, ...OFFERED)) : [];
}

/** Of the `101`. Throws `api_response_invalid` where a browser would have to fail the connection (RFC 6455 §4.1). */
export function switchingFields(request: IncomingMessage, { rawHeaders, connection }: ApiAnswer): Field[] {
  if (!connection) return [];
  const answer = fieldsOf(rawHeaders);
  const [accept = '', second] = valuesOf(answer, 'sec-websocket-accept');
  const key = request.headers['sec-websocket-key'] ?? '';
  const expected = createHash('sha1')
    .update(key + GUID)
    .digest('base64');
  const upgrade = valuesOf(answer, 'upgrade').join().toLowerCase();
  if (upgrade !== 'websocket' || accept !== expected || second !== undefined)
    throw invalid('not this handshake’s answer');
  refuseUnoffered('sec-websocket-protocol', request, answer);
  refuseUnoffered('sec-websocket-extensions', request, answer);
  const chosen = answer.filter(field => isNamed(field, ...CHOSEN));
  return [['Upgrade', 'websocket'], ['Connection', 'Upgrade'], ...chosen];
}

function refuseUnoffered(name: string, { rawHeaders }: IncomingMessage, answer: Field[]): void {
  const offered = namesIn(valuesOf(fieldsOf(rawHeaders), name));
  const chosen = namesIn(valuesOf(answer, name));
  const several = name === 'sec-websocket-protocol' && chosen.length > 1;
  if (several || !chosen.every(each => offered.includes(each))) throw invalid(`${name} that wasn’t offered`);
}

/** Extensions come with parameters (RFC 6455 §9.1). */
function namesIn(values: string[]): string[] {
  return membersOf(values).map(member => member.replace(/\s*;.*$/s, ''));
}

function invalid(reason: string): BffError {
  return new BffError('api_response_invalid', { reason });
}
