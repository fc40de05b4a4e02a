import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { randomBytes } from 'node:crypto';
import {
  type Account,
  type AuthleteEvent,
  AuthleteModule,
  type AuthleteOptionsInput,
  ENDPOINTS,
} from '../../src/authlete/index.js';
import { CLIENT_CERTIFICATES } from '../../src/authlete/tls-certificate.js';
import { type RunningEmulator, startAuthleteEmulator } from '../../src/dev/authlete-emulator/index.js';
import { freePort } from './free-port.js';

export interface AuthleteApplication {
  /** The issuer. */
  url: string;
  port: number;
  /** Every event, in order. */
  events: AuthleteEvent[];
  /** All of them as text, for scans. */
  eventText(): string;
  close(): Promise<void>;
}

export interface Wanted {
  /** Where Authlete's API is, and our credential there. */
  api: AuthleteOptionsInput['api'];
  /** Left out: a free one. */
  port?: number;
  /** Left out: http. */
  tls?: { key: string; cert: string };
  options?: Partial<AuthleteOptionsInput>;
}

/** AuthleteModule in an application of its own on loopback. */
export async function startAuthleteApplication(wanted: Wanted): Promise<AuthleteApplication> {
  const { api, port = await freePort(), tls, options } = wanted;
  const url = originOf(port, tls);
  const events: AuthleteEvent[] = [];
  const given = {
    issuer: url,
    api,
    cookieKeys: [randomBytes(32).toString('base64url')],
    accounts,
    record: (event: AuthleteEvent) => void events.push(event),
    ...options,
  };
  const app = await NestFactory.create<NestExpressApplication>(AuthleteModule.forRoot(given), {
    bodyParser: false,
    abortOnError: false,
    logger: false,
    ...(tls && { httpsOptions: { ...CLIENT_CERTIFICATES, ...tls } }),
  });
  app.disable('x-powered-by');
  // as long as the real server has it: nothing but our own doing ends a connection while a test waits
  app.getHttpServer().keepAliveTimeout = 65_000;
  const close = async () => {
    app.getHttpServer().closeAllConnections();
    await app.close();
  };
  await app.listen(port, '127.0.0.1').catch(async (error: unknown) => {
    await close();
    throw error;
  });
  return { url, port, events, eventText: () => JSON.stringify(events), close };
}

export interface OnEmulator extends AuthleteApplication {
  emulator: RunningEmulator;
}

/** The same on an emulator of its own, whose service advertises it. */
export async function startOnEmulator(
  wanted: Omit<Wanted, 'api' | 'port'> & {
    version?: 'v2' | 'v3';
    /** Seconds for a call. */
    timeout?: number;
    service?: Record<string, unknown>;
    clients?: Record<string, unknown>[];
  } = {},
): Promise<OnEmulator> {
  const { version = 'v3', timeout = 10, service, clients = [], ...rest } = wanted;
  const port = await freePort();
  const url = originOf(port, wanted.tls);
  const emulator = await startAuthleteEmulator({ port: 0, service: { ...advertised(url), ...service }, clients });
  const stop = () => emulator.close();
  const application = await startAuthleteApplication({
    ...rest,
    port,
    api: { ...apiOf(emulator, version), timeout },
  }).catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  emulator.calls.length = 0;
  const close = async () => {
    await application.close();
    await stop();
  };
  return { ...application, emulator, close };
}

export function apiOf(
  { url: baseUrl, credentials }: RunningEmulator,
  version: 'v2' | 'v3',
): AuthleteOptionsInput['api'] {
  const { serviceId, accessToken, apiKey, apiSecret } = credentials;
  return { baseUrl, ...(version === 'v3' ? { serviceId, accessToken } : { apiKey, apiSecret }) };
}

/** What Authlete has to know of an authorization server there, in its own property names. */
export function advertised(issuer: string): Record<string, unknown> {
  return {
    issuer,
    pushedAuthReqEndpoint: issuer + ENDPOINTS.pushedAuthorizationRequest,
    authorizationEndpoint: issuer + ENDPOINTS.authorization,
    tokenEndpoint: issuer + ENDPOINTS.token,
    revocationEndpoint: issuer + ENDPOINTS.revocation,
    userInfoEndpoint: issuer + ENDPOINTS.userinfo,
    jwksUri: issuer + ENDPOINTS.jwks,
  };
}

export const ALICE: Account = {
  subject: 'alice',
  name: 'Alice Abbott',
  claims: { name: 'Alice Abbott', email: 'alice@example.com', email_verified: true },
};

/** Alice alone, with any password. */
export const accounts = {
  authenticate: async (username: string) => (username === ALICE.subject ? ALICE : undefined),
  find: async (subject: string) => (subject === ALICE.subject ? ALICE : undefined),
};

const originOf = (port: number, tls: object | undefined) => `${tls ? 'https' : 'http'}://127.0.0.1:${port}`;

export interface Said {
  status: number;
  /** Names in lower case. */
  headers: Record<string, string>;
  body: string;
  json(): Record<string, unknown>;
}

/** One request; redirects aren't followed. A `form` is sent as it is, by POST. */
export async function ask(
  url: string,
  { form, ...init }: { form?: string; method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<Said> {
  const type = { 'Content-Type': 'application/x-www-form-urlencoded' };
  const posted =
    form === undefined ? init : { method: 'POST', ...init, headers: { ...type, ...init.headers }, body: form };
  const response = await fetch(url, { ...posted, redirect: 'manual' });
  const body = await response.text();
  const json = () => Object(JSON.parse(body)) as Record<string, unknown>; // an object, whatever is in it
  return { status: response.status, headers: Object.fromEntries(response.headers), body, json };
}

/** RFC 6749 §2.3.1. */
export function basic(clientId: string, clientSecret: string): { Authorization: string } {
  const [id, secret] = [clientId, clientSecret].map(text => new URLSearchParams({ '': text }).toString().slice(1));
  return { Authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}` };
}

/** E4: each answer says so. */
export const NO_STORE = { 'cache-control': 'no-store', pragma: 'no-cache' };
