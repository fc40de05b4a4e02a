// The host beside the authorization server and the API of the demo, each on loopback: npm run build && npx tsc -p examples/local-api && node examples/local-api/start.mjs
import { randomBytes } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startAuthorizationServer } from '../../dist/dev/authorization-server/index.js';
import { startDemoApi } from '../../dist/dev/demo-api/index.js';

const publicUrl = `http://localhost:${process.env.PORT ?? 3000}`;
const audience = 'urn:parlour:demo-api';
const client = { clientId: 'local-api', clientSecret: randomBytes(32).toString('base64url') };
const server = await startAuthorizationServer({
  port: Number(process.env.AUTHORIZATION_SERVER_PORT ?? 3001),
  clients: [
    {
      ...client,
      redirectUris: [`${publicUrl}/callback`],
      postLogoutRedirectUris: [`${publicUrl}/logout/callback`],
    },
  ],
  api: { audience, scopes: ['orders:read'] },
});
const api = await startDemoApi({ port: Number(process.env.API_PORT ?? 3002), issuer: server.url, audience });
Object.assign(process.env, {
  PUBLIC_URL: publicUrl,
  ISSUER: server.url,
  CLIENT_ID: client.clientId,
  CLIENT_SECRET: client.clientSecret,
  SESSION_KEY: randomBytes(32).toString('base64url'),
  STORAGE_URL: `file:${mkdtempSync(join(tmpdir(), 'local-api-'))}`,
  ORDERS_API: api.url,
});
await import('./dist/main.js');
console.log(`The local API is ready: log in at ${publicUrl}/login as alice, with any password`);
