import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { ENDPOINTS } from '../src/authlete/index.js';
import { ask, NO_STORE, type OnEmulator, startOnEmulator } from './support/authlete-application.js';
import { type RawAnswer, rawRequest } from './support/http-browser.js';

const CLIENT_ENDPOINTS = [ENDPOINTS.pushedAuthorizationRequest, ENDPOINTS.token, ENDPOINTS.revocation];
/** Where a form may come to. */
const FORM_ENDPOINTS = [...CLIENT_ENDPOINTS, ENDPOINTS.userinfo, ENDPOINTS.authorization];
/** RFC 6749 §5.2. */
const DESCRIPTION = /^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/;
const LIMIT = 65_536;
const FORM = 'application/x-www-form-urlencoded';

let as: OnEmulator;

beforeAll(async () => {
  as = await startOnEmulator();
});
afterAll(() => as.close());
beforeEach(() => {
  as.emulator.calls.length = 0;
});

interface Sent {
  method?: string;
  headers?: string[];
  body?: string | Buffer;
}

function send(path: string, { method = 'POST', headers = [`Content-Type: ${FORM}`], body = 'a=b' }: Sent = {}) {
  const length = headers.some(line => line.startsWith('Transfer-Encoding')) ? [] : [`Content-Length: ${body.length}`];
  return rawRequest({ port: as.port, lines: [`${method} ${path} HTTP/1.1`, 'Host: x', ...length, ...headers], body });
}

/** The right OAuth error, for nobody to keep, and nothing of the request has gone on. */
function expectRefused({ status, headers, body }: RawAnswer, expected: number, error = 'invalid_request'): void {
  expect([status, headers]).toMatchObject([expected, { ...NO_STORE, 'content-type': 'application/json' }]);
  expect(JSON.parse(body)).toEqual({ error, error_description: expect.stringMatching(DESCRIPTION) });
  expect(as.emulator.calls).toEqual([]);
  expect(as.events.at(-1)).toMatchObject({ event: 'request_refused', level: 'info', error });
}

describe('another method', () => {
  const ALLOWED = Object.values(ENDPOINTS).map(path => {
    const isDocument = path === ENDPOINTS.jwks || path.startsWith('/.well-known/');
    const isClients = CLIENT_ENDPOINTS.some(one => one === path);
    return [path, isDocument ? 'GET, HEAD' : isClients ? 'POST' : 'GET, POST'] as const;
  });

  it.each(ALLOWED)('E6: %s takes %s alone', async (path, allow) => {
    for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND', 'QUERY']) {
      if (allow.split(', ').includes(method)) continue;
      const answer = await send(path, { method });
      expectRefused(answer, 405);
      expect(answer.headers['allow']).toBe(allow);
    }
  });

  it('E6: HEAD is no GET that may spend something', async () => {
    for (const path of [ENDPOINTS.authorization, ENDPOINTS.userinfo, ENDPOINTS.interaction]) {
      const { status, headers } = await ask(as.url + path, { method: 'HEAD', headers: { Authorization: 'Bearer x' } });
      expect([status, headers]).toMatchObject([405, { ...NO_STORE, allow: 'GET, POST' }]);
    }
    expect(as.emulator.calls).toEqual([]);
  });

  it('E4, E6: holds for every spelling that finds the endpoint', async () => {
    for (const path of ['/AS/par', '/as/par/', '/as/par?x=y', `${as.url}/as/par`]) {
      expectRefused(await send(path, { method: 'PUT' }), 405);
      expect((await send(path)).headers).toMatchObject(NO_STORE);
      as.emulator.calls.length = 0;
    }
  });
});

