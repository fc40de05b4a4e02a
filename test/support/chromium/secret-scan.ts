import type { Exchange } from '../http-browser.js';

export interface Needle {
  /** What it is, such as `access_token`. */
  kind: string;
  value: string;
}

/** What can be scanned: a `Traffic`, or the hops of an `HttpBrowser` as `{ exchanges: browser.hops }`. */
export interface Scannable {
  exchanges: readonly Exchange[];
  /** Everything the address bar showed. */
  addresses?: readonly string[];
  console?: readonly string[];
  /** Event streams and socket frames, as they came. */
  streams?: readonly { url: string; text: string }[];
  /** Documents and browser storage, as `Traffic.inspect` saw them. */
  pages?: readonly { url: string; text: string }[];
}

export type Place =
  | 'address bar'
  | 'request URL'
  | 'request headers'
  | 'request body'
  | 'response headers'
  | 'response body'
  | 'console'
  | 'stream'
  | 'page';

export interface Hit {
  kind: string;
  encoding: 'raw' | 'percent' | 'base64' | 'base64url';
  place: Place;
  url: string;
}

interface Entry {
  place: Place;
  url: string;
  text: string;
}

/** Looks for every needle as it is, percent-encoded (once or twice), and inside base64 and base64url text at any offset. */
export function scanForSecrets(traffic: Scannable, needles: readonly Needle[]): Hit[] {
  const short = needles.find(({ value }) => value.length < 8);
  if (short !== undefined) throw new Error(`A needle of under 8 characters finds itself anywhere: ${short.kind}`);
  const entries = entriesOf(traffic).map(entry => ({ ...entry, decoded: percentDecoded(entry.text) }));
  return needles.flatMap(needle => {
    const forms = formsOf(needle.value);
    return entries.flatMap(entry => {
      const encoding = encodingIn(entry, forms);
      return encoding === undefined ? [] : [{ kind: needle.kind, encoding, place: entry.place, url: entry.url }];
    });
  });
}

function encodingIn({ text, decoded }: { text: string; decoded: string }, forms: Forms): Hit['encoding'] | undefined {
  const isIn = (haystack: string, needles: string[]) => needles.some(needle => haystack.includes(needle));
  if (isIn(text, forms.raw)) return 'raw';
  if (isIn(decoded, forms.raw)) return 'percent';
  if (isIn(decoded, forms.base64)) return 'base64';
  return isIn(decoded, forms.base64url) ? 'base64url' : undefined;
}

interface Forms {
  raw: string[];
  base64: string[];
  base64url: string[];
}

function formsOf(value: string): Forms {
  const inner = JSON.stringify(value).slice(1, -1);
  const inHtml = value
    .replaceAll('&', '&amp;')
    .replaceAll('"', '&quot;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;');
  const base64 = [0, 1, 2].map(offset => alignedBase64(value, offset));
  return {
    raw: [value, inner, inHtml],
    base64,
    base64url: base64.map(text => text.replaceAll('+', '-').replaceAll('/', '_')),
  };
}

/** The characters that the needle alone decides when it stands `offset` bytes (mod 3) into a longer text. */
function alignedBase64(value: string, offset: number): string {
  const bytes = Buffer.from(value);
  const first = (3 - offset) % 3;
  const whole = first + Math.floor((bytes.length - first) / 3) * 3;
  return bytes.subarray(first, whole).toString('base64');
}

/** Every %XX decoded, broken ones left as they are; twice, since URLs stand in URLs. */
function percentDecoded(text: string): string {
  const once = (encoded: string) =>
    encoded.replace(/(?:%[\da-f]{2})+/gi, run => Buffer.from(run.replaceAll('%', ''), 'hex').toString());
  return once(once(text));
}

function entriesOf(traffic: Scannable): Entry[] {
  return [
    ...traffic.exchanges.flatMap(entriesOfExchange),
    ...(traffic.addresses ?? []).map(url => ({ place: 'address bar' as const, url, text: url })),
    ...(traffic.console ?? []).map(text => ({ place: 'console' as const, url: '', text })),
    ...(traffic.streams ?? []).map(({ url, text }) => ({ place: 'stream' as const, url, text })),
    ...(traffic.pages ?? []).map(({ url, text }) => ({ place: 'page' as const, url, text })),
  ];
}

function entriesOfExchange({ url, requestHeaders, requestBody, headers, body }: Exchange): Entry[] {
  return [
    { place: 'request URL', url, text: url },
    { place: 'request headers', url, text: lines(requestHeaders) },
    { place: 'request body', url, text: requestBody },
    { place: 'response headers', url, text: lines(headers) },
    { place: 'response body', url, text: body },
  ];
}

const lines = (headers: Record<string, string>) =>
  Object.entries(headers)
    .map(([name, value]) => `${name}: ${value}`)
    .join('\n');
