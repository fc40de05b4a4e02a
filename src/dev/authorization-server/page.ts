import { createHash } from 'node:crypto';
import type { Middleware } from './endpoints.js';
import { type Html, html, trusted } from './html.js';
import { stylesheet } from './stylesheet.js';

export function contentSecurityPolicy(script?: string): string {
  // No form-action: browsers apply it to the redirects after a submit too, and those lead to the client's own origin.
  // script-src stands there even when empty, because oidc-provider adds the hashes of its self-submitting forms to it.
  return [
    "default-src 'none'",
    `style-src ${hashOf(stylesheet)}`,
    `script-src ${script ? hashOf(script) : ''}`.trim(),
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

function hashOf(source: string): string {
  return `'sha256-${createHash('sha256').update(source).digest('base64')}'`;
}

export const securityHeaders: Middleware = async (ctx, next) => {
  ctx.set({ 'content-security-policy': contentSecurityPolicy(), 'x-content-type-options': 'nosniff' });
  await next();
};

/** What a page is written to; oidc-provider's contexts differ by endpoint. */
interface PageContext {
  body: unknown;
  type: string;
  set(headers: Record<string, string>): void;
}

export interface Page {
  title: string;
  content: Html;
  /** Inline, allowed by its hash alone. */
  script?: string;
}

export function sendPage(ctx: PageContext, { title, content, script }: Page): void {
  ctx.type = 'html';
  ctx.set({ 'cache-control': 'no-store', 'content-security-policy': contentSecurityPolicy(script) });
  ctx.body = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title}</title>
        ${inline('style', stylesheet)}
      </head>
      <body>
        <main>
          <div class="server">Development authorization server</div>
          <h1>${title}</h1>
          ${content}
        </main>
        ${script ? inline('script', script) : undefined}
      </body>
    </html>`.markup;
}

/** Byte for byte what was hashed. */
function inline(element: 'style' | 'script', source: string): Html {
  return trusted(`<${element}>${source}</${element}>`);
}
