import { Agent, EnvHttpProxyAgent } from 'undici';
import type { OutboundOptions } from './bff.options.js';
import { Http2Dispatcher } from './http2/http2-dispatcher.js';
import { trusted } from './key-material/certificates.js';
import { type FileObserver, LOOK_INTERVAL, WatchedFiles } from './key-material/watched-files.js';
import { type Carrier, RenewableDispatcher } from './renewable-dispatcher.js';

/** The undici dispatcher of every outbound call: connection pools, the adopter's proxy and private certificate authorities. */
export const OUTBOUND = Symbol('Dispatcher of outbound calls');

/** What servers are shown when they ask for a client certificate (RFC 8705); proxies never are. */
type Shown = { cert: string; key: string } | undefined;

/** New connections trust what the file of certificate authorities holds by then. */
export function createOutbound(
  options: OutboundOptions,
  observer: Partial<Pick<FileObserver<unknown>, 'refused'> & { changed: () => void }> = {},
  shown: () => Shown = () => undefined,
): RenewableDispatcher {
  const { caFile } = options;
  const changed = (): void => {
    dispatcher.renew();
    observer.changed?.();
  };
  const refused = (reason: string): void => observer.refused?.(reason);
  const authorities = caFile === undefined ? undefined : new WatchedFiles([caFile], trusted, { changed, refused });
  const timer = authorities && setInterval(() => void authorities.look(), LOOK_INTERVAL).unref();
  const dispatcher = new RenewableDispatcher(
    () => createDispatcher(options, authorities?.value, shown()),
    () => clearInterval(timer),
  );
  return dispatcher;
}

function createDispatcher(options: OutboundOptions, ca: string[] | undefined, shown: Shown): Carrier {
  // of undici's, which is its default: a session that the server closes may emit an error that nobody listens to, the end of the process
  const allowH2 = false;
  const toProxy = { timeout: options.timeout * 1000, allowH2, ...(ca && { ca }) };
  const connect = { ...toProxy, ...(shown && { cert: shown.cert, key: shown.key }) };
  if (options.proxy === undefined) return new Http2Dispatcher(new Agent({ connect, allowH2 }), connect);
  return new EnvHttpProxyAgent({
    httpProxy: options.proxy,
    httpsProxy: options.proxy,
    noProxy: options.noProxy.join(','),
    connect,
    allowH2,
    requestTls: connect,
    proxyTls: toProxy,
  });
}
