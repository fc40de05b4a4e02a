import { buildConnector, type Dispatcher } from 'undici';
import type { Carrier } from '../renewable-dispatcher.js';
import { Http2Call, type Http2Options } from './call.js';
import { Http2Connections } from './connections.js';

/**
 * HTTP/2 for the calls that ask for it, by ALPN over https and by prior knowledge over http (RFC 9113 §3.2, §3.3); the others go on to undici. That speaks
 * HTTP/2, too, but takes an answer that was reset before its end for a whole one.
 */
export class Http2Dispatcher implements Carrier {
  private readonly origins = new Map<string, Http2Connections>();
  private readonly connector: buildConnector.connector;

  constructor(
    private readonly others: Dispatcher,
    private readonly connect: buildConnector.BuildOptions & { timeout: number },
  ) {
    this.connector = buildConnector({ ...connect, allowH2: true, preferH2: true });
  }

  dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    if (!isHttp2(options)) return this.others.dispatch(options, handler);
    const call = new Http2Call(options, handler);
    if (!call.isOver) this.connectionsTo(options.origin).send(call);
    return true;
  }

  async close(): Promise<void> {
    await Promise.all([this.others.close(), ...this.all(connections => connections.close())]);
  }

  async destroy(error: Error | null): Promise<void> {
    const reason = error ?? new Error('nobody makes calls any more');
    await Promise.all([this.others.destroy(error), ...this.all(connections => connections.destroy(reason))]);
  }

  private all(act: (connections: Http2Connections) => Promise<void>): Promise<void>[] {
    return [...this.origins.values()].map(act);
  }

  private connectionsTo(origin: string): Http2Connections {
    const known = this.origins.get(origin);
    if (known) return known;
    const connections = new Http2Connections(origin, this.connector, this.connect.timeout);
    this.origins.set(origin, connections);
    return connections;
  }
}

function isHttp2(options: Dispatcher.DispatchOptions): options is Http2Options {
  return 'http2' in options && options.http2 === true;
}
