import helmet from 'helmet';
import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';

/** The style of our own pages, which the policy names by its hash: no `unsafe-inline`. */
export const PAGE_STYLE = `:root{color-scheme:light dark;font:16px/1.5 system-ui,sans-serif}
body{max-width:34rem;margin:12vh auto;padding:0 1.25rem}
h1{font-size:1.5rem;line-height:1.25}
a{display:inline-block;margin:.5rem 0;padding:.5rem 1rem;border-radius:.5rem;background:#1f4fd8;color:#fff;text-decoration:none}
small{opacity:.75}`;

const styleHash = createHash('sha256').update(PAGE_STYLE).digest('base64');

const headers = (https: boolean) =>
  helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        styleSrc: [`'sha256-${styleHash}'`],
        baseUri: ["'none'"],
        formAction: ["'none'"],
        frameAncestors: ["'none'"],
      },
    },
    referrerPolicy: { policy: 'no-referrer' },
    xFrameOptions: { action: 'deny' },
    strictTransportSecurity: https ? { maxAge: 31_536_000 } : false,
  });
const overHttps = headers(true);
const overHttp = headers(false);

/** What every answer of ours says to the browser: nothing of it is kept, framed, sniffed or told to others (ASVS 5.0 V3.4). */
export function setSecurityHeaders(
  request: IncomingMessage,
  response: ServerResponse,
  frontend: { origin: string } | undefined,
): void {
  (frontend?.origin.startsWith('https:') ? overHttps : overHttp)(request, response, () => {});
  response.setHeader('Cache-Control', 'no-store');
}
