import type { BrowserContext, CDPSession, Page, Request, Response } from 'playwright-core';
import type { Exchange } from '../http-browser.js';
import type { Scannable } from './secret-scan.js';

/** What a browser context saw, from the moment of recording. Await `settled()` before looking. */
export class Traffic implements Scannable {
  readonly exchanges: Exchange[] = [];
  readonly addresses: string[] = [];
  readonly console: string[] = [];
  readonly streams: { url: string; text: string }[] = [];
  readonly pages: { url: string; text: string }[] = [];
  /** Bodies that the browser had thrown away before they were read. A scan that must see all wants this empty. */
  readonly unread: string[] = [];
  private readonly reading = new Set<Promise<unknown>>();
  private readonly waiting = new Set<Request>();
  private wake: () => void = () => undefined;

  /** Every URL that a document or script asked for, redirects included, in the order of the answers. */
  get urls(): string[] {
    return this.exchanges.map(({ url }) => url);
  }

  keep(work: Promise<unknown>): void {
    const done = work.finally(() => this.reading.delete(done));
    this.reading.add(done);
  }

  begin(request: Request): void {
    this.waiting.add(request);
  }

  end(isOver: (request: Request) => boolean): void {
    for (const request of this.waiting) if (isOver(request)) this.waiting.delete(request);
    this.wake();
  }

  /** Resolves when every request made so far is answered and read, open event streams as far as they have come. */
  async settled(): Promise<this> {
    while (this.reading.size + this.waiting.size > 0) {
      await Promise.all(this.reading);
      if (this.waiting.size > 0) await new Promise<void>(resolve => (this.wake = resolve));
    }
    return this;
  }

  /** Keeps what the page holds now: its document, its storage, the cookies that scripts can see. */
  async inspect(page: Page): Promise<void> {
    const text = await page.evaluate(() =>
      [
        document.documentElement.outerHTML,
        document.cookie,
        JSON.stringify(Object.entries(localStorage)),
        JSON.stringify(Object.entries(sessionStorage)),
      ].join('\n'),
    );
    this.pages.push({ url: page.url(), text });
  }
}

/** Records the context's pages, those still to be opened too. Call it before the first navigation. */
export async function recordTraffic(context: BrowserContext): Promise<Traffic> {
  const traffic = new Traffic();
  const recorded = new Set<Request>();
  const record = (request: Request) => {
    if (recorded.has(request)) return;
    recorded.add(request);
    traffic.keep(recordExchange(traffic, request));
    traffic.end(other => other === request);
  };
  context.on('request', request => traffic.begin(request));
  context.on('requestfinished', record);
  context.on('requestfailed', record);
  context.on('response', response => void (isEventStream(response) && record(response.request())));
  context.on('console', message => traffic.console.push(message.text()));
  context.on('weberror', event => void traffic.console.push(String(event.error())));
  context.on('page', page => traffic.keep(recordPage(traffic, page)));
  await Promise.all(context.pages().map(page => recordPage(traffic, page)));
  return traffic;
}

async function recordPage(traffic: Traffic, page: Page): Promise<void> {
  page.on('framenavigated', frame => void (frame === page.mainFrame() && traffic.addresses.push(frame.url())));
  // A page that closes takes its requests with it, and says nothing of them.
  page.on('close', () => traffic.end(request => pageOf(request) === page));
  page.on('websocket', socket => {
    const keep = ({ payload }: { payload: string | Buffer }) =>
      void traffic.streams.push({ url: socket.url(), text: payload.toString() });
    socket.on('framesent', keep);
    socket.on('framereceived', keep);
  });
  await recordEventStreams(traffic, await page.context().newCDPSession(page));
}

function pageOf(request: Request): Page | undefined {
  try {
    return request.frame().page();
  } catch {
    return undefined; // a service worker's, or the frame isn't there yet
  }
}

const isEventStream = (response: Response) =>
  response.headers()['content-type']?.startsWith('text/event-stream') === true;

/** A response that never ends has no body to ask for: its chunks are taken as they come. */
async function recordEventStreams(traffic: Traffic, session: CDPSession): Promise<void> {
  const open = new Map<string, { url: string; text: string }>();
  session.on('Network.responseReceived', ({ requestId, response }) => {
    if (response.mimeType !== 'text/event-stream') return;
    const stream = { url: response.url, text: '' };
    open.set(requestId, stream);
    traffic.streams.push(stream);
    const buffered = session.send('Network.streamResourceContent', { requestId });
    traffic.keep(
      buffered.then(({ bufferedData }) => (stream.text = decoded(bufferedData) + stream.text)).catch(() => undefined),
    );
  });
  session.on('Network.dataReceived', ({ requestId, data }) => {
    const stream = open.get(requestId);
    if (stream !== undefined && data !== undefined) stream.text += decoded(data);
  });
  await session.send('Network.enable');
}

const decoded = (base64: string) => Buffer.from(base64, 'base64').toString();

async function recordExchange(traffic: Traffic, request: Request): Promise<void> {
  const response = await request.response().catch(() => null);
  traffic.exchanges.push({
    url: request.url(),
    method: request.method(),
    requestHeaders: await request.allHeaders().catch(() => request.headers()),
    requestBody: request.postData() ?? '',
    status: response?.status() ?? 0,
    headers: (await response?.allHeaders().catch(() => response.headers())) ?? {},
    setCookie: (await response?.headerValues('set-cookie').catch(() => [])) ?? [],
    body: await bodyOf(traffic, request),
  });
}

async function bodyOf(traffic: Traffic, request: Request): Promise<string> {
  const response = await request.response().catch(() => null);
  const hasNone =
    response === null ||
    isEventStream(response) ||
    request.redirectedTo() !== null ||
    [204, 304].includes(response.status());
  if (hasNone || request.failure() !== null) return '';
  return response.text().catch(() => {
    traffic.unread.push(request.url());
    return '';
  });
}
