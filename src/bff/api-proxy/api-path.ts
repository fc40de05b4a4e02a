import { BffError } from '../errors.js';

/** pchar of RFC 3986 §3.3 without `;`: some servers cut a segment there (`..;/`), others don't. */
const PATH = /^(?:\/(?:[\w.~!$&'()*+,=:@-]|%[\da-f]{2})*)+$/i;

/** RFC 3986 §3.4, and what browsers leave unescaped in a query (WHATWG URL, “query percent-encode set”). `#` isn't in it. */
const QUERY = /^[!$-;=?-~]*$/;

/** Somebody between us and the file may decode once more than they should; nobody decodes this often. */
const DECODINGS = 4;

const SEPARATOR_OR_CONTROL = /[/\\;\u0000-\u001f\u007f]/;

export interface RawTarget {
  path: string;
  /** With its `?`, or empty. */
  query: string;
}

/**
 * The request target as it came (RFC 9112 §3.2), split but neither decoded nor normalised: whoever normalises has read another path than the one
 * that is forwarded. Refuses the absolute form and every path that two parsers could read differently (B13, B14).
 */
export function rawTargetOf(originalUrl: string): RawTarget {
  const at = originalUrl.indexOf('?');
  const path = at < 0 ? originalUrl : originalUrl.slice(0, at);
  const query = at < 0 ? '' : originalUrl.slice(at);
  if (!PATH.test(path) || !QUERY.test(query.slice(1))) throw new BffError('api_path_refused');
  path.slice(1).split('/').forEach(refuseAmbiguous);
  return { path, query };
}

/** An empty segment is fine as the last one (`/api/things/`), and nowhere else. */
function refuseAmbiguous(segment: string, index: number, all: string[]): void {
  if (segment === '' && index < all.length - 1) throw new BffError('api_path_refused');
  for (const reading of readingsOf(segment)) {
    if (isDotSegment(reading) || SEPARATOR_OR_CONTROL.test(reading)) throw new BffError('api_path_refused');
  }
}

/**
 * The path as an API may take it that decodes to the end and minds neither case nor accents nor blanks, nor dots at the end, which Windows drops from a
 * name; for comparing only. In upper case, as the letters `ı` and `ſ` are ASCII ones there alone.
 */
export function looselyRead(path: string): string {
  return path.split('/').map(looselyReadSegment).join('/');
}

function looselyReadSegment(segment: string): string {
  const decoded = readingsOf(segment).at(-1) ?? '';
  const letters = decoded.normalize('NFKD').replace(/\p{M}/gu, '').toUpperCase();
  // looked for from the first of them alone, or a thousand dots before a letter would take a million steps
  return letters.replace(/(?<![\s.])[\s.]+$/, '').trim();
}

/** The segment as it looks after each further decoding. Overlong UTF-8 (`%c0%ae`) isn't UTF-8: decodeURIComponent throws, and that refuses it. */
function readingsOf(segment: string): string[] {
  if (!segment.includes('%')) return [segment];
  const readings = [wellFormed(segment)];
  for (let latest = readings[0] ?? ''; /%[\da-f]{2}/i.test(latest); readings.push(latest)) {
    if (readings.length === DECODINGS) throw new BffError('api_path_refused');
    latest = latest.replace(/%([\da-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  }
  return readings.flatMap(reading => [reading, reading.normalize('NFKC')]);
}

function wellFormed(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch (cause) {
    throw new BffError('api_path_refused', { cause });
  }
}

/** Also with the blanks that some file systems drop from a name. */
function isDotSegment(segment: string): boolean {
  return /^\s*\.{1,2}\s*$/.test(segment);
}
