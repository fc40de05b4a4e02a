import { describe, expect, it } from '@jest/globals';
import { readStorageUrl } from '../src/bff/storage-url.js';

const single = { kind: 'single', tls: false, servers: [{ host: 'localhost', port: 6379 }], database: 0 };

describe('a storage URL', () => {
  it.each<[string, object]>([
    ['file:./data', { kind: 'embedded', folder: './data' }],
    ['file:///var/lib/my%20app', { kind: 'embedded', folder: '/var/lib/my app' }],
    ['file://localhost/var/lib/app', { kind: 'embedded', folder: '/var/lib/app' }],
    ['redis://localhost', single],
    ['redis://localhost:6380/3', { ...single, servers: [{ host: 'localhost', port: 6380 }], database: 3 }],
    ['REDISS://localhost/', { ...single, tls: true }],
    ['redis://app:s%40c%3Aret@localhost', { ...single, credentials: { user: 'app', password: 's@c:ret' } }],
    ['redis://:secret@localhost', { ...single, credentials: { user: 'default', password: 'secret' } }],
    ['redis://[::1]:7000', { ...single, servers: [{ host: '::1', port: 7000 }] }],
    [
      'rediss+cluster://app:secret@a:7001,b',
      {
        kind: 'cluster',
        tls: true,
        database: 0,
        credentials: { user: 'app', password: 'secret' },
        servers: [
          { host: 'a', port: 7001 },
          { host: 'b', port: 6379 },
        ],
      },
    ],
    [
      'redis+sentinel://s1,s2:26380/main/2?sentinel_user=watch&sentinel_password=p%26w',
      {
        kind: 'sentinel',
        tls: false,
        database: 2,
        name: 'main',
        sentinelCredentials: { user: 'watch', password: 'p&w' },
        servers: [
          { host: 's1', port: 26_379 },
          { host: 's2', port: 26_380 },
        ],
      },
    ],
    ['redis+sentinel://s1/main?sentinel_password=pw', { sentinelCredentials: { user: 'default', password: 'pw' } }],
  ])('%s is read', (url, expected) => {
    expect(readStorageUrl(url)).toMatchObject(expected);
  });

  it.each([
    ['', 'must be file:'],
    ['redis:localhost', 'must be file:'],
    ['redis://', 'must be file:'],
    ['redis://user:top@secret@host', 'must be file:'],
    ['file:', 'must be file:'],
    ['file://host/data', 'must be file:'],
    ['file:/data?x=y', 'must be file:'],
    ['file:/data%', 'has a %'],
    ['redis://user@host', 'must have user:password before its @'],
    ['redis://user:@host', 'must have user:password before its @'],
    ['redis://user:top:secret@host', 'percent-encoded'],
    ['redis://user:top/secret@host', 'percent-encoded'],
    ['redis://user:top%secret@host', 'has a %'],
    ['redis://host:0', 'must have a host, or host:port'],
    ['redis://host:70000', 'must have a host, or host:port'],
    ['redis://ho st', 'must have a host, or host:port'],
    ['redis://host/main', 'must have the number of its database'],
    ['redis://a,b', 'names several servers'],
    ['redis://host?password=secret', 'for sentinels only'],
    ['redis+cluster://a,b/1', 'may name no database'],
    ['redis+cluster://a,,b', 'must have a host, or host:port'],
    ['redis+sentinel://a,b', 'must end with the name'],
    ['redis+sentinel://a/main/0/1', 'must end with the name'],
    ['redis+sentinel://a/main/x', 'must have the number of its database'],
    ['redis+sentinel://a/main?password=secret', 'may have sentinel_user'],
    ['redis+sentinel://a/main?sentinel_user=x', 'may have sentinel_user'],
  ])('S3: %s is refused, and what is said of it repeats no part of it', (url, problem) => {
    const said = readStorageUrl(url);
    expect(said).toContain(problem);
    expect(said).not.toMatch(/secret|top/);
  });
});
