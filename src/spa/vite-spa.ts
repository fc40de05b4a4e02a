import type { Request, RequestHandler, Response } from 'express';
import { pipeline } from 'node:stream/promises';
import { type Dispatcher, request as fetchFrom } from 'undici';

/** Vite's page brings inline scripts and styles, and its hot-reload socket goes straight to Vite. Development only: production refuses `SPA_DEV_URL`. */
const policy = (vite: string) =>
  `default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; ` +
  `connect-src 'self' ${vite} ${vite.replace(/^http/, 'ws')}; frame-ancestors 'none'`;

/** What Vite looks at: whether it's a page or an asset, and what the browser has already. */
const ASKED = ['accept', 'if-none-match', 'sec-fetch-dest'] as const;
const ANSWERED = ['content-type', 'etag', 'cache-control', 'location'] as const;

/** The SPA as Vite serves it, under the BFF's origin. */
export function spaOfVite(vite: string): RequestHandler {
  return (request, response, next) => {
    askVite(vite, request)
      .then(
        answer => pass(answer, response, vite),
        () => waitForVite(response, vite),
      )
      .catch((error: unknown) => {
        if (response.headersSent) response.destroy();
        else next(error);
      });
  };
}

function askVite(vite: string, { method, originalUrl, headers }: Request): Promise<Dispatcher.ResponseData> {
  const asked = ASKED.flatMap(name => {
    const value = headers[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return fetchFrom(vite + originalUrl, { method: method === 'HEAD' ? 'HEAD' : 'GET', headers: new Map(asked) });
}

async function pass(answer: Dispatcher.ResponseData, response: Response, vite: string): Promise<void> {
  response.status(answer.statusCode);
  for (const name of ANSWERED) {
    const value = answer.headers[name];
    if (value !== undefined) response.setHeader(name, value);
  }
  response.setHeader('Content-Security-Policy', policy(vite));
  response.setHeader('Referrer-Policy', 'no-referrer');
  await pipeline(answer.body, response);
}

/** Whoever starts both at once has the browser open before Vite is there. */
function waitForVite(response: Response, vite: string): void {
  response.status(503).set({ 'Retry-After': '1', Refresh: '1', 'Cache-Control': 'no-store' }).type('text');
  response.send(`Vite doesn't answer at ${vite} (SPA_DEV_URL). This page loads again by itself when it does.\n`);
}
