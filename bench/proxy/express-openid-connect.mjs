/** A program: a proxy as it's made of Express, express-openid-connect and http-proxy-middleware. Sessions are as they are by default, encrypted in the cookie. */
import { Agent, createServer } from 'node:http';
import express from 'express';
import openIdConnect from 'express-openid-connect';
import { createProxyMiddleware } from 'http-proxy-middleware';

const { API, ISSUER, CLIENT_ID, CLIENT_SECRET, BASE_URL } = process.env;
const app = express().disable('x-powered-by').set('trust proxy', true);
app.use(
  openIdConnect.auth({
    issuerBaseURL: ISSUER,
    baseURL: BASE_URL,
    clientID: CLIENT_ID,
    clientSecret: CLIENT_SECRET,
    secret: CLIENT_SECRET,
    authRequired: true,
    authorizationParams: { response_type: 'code', scope: 'openid profile' },
  }),
);
app.use(
  '/api',
  createProxyMiddleware({
    target: API,
    changeOrigin: true,
    // without one each call would open a connection
    agent: new Agent({ keepAlive: true }),
    on: {
      proxyReq: (sent, { oidc }) => {
        sent.removeHeader('cookie');
        sent.setHeader('authorization', `Bearer ${oidc.accessToken.access_token}`);
      },
    },
  }),
);
const server = createServer(app).listen(0, '127.0.0.1', () => process.send(server.address().port));
// a profile is written when a process ends by itself
process.on('SIGTERM', () => process.exit());
