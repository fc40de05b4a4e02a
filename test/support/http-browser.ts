import type { IncomingMessage } from 'node:http';
import { CookieJar, type Cookie } from './http-browser/cookie-jar.js';
import { decodedBody, joinedHeaders, send, type Body, type Exchange, type Network } from './http-browser/exchange.js';
import { firstForm } from './http-browser/form.js';
import * as steps from './http-browser/step.js';
import type { Fetch, Navigation, Step, Walk } from './http-browser/step.js';

export { decodeHtml, firstForm } from './http-browser/form.js';
export { rawRequest, type RawAnswer, type RawRequest } from './http-browser/raw-request.js';
export { siteOf } from './http-browser/site.js';
export type { Cookie } from './http-browser/cookie-jar.js';
export type { Body, Exchange, Network } from './http-browser/exchange.js';
export type { Fetch, Navigation, Walk } from './http-browser/step.js';

export interface Hop extends Exchange {
  /** Where a redirect leads, absolute. */
  location: string | undefined;
  /** The body, which must be a JSON object. */
  json(): Record<string, unknown>;
}

/**
 * A browser as a server sees it: a cookie jar with Chromium's rules, Fetch Metadata, redirects hop by hop. It runs no scripts, and it
 * enforces no CORS: a `fetch` sends what a script would and shows the answer, so preflights are the test's own OPTIONS requests.
 */
export class HttpBrowser {
  /** Every request so far, oldest first. */
  readonly hops: Hop[] = [];
  /** The document in the window. */
  page: Hop | undefined;
  private jar = new CookieJar();
  private waiting: Step | undefined;
  private pageInitiator: string | undefined;

  constructor(private readonly network: Network = {}) {}

  /** The address bar. */
  get url(): string | undefined {
    return this.page?.url;
  }

  get origin(): string | undefined {
    return this.url === undefined ? undefined : new URL(this.url).origin;
  }

  /** Opens a URL as if typed, or as the page `initiator` does it. Resolves with the first answer that isn't followed. */
  navigate(url: string, options: Navigation = {}): Promise<Hop> {
    return this.walk(steps.navigationStep(new URL(url, this.url), options, this.page), options);
  }

  /** Follows a link of the current page, or what else that page starts. */
  click(url: string, options: Navigation = {}): Promise<Hop> {
    return this.navigate(url, { initiator: required(this.url), ...options });
  }

  /** Loads the current page again, with the initiator it had: a Strict cookie that was kept back is kept back again. */
  reload(walk: Walk = {}): Promise<Hop> {
    const initiator = this.pageInitiator === undefined ? {} : { initiator: this.pageInitiator };
    return this.navigate(required(this.url), { ...walk, ...initiator });
  }

  /** Goes on where `until` or `follow: false` stopped. */
  resume(walk: Walk = {}): Promise<Hop> {
    return this.walk(required(this.waiting), walk);
  }

  /** Fills in and submits the first form of the current page. `button`: name or value of the one that is pressed. */
  submitForm(fields: Record<string, string> = {}, options: Navigation & { button?: string } = {}): Promise<Hop> {
    const { body, url } = required(this.page);
    const form = firstForm(body, url, options.button);
    for (const [name, value] of Object.entries(fields)) form.fields.set(name, value);
    if (form.method === 'POST') return this.click(form.action, { ...options, form: form.fields });
    const target = new URL(form.action);
    target.search = form.fields.toString();
    return this.click(target.href, options);
  }

  /** What a script of the page sends; redirects are followed as fetch does it. */
  async fetch(url: string, init: Fetch = {}): Promise<Hop> {
    let step = steps.scriptStep(url, init, this.url);
    for (;;) {
      const hop = await this.request(step);
      if (hop.location === undefined || init.redirect === 'manual') return hop;
      step = steps.redirected(step, hop.status, hop.location);
    }
  }

  /** Like `fetch`, but resolves with the head, the body still to be read: for event streams. Kept in no `hops`. */
  async stream(url: string, init: Fetch = {}): Promise<IncomingMessage> {
    const { response } = await this.exchange(steps.scriptStep(url, init, this.url));
    return response;
  }

  /** The cookies that a same-site request to this URL carries, with their attributes. */
  cookies(url: string): Cookie[] {
    return this.jar.get(new URL(url));
  }

  /** As a `Set-Cookie` line from that URL or, with `script`, as `document.cookie` there. False when a browser would ignore it. */
  setCookie(url: string, line: string, from: { script?: boolean } = {}): boolean {
    return this.jar.set(new URL(url), line, from);
  }

  clearCookies(): void {
    this.jar.clear();
  }

  /** Another browser with a copy of the cookies and the same page open. */
  clone(): HttpBrowser {
    const copy = new HttpBrowser(this.network);
    copy.jar = this.jar.clone();
    copy.page = this.page;
    copy.pageInitiator = this.pageInitiator;
    return copy;
  }

  private async walk(first: Step, { follow = true, until = () => false }: Walk): Promise<Hop> {
    for (let step = first, left = 20; left > 0; left--) {
      const hop = await this.request(step);
      if (hop.location === undefined) return this.show(hop, step);
      step = steps.redirected(step, hop.status, hop.location);
      this.waiting = step;
      if (!follow || until(step.url.href)) return hop;
    }
    throw new Error(`More than 20 redirects from ${first.url.href}`);
  }

  private show(hop: Hop, step: Step): Hop {
    this.waiting = undefined;
    if (hop.status === 204) return hop; // a browser stays where it is
    this.page = hop;
    this.pageInitiator = step.initiator;
    return hop;
  }

  private async request(step: Step): Promise<Hop> {
    const { response, requestHeaders } = await this.exchange(step);
    const body = await decodedBody(response);
    const status = response.statusCode ?? 0;
    const location = [301, 302, 303, 307, 308].includes(status) ? response.headers.location : undefined;
    const hop: Hop = {
      url: step.url.href,
      method: step.method,
      requestHeaders,
      requestBody: textOf(step.body),
      status,
      headers: joinedHeaders(response),
      setCookie: response.headers['set-cookie'] ?? [],
      body,
      location: location === undefined ? undefined : new URL(location, step.url).href,
      json: () => jsonObject(body),
    };
    this.hops.push(hop);
    return hop;
  }

  private async exchange(step: Step) {
    const context = steps.contextOf(step);
    const carries = steps.carriesCookies(step);
    const cookies = carries ? this.jar.get(step.url, context) : [];
    const requestHeaders = steps.headersOf(step, cookies.map(cookieText).join('; '));
    const response = await send({ ...step, headers: requestHeaders }, this.network);
    // A top-level navigation may always set Strict and Lax cookies, whoever started it (RFC 6265bis §5.7).
    const from = { context: step.kind === 'navigation' ? ('strict' as const) : context };
    if (carries) for (const line of response.headers['set-cookie'] ?? []) this.jar.set(step.url, line, from);
    return { response, requestHeaders };
  }
}

const cookieText = ({ name, value }: Cookie) => (name === '' ? value : `${name}=${value}`);

function textOf(body: Body | undefined): string {
  if (typeof body === 'string' || body instanceof URLSearchParams) return body.toString();
  return Buffer.isBuffer(body) ? body.toString() : '';
}

function jsonObject(text: string): Record<string, unknown> {
  const value: unknown = JSON.parse(text);
  if (typeof value !== 'object' || value === null) throw new Error(`No JSON object: ${text}`);
  return { ...value };
}

function required<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('This browser has no page open, or no redirect waiting');
  return value;
}
