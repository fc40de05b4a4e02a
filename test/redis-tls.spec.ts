import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openStorage } from '../src/bff/storage/open.js';
import { describeStorage } from './storage-contract.js';
import { realTime } from './storage-contract-context.js';
import { type Certificate, selfSigned } from './support/certificates.js';
import { temporaryDirectory } from './support/parlour.js';
import { type RedisServer, startRedis } from './support/redis-server.js';
import { ANY_KEY, AS_USER, USERS } from './support/redis-user.js';

let certificate: Certificate;
let redis: RedisServer;

beforeAll(async () => {
  certificate = await selfSigned('localhost');
  redis = await startRedis({ certificate, lines: [`${USERS.server} ${ANY_KEY}`] });
});
afterAll(() => redis.close());

const open = (host: string, caFile?: string) => openStorage(`rediss://${AS_USER}${host}:${redis.tlsPort}`, { caFile });

describeStorage(
  'a server with TLS, as a user with no more rights than needed',
  async () => {
    await redis.command('FLUSHALL');
    return open('localhost', certificate.certFile);
  },
  realTime,
);

it('a server that nobody vouches for is refused, and CA_FILE is named', async () => {
  await expect(open('localhost')).rejects.toThrow(/nobody who is trusted vouches for it: CA_FILE/);
});

it('a server whose certificate is for another name is refused', async () => {
  await expect(open('127.0.0.1', certificate.certFile)).rejects.toThrow(/can’t be reached.*127\.0\.0\.1/);
});

it('the file of authorities is read again at each connection, and a damaged one changes nothing', async () => {
  const caFile = join(temporaryDirectory(), 'ca.pem');
  writeFileSync(caFile, certificate.cert);
  const storage = await open('localhost', caFile);
  for (const content of ['damaged', (await selfSigned('localhost')).cert, certificate.cert]) {
    writeFileSync(caFile, content);
    await storage.ping();
  }
  await storage.close();
});

it('TLS where there is none, and none where there is TLS, end at the start', async () => {
  await expect(openStorage(`rediss://127.0.0.1:${redis.port}`)).rejects.toThrow(/can’t be reached/);
  await expect(openStorage(`redis://127.0.0.1:${redis.tlsPort}`)).rejects.toThrow(/can’t be reached/);
});
