import express, { type NextFunction, type Request, type RequestHandler, type Response } from 'express';
import helmet from 'helmet';
import type { ServerOptions } from '../configuration.js';
import { hasExtension, isHashed } from './asset-path.js';

/** No `unsafe-inline`: what is served here may call this origin and nothing else. Bundlers turn small images and fonts into `data:` URLs. */
export const DEFAULT_POLICY =
  "default-src 'self'; img-src 'self' data:; font-src 'self' data:; " +
  "base-uri 'none'; frame-ancestors 'none'; form-action 'self'; object-src 'none'";

const FOREVER = 'public, max-age=31536000, immutable';

/** A built SPA: history fallback, hashed files immutable, the page itself always revalidated. */
export function builtSpa(directory: string, { contentSecurityPolicy }: ServerOptions, https: boolean): RequestHandler {
  const headers = helmet({
    contentSecurityPolicy: false,
    xFrameOptions: { action: 'deny' },
    referrerPolicy: { policy: 'no-referrer' },
    strictTransportSecurity: https ? { maxAge: 31_536_000 } : false,
  });
  const files = express.static(directory, { redirect: false, cacheControl: false });
  return (request, response, next) => {
    const ended = (error?: unknown) => error !== undefined && refused(error, response, next);
    const send = () =>
      files(request, response, (error?: unknown) => {
        if (error !== undefined || !isPage(request)) refused(error, response, next);
        // the history fallback: the app itself knows what is at this path
        else response.sendFile('index.html', { root: directory, cacheControl: false }, ended);
      });
    response.setHeader('Content-Security-Policy', contentSecurityPolicy ?? DEFAULT_POLICY);
    response.setHeader('Cache-Control', isHashed(request.path) ? FOREVER : 'no-cache');
    headers(request, response, send);
  };
}

/** A file that isn't there stays a 404, and so does what a script asks for: a page in its place would only hide the mistake. */
function isPage({ path, headers }: Request): boolean {
  return !hasExtension(path) && (headers['sec-fetch-mode'] ?? 'navigate') === 'navigate';
}

/** A range that the file doesn't have (416) or a precondition that fails (412) is an answer, and no mistake of ours. */
function refused(error: unknown, response: Response, next: NextFunction): void {
  const status = error instanceof Error && 'status' in error ? error.status : undefined;
  if (status === 412 || status === 416) response.status(status).setHeader('Cache-Control', 'no-store').end();
  else if (!response.headersSent) next(error);
}
