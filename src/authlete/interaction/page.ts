import type { Response } from 'express';
import { createHash } from 'node:crypto';
import { html, Markup } from './html.js';
import { STYLESHEET } from './stylesheet.js';

export interface Page {
  title: string;
  content: Markup;
}

/**
 * No form-action: browsers apply it to the redirects after a submit too, and those lead to the client. `same-origin`, for under `no-referrer` a form's
 * `Origin` is `null` (Fetch §3.1), as a sandboxed frame's is.
 */
const HEADERS = {
  'Content-Security-Policy': [
    "default-src 'none'",
    `style-src 'sha256-${createHash('sha256').update(STYLESHEET).digest('base64')}'`,
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'X-Frame-Options': 'DENY',
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'same-origin',
  'Cache-Control': 'no-store',
  Pragma: 'no-cache',
};

/** Byte for byte what was hashed. */
const STYLE = new Markup(`<style>${STYLESHEET}</style>`);

export function sendPage(response: Response, status: number, { title, content }: Page): void {
  const document = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title}</title>
        ${STYLE}
      </head>
      <body>
        <main>
          <h1>${title}</h1>
          ${content}
        </main>
      </body>
    </html>`;
  response.set(HEADERS).status(status).type('html').end(document.source);
}