describe.each(FORM_ENDPOINTS)('%s', path => {
  it.each([
    ['JSON', ['Content-Type: application/json']],
    ['multipart', ['Content-Type: multipart/form-data; boundary=x']],
    ['text', ['Content-Type: text/plain']],
    ['a name that begins like it', [`Content-Type: ${FORM}2`]],
    ['none', []],
    ['an empty one', ['Content-Type:']],
    ['two', [`Content-Type: ${FORM}`, 'Content-Type: application/json']],
    ['two at once', [`Content-Type: ${FORM}, ${FORM}`]],
    ['a compressed form', [`Content-Type: ${FORM}`, 'Content-Encoding: gzip']],
  ])('E6: another content type, %s, is 415', async (_what, headers) => {
    expectRefused(await send(path, { headers, body: gzipSync('a=b') }), 415);
  });

  it.each([
    'a=1&a=1',
    'a=1&b=2&a',
    'client_id=1&client%5Fid=2',
    'a+b=1&a%20b=2',
    'scope=&scope=openid',
    'é=1&%C3%A9=2',
  ])('E6: a repeated parameter, %s, is invalid_request', async body => {
    expectRefused(await send(path, { body: Buffer.from(body) }), 400);
  });

  it('E6: a body that is no UTF-8 is invalid_request', async () => {
    expectRefused(await send(path, { body: Buffer.from('a=\xff', 'latin1') }), 400);
  });

  it('E6: a body over the limit is 413, whether it says so beforehand or not', async () => {
    const chunk = 'x'.repeat(LIMIT + 1);
    const chunked = [`Content-Type: ${FORM}`, 'Transfer-Encoding: chunked'];
    expectRefused(await send(path, { body: 'x'.repeat(1_048_576) }), 413);
    expectRefused(await send(path, { body: chunk }), 413);
    expectRefused(
      await send(path, { headers: chunked, body: `${chunk.length.toString(16)}\r\n${chunk}\r\n0\r\n\r\n` }),
      413,
    );
    // and who has only begun is told already
    expectRefused(await send(path, { headers: chunked, body: `${(LIMIT * 9).toString(16)}\r\n${chunk}` }), 413);
  });
});

describe.each(CLIENT_ENDPOINTS)('%s', path => {
  it('E6: takes a form with parameters of its type, in any case, up to the limit, whatever is in it', async () => {
    const form = `resource=a&resource=b&audience=c&audience=d&&=&x=%zz`.padEnd(LIMIT, 'x');
    for (const type of [FORM, `${FORM};charset=UTF-8`, `${FORM.toUpperCase()} ; charset="utf-8"`]) {
      as.emulator.calls.length = 0;
      await send(path, { headers: [`Content-Type: ${type}`], body: form });
      expect(as.emulator.calls).toMatchObject([{ body: { parameters: form } }]);
    }
  });

  it('E2: an empty form, and one with a byte order mark, go on as they came', async () => {
    for (const body of ['', '\ufeffa=b']) {
      as.emulator.calls.length = 0;
      await send(path, { body: Buffer.from(body) });
      expect(as.emulator.calls).toMatchObject([{ body: { parameters: body } }]);
    }
  });
});

describe('a body that goes on after its refusal', () => {
  it('E6: is read for a while, so that the answer arrives, and no longer', async () => {
    const begun = [
      ['Content-Length: 1000000000', '', ''],
      ['Transfer-Encoding: chunked', '', `5000000\r\n${'x'.repeat(LIMIT + 1)}`],
    ];
    for (const received of await Promise.all(begun.map(trickle))) {
      expect(received).toMatch(/^HTTP\/1\.1 413 /);
      expect(received.match(/HTTP\/1\.1/g)).toHaveLength(1);
    }
  });

  /** Sends on, little by little, until the server has had enough; what it said. */
  async function trickle(begun: string[]): Promise<string> {
    const socket = connect(as.port, '127.0.0.1');
    let received = '';
    socket.on('data', data => (received += data.toString()));
    socket.on('error', () => undefined); // a reset is as good an end as any
    socket.write(['POST /as/par HTTP/1.1', 'Host: x', `Content-Type: ${FORM}`, ...begun].join('\r\n'));
    const sending = setInterval(() => socket.write('x'), 50);
    await new Promise(resolve => socket.once('close', resolve));
    clearInterval(sending);
    return received;
  }

  it('E6: that breaks off is no failure of ours', async () => {
    as.events.length = 0;
    const socket = connect(as.port, '127.0.0.1');
    await new Promise<void>(resolve => {
      const head = ['POST /as/par HTTP/1.1', 'Host: x', `Content-Type: ${FORM}`, 'Content-Length: 100', '', 'a=b'];
      socket.write(head.join('\r\n'), () => resolve());
    });
    socket.destroy();
    await ask(as.url + ENDPOINTS.token, { form: '' });
    expect(as.events.filter(({ level }) => level === 'error')).toEqual([]);
  });
});
