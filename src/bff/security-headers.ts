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

type Fields = readonly (readonly [name: string, value: string])[];

/** What helmet says depends on no request: so it's asked once. */
function fieldsOf(https: boolean): Fields {
  const fields = new Map<string, string>();
  const collector = {
    setHeader: (name: string, value: string) => fields.set(name, value),
    removeHeader: (name: string) => fields.delete(name),
  };
  const setFields = helmet({
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
  // it calls these two of a response, and looks at nothing of a request
  setFields({} as IncomingMessage, collector as unknown as ServerResponse, () => {});
  return [...fields, ['Cache-Control', 'no-store']];
}

const overHttps = fieldsOf(true);
const overHttp = fieldsOf(false);

/** What every answer of ours says to the browser: nothing of it is kept, framed, sniffed or told to others (ASVS 5.0 V3.4). */
export function setSecurityHeaders(response: ServerResponse, frontend: { origin: string } | undefined): void {
  const fields = frontend?.origin.startsWith('https:') ? overHttps : overHttp;
  for (const [name, value] of fields) response.setHeader(name, value);
}
