import { request } from 'undici';
import { HOST } from './instance.ts';

/** What Chromium sends of its own with a page's `fetch`. */
const FETCH = {
  'sec-ch-ua': '"Chromium";v="147", "Not.A/Brand";v="8"',
  'sec-ch-ua-mobile': '?0',
  'sec-ch-ua-platform': '"Linux"',
  'User-Agent': 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/147.0.0.0 Safari/537.36',
  Accept: '*/*',
  'Sec-Fetch-Site': 'same-origin',
  'Sec-Fetch-Mode': 'cors',
  'Sec-Fetch-Dest': 'empty',
  Referer: `https://${HOST}/`,
  'Accept-Encoding': 'gzip, deflate, br, zstd',
  'Accept-Language': 'en-GB,en;q=0.9',
};

const NAVIGATION = { Accept: 'text/html,*/*;q=0.8', 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'document' };

/** The request of an app's script, as a browser sends it. */
export function fetchedBy(cookie: string, path: string, method = 'GET', more: Record<string, string> = {}): string {
  const fields = { Host: HOST, ...FETCH, 'X-CSRF': '1', ...more, Cookie: cookie };
  return `${method} ${path} HTTP/1.1\r\n${linesOf(fields)}\r\n`;
}

/** The request of a link or a redirect. */
export function navigation(cookie: string, path: string): string {
  return `GET ${path} HTTP/1.1\r\n${linesOf({ Host: HOST, ...NAVIGATION, ...(cookie && { Cookie: cookie }) })}\r\n`;
}

function linesOf(fields: Record<string, string>): string {
  return Object.entries(fields)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('');
}

/** What is behind `url`, and the cookies after it: those of the server at `port`, which is the app's origin to this browser. */
export async function follow(
  port: number,
  path: string,
  until = (_location: URL) => false,
): Promise<{ cookie: string; url: URL }> {
  const cookies = new Map<string, string>();
  const cookie = () => [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
  let url = new URL(path, `https://${HOST}`);
  for (let step = 0; step < 10; step++) {
    const isApp = url.hostname === HOST;
    const address = isApp ? `http://127.0.0.1:${port}${url.pathname}${url.search}` : url;
    const { headers, statusCode, body } = await request(address, {
      headers: isApp ? { host: HOST, ...NAVIGATION, cookie: cookie() } : {},
    });
    const text = await body.text();
    if (isApp) for (const each of [headers['set-cookie'] ?? []].flat()) keep(cookies, each);
    if (typeof headers.location !== 'string') {
      if (statusCode >= 500) throw new Error(`${url.pathname} was answered ${statusCode}: ${text}`);
      return { cookie: cookie(), url };
    }
    url = new URL(headers.location, url);
    if (until(url)) return { cookie: cookie(), url };
  }
  throw new Error(`redirected for ever: ${url.href}`);
}

function keep(cookies: Map<string, string>, field: string): void {
  const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(field) ?? [];
  if (/;\s*(?:Max-Age=0|Expires=Thu, 01 Jan 1970)/i.test(field)) cookies.delete(name);
  else cookies.set(name, value);
}
