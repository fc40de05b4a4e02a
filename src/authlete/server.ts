import type { LoggerService } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { constants } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import type { Danger } from '../environment/configuration-error.js';
import { JsonLog } from '../json-log.js';
import { cantListen, type Closable, closeWithin } from '../process.js';
import type { AuthleteConfiguration, AuthleteHost } from './configuration.js';
import { AuthleteModule, CLIENT_CERTIFICATES, refuseUnknownAddress } from './index.js';

export type { AuthleteConfiguration, AuthleteHost };

export interface RunningAuthleteServer extends Closable {
  url: string;
}

/** A request has a small body, if any: who takes longer to send it holds a connection for nothing. Milliseconds. */
const SLOWEST_REQUEST = 30_000;
/** Longer than the 60 seconds that proxies keep a connection, so that none is closed under a request. Milliseconds. */
const KEEP_ALIVE = 65_000;

/** The endpoints in a process of their own: http, or https that asks clients for their certificate. */
export async function startAuthleteServer(
  configuration: AuthleteConfiguration,
  host: AuthleteHost,
  logger: LoggerService = new JsonLog(configuration),
): Promise<RunningAuthleteServer> {
  const { shutdownTimeout = 10, options } = configuration;
  const app = await NestFactory.create<NestExpressApplication>(AuthleteModule.forRoot({ ...options, ...host }), {
    bodyParser: false,
    abortOnError: false,
    logger,
    ...tlsOptions(configuration),
  });
  app.disable('x-powered-by');
  app.use(refuseUnknownAddress);
  for (const danger of dangers(configuration, host)) {
    logger.warn({ event: 'configuration_danger', ...danger }, 'Authlete');
  }
  const http = app.getHttpServer();
  http.requestTimeout = SLOWEST_REQUEST;
  http.headersTimeout = SLOWEST_REQUEST;
  http.keepAliveTimeout = KEEP_ALIVE;
  const url = await listening(app, configuration);
  return { url, close: () => closeWithin(shutdownTimeout, app, http) };
}

/**
 * A resumed session would bring the client's certificate without its chain: so there are no tickets, and without a listener for sessions nothing
 * else resumes one.
 */
function tlsOptions({ tls }: AuthleteConfiguration) {
  if (tls === undefined) return {};
  const { key, cert } = tls;
  const protocol = { minVersion: 'TLSv1.2', secureOptions: constants.SSL_OP_NO_TICKET };
  return { httpsOptions: { key, cert, ...CLIENT_CERTIFICATES, ...protocol } };
}

function dangers({ dangers: found = [], production }: AuthleteConfiguration, { sessionStore }: AuthleteHost): Danger[] {
  if (!production || sessionStore !== undefined) return found;
  const reason =
    'exports no sessionStore: sessions are kept in memory, which every restart empties and no other instance sees';
  return [...found, { setting: 'AS_ACCOUNTS_MODULE', reason }];
}

/** Or nothing: what has been half-started keeps no process. */
async function listening(app: NestExpressApplication, { host, port, tls }: AuthleteConfiguration): Promise<string> {
  try {
    // first what has nothing to do with the port: the service's configuration is compared
    await app.init();
    await app.listen(port, host).catch(cantListen('AS_PORT', host, port));
  } catch (error) {
    await app.close();
    throw error;
  }
  // a server that listens on a port has such an address
  const { port: taken } = app.getHttpServer().address() as AddressInfo;
  return `${tls === undefined ? 'http' : 'https'}://${host.includes(':') ? `[${host}]` : host}:${taken}`;
}
