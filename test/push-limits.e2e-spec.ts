import { afterEach, describe, expect, it } from '@jest/globals';
import { begin, metric, type Pair, startPair, startTwoFrontends } from './login-flow.js';
import { pushLies } from './support/hostile-authorization-server.js';
import { HttpBrowser } from './support/http-browser.js';

let pair: Pair;
afterEach(() => pair.close());

/** A login of the client at this address, as the trusted proxy in front says. */
function loginFrom(address: string) {
  const headers = { 'x-forwarded-for': address };
  return new HttpBrowser().navigate(`${pair.parlour.url}/login`, { headers, follow: false });
}
const statusOf = async (address: string) => (await loginFrom(address)).status;

const PROXIED = { TRUSTED_PROXIES: '127.0.0.1', LOGIN_BURST: '3', LOGIN_RATE: '1' };

describe('pushes are bounded', () => {
  it('P12: of 1,000 logins from one address only the bucket is pushed, the rest hears 429 and when to return; others log in', async () => {
    pair = await startPair({ ...PROXIED, LOGIN_BURST: '20' });
    const started = performance.now();
    const hops = await Promise.all(Array.from({ length: 1000 }, () => loginFrom('203.0.113.7')));
    const refilled = Math.ceil((performance.now() - started) / 1000);
    const allowed = hops.filter(({ status }) => status === 303).length;
    expect(allowed).toBeGreaterThanOrEqual(20);
    expect(allowed).toBeLessThanOrEqual(20 + refilled);
    expect(pair.hostile.count('par')).toBe(allowed);
    const refused = hops.filter(({ status }) => status === 429);
    expect(refused).toHaveLength(1000 - allowed);
    for (const { headers } of refused) expect(Number(headers['retry-after'])).toBeGreaterThanOrEqual(1);
    expect(await metric(pair.parlour, 'parlour_pushes_total', 'rate_limited')).toBe(1000 - allowed);
    expect(await statusOf('203.0.113.8')).toBe(303);
  });

  it('P12: a bucket belongs to an IPv6 client’s whole /64, however it’s written', async () => {
    pair = await startPair({ ...PROXIED, LOGIN_RATE: '0.001' });
    const same = ['2001:db8:1:2::1', '2001:DB8:1:2:ffff::9', '2001:0db8:0001:0002:0:0:0:3', '2001:db8:1:2::4'];
    const statuses = [];
    for (const address of same) statuses.push(await statusOf(address));
    expect(statuses).toEqual([303, 303, 303, 429]);
    expect(await statusOf('2001:db8:1:3::1')).toBe(303);
  });

  it('P12: X-Forwarded-For gets nobody a bucket of their own where no proxy is trusted', async () => {
    pair = await startPair({ ...PROXIED, TRUSTED_PROXIES: '', LOGIN_RATE: '0.001' });
    const statuses = [];
    for (let client = 1; client <= 4; client++) statuses.push(await statusOf(`203.0.113.${client}`));
    expect(statuses).toEqual([303, 303, 303, 429]);
  });

  it('P12: all clients together share one bucket more', async () => {
    pair = await startPair({ ...PROXIED, LOGIN_BURST_TOTAL: '4', LOGIN_RATE_TOTAL: '0.001' });
    const statuses = [];
    for (let client = 1; client <= 5; client++) statuses.push(await statusOf(`203.0.113.${client}`));
    expect(statuses).toEqual([303, 303, 303, 303, 429]);
  });

  it('P12: pushes under way are capped, and a place that is free again is given away', async () => {
    pair = await startPair({ PUSHES_IN_FLIGHT: '2' });
    const { promise, resolve } = Promise.withResolvers<void>();
    pair.hostile.lies.par = { after: promise };
    const under = [begin(pair.parlour), begin(pair.parlour)];
    await pair.hostile.arrived('par', 2);
    const third = await begin(pair.parlour);
    expect([third.status, third.headers['retry-after']]).toEqual([429, '1']);
    resolve();
    expect((await Promise.all(under)).map(({ status }) => status)).toEqual([303, 303]);
    expect((await begin(pair.parlour)).status).toBe(303);
  });

  it('P12: after the server’s own 429 nothing is pushed for as long as it said', async () => {
    pair = await startPair();
    pair.hostile.lies.par = { ...pushLies['429 with Retry-After'], times: 1 };
    expect((await begin(pair.parlour)).status).toBe(503);
    const next = await begin(pair.parlour);
    expect(next.status).toBe(503);
    expect(['6', '7']).toContain(next.headers['retry-after']);
    expect(pair.hostile.count('par')).toBe(1);
  });

  it('P12: and pushes go on afterwards by themselves', async () => {
    pair = await startPair();
    pair.hostile.lies.par = { status: 429, headers: { 'retry-after': '1' }, body: '', times: 1 };
    const paused = performance.now();
    let status = (await begin(pair.parlour)).status;
    while (status === 503 && performance.now() - paused < 5000) status = (await begin(pair.parlour)).status;
    expect(status).toBe(303);
    expect(performance.now() - paused).toBeGreaterThanOrEqual(990);
    expect(pair.hostile.count('par')).toBe(2);
  });

  it('P12: a server that throttles one frontend keeps the other’s users from nothing', async () => {
    const { one, two, ...started } = await startTwoFrontends();
    pair = started;
    const statusAt = async (url: string) =>
      (await new HttpBrowser().navigate(`${url}/login`, { follow: false })).status;
    pair.hostile.lies.par = { ...pushLies['429 with Retry-After'], times: 1 };
    expect(await statusAt(one)).toBe(503);
    expect(await statusAt(one)).toBe(503);
    expect(await statusAt(two)).toBe(303);
  });
});
