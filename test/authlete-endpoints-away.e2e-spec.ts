import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { MemoryStore, type SessionData } from 'express-session';
import { ENDPOINTS } from '../src/authlete/index.js';
import { accounts, ask, NO_STORE, type OnEmulator, startOnEmulator } from './support/authlete-application.js';
import { HttpBrowser } from './support/http-browser.js';

const PASSWORD = 'hunter2';

class DirectoryError extends Error {
  readonly code = 'ECONNREFUSED';
}

/** What the host's accounts and session store do, until the test ends. */
const away = { accounts: false, get: false, set: false };
const directory = {
  authenticate: async (username: string, password: string) => {
    if (away.accounts) throw new DirectoryError(`LDAP bind as uid=${username} with ${password} (a directory)`);
    return accounts.authenticate(username);
  },
  // without async: a host may also throw at once
  find: (subject: string) => {
    if (away.accounts) throw new DirectoryError(`no connection for ${subject} with ${PASSWORD}`);
    return accounts.find(subject);
  },
};

class Store extends MemoryStore {
  override get(id: string, callback: (error: unknown, data?: SessionData | null) => void): void {
    if (away.get) throw new TypeError(`${PASSWORD}: no pool`);
    super.get(id, callback);
  }
  override set(id: string, data: SessionData, callback?: (error?: unknown) => void): void {
    if (away.set) throw new TypeError(`${PASSWORD}: no pool`);
    super.set(id, data, callback);
  }
}

const CLIENT = { clientId: '4711', clientSecret: 'a-secret', redirectUris: ['https://client.example/cb'] };
const QUERY = new URLSearchParams({
  client_id: '4711',
  response_type: 'code',
  scope: 'openid',
  redirect_uri: 'https://client.example/cb',
});
const SILENT = { action: 'NO_INTERACTION', ticket: 'a-ticket', client: { clientId: 4711 }, prompts: ['NONE'] };
const UNAVAILABLE = { error: 'temporarily_unavailable' };

let as: OnEmulator;
let address: string;

beforeAll(async () => {
  as = await startOnEmulator({ clients: [CLIENT], options: { accounts: directory, sessionStore: new Store() } });
  address = `${as.url}${ENDPOINTS.authorization}?${QUERY}`;
});
afterAll(() => as.close());
afterEach(() => {
  Object.assign(away, { accounts: false, get: false, set: false });
  as.emulator.clearFaults();
  as.events.length = 0;
});

const reasons = () => as.events.flatMap(({ event, reason }) => (event === 'request_failed' ? [reason] : []));

describe('a host that can’t be asked', () => {
  it('E1: accounts or sessions that can’t be asked are temporarily_unavailable, at userinfo', async () => {
    as.emulator.fault('auth/userinfo', { body: { action: 'OK', subject: 'alice', claims: [] } });
    away.accounts = true;
    const said = await ask(as.url + ENDPOINTS.userinfo, { headers: { Authorization: 'Bearer tok' } });
    expect([said.status, said.headers]).toMatchObject([503, { ...NO_STORE, 'retry-after': '5' }]);
    expect(said.json()).toMatchObject(UNAVAILABLE);
    expect(reasons()).toEqual(['The accounts can’t be asked, DirectoryError, ECONNREFUSED']);
  });

  it('E1: accounts or sessions that can’t be asked are temporarily_unavailable, at the authorization endpoint', async () => {
    away.set = true;
    const unkept = await ask(address);
    expect([unkept.status, unkept.headers]).toMatchObject([503, { ...NO_STORE, 'retry-after': '5' }]);
    expect(unkept.json()).toMatchObject(UNAVAILABLE);
    away.set = false;
    const browser = new HttpBrowser();
    await browser.navigate(address);
    await browser.submitForm({ username: 'alice', password: PASSWORD }, { button: 'login' });
    as.emulator.fault('auth/authorization', { body: SILENT });
    away.accounts = true;
    const silent = await browser.navigate(address);
    expect([silent.status, JSON.parse(silent.body)]).toMatchObject([503, UNAVAILABLE]);
    away.get = true;
    const unread = await browser.navigate(address);
    expect(unread.status).toBe(503);
    expect(unread.body).not.toMatch(/statusCode|hunter2/);
    const store = 'The session store can’t be asked, TypeError';
    expect(reasons()).toEqual([store, 'The accounts can’t be asked, DirectoryError, ECONNREFUSED', store]);
  });

  it('E12: a password in an error of the host’s accounts stays out of the log', async () => {
    const browser = new HttpBrowser();
    await browser.navigate(address);
    away.accounts = true;
    const page = await browser.submitForm({ username: 'alice', password: PASSWORD }, { button: 'login' });
    expect(page.status).toBe(503);
    expect(as.eventText()).not.toMatch(/hunter2|LDAP/);
    expect(reasons()).toEqual(['The accounts can’t be asked, DirectoryError, ECONNREFUSED']);
  });

  it('E12: what stands behind the word secret, ticket or password in a message of Authlete’s stays out of the log', async () => {
    for (const word of ['client secret', 'ticket', 'Password']) {
      const body = { resultCode: 'A1', resultMessage: `[A1] The ${word} hunter2 is wrong, unlike xYz` };
      as.emulator.fault('auth/revocation', { status: 403, body });
      await ask(as.url + ENDPOINTS.revocation, { form: 'a=b' });
      expect(as.events.at(-1)).toMatchObject({
        reason: `Authlete, auth/revocation: [A1] The ${word} …`,
        resultCode: 'A1',
      });
    }
    expect(as.eventText()).not.toMatch(/hunter2|xYz/);
  });
});
