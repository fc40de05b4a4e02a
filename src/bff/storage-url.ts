/** Where sessions are kept: what STORAGE_URL says. */
export type StorageUrl = { kind: 'embedded'; folder: string } | RedisUrl;

export interface Server {
  /** A name or an address, IPv6 without brackets. */
  host: string;
  port: number;
}

export interface Credentials {
  user: string;
  password: string;
}

export interface RedisUrl {
  kind: 'single' | 'sentinel' | 'cluster';
  tls: boolean;
  /** The server; the sentinels; or some of the cluster's nodes, which name the others. */
  servers: [Server, ...Server[]];
  credentials?: Credentials | undefined;
  database: number;
  /** What the sentinels call the primary. */
  name?: string | undefined;
  sentinelCredentials?: Credentials | undefined;
}

/** The URL read, or what is wrong with it as the rest of a sentence: that never repeats the URL, which may hold a password (S3). */
export function readStorageUrl(text: string): StorageUrl | string {
  try {
    return readEmbedded(text) ?? readRedis(text);
  } catch (problem) {
    return problem instanceof Problem ? problem.message : 'has a % that begins no percent-encoded character';
  }
}

class Problem extends Error {}

const FORMS =
  'must be file:./folder or file:/absolute/folder, or redis://host, redis+sentinel://host,host/name or redis+cluster://host,host (rediss… for TLS)';

/** Not `fileURLToPath`: it knows no relative paths. The two writings of an absolute one that it does know are read alike. */
function readEmbedded(text: string): StorageUrl | undefined {
  const path = /^file:(.*)$/is.exec(text)?.[1];
  if (path === undefined) return undefined;
  const folder = decodeURIComponent(path.replace(/^\/\/(localhost)?(?=\/)/i, ''));
  if (folder === '' || folder.startsWith('//') || /[?#\0]/.test(path)) throw new Problem(FORMS);
  return { kind: 'embedded', folder };
}

const REDIS = /^(rediss?)(?:\+(sentinel|cluster))?:\/\/(?:([^@]*)@)?([^@/?#]+)(?:\/([^?#]*))?(?:\?([^#]*))?$/i;

function readRedis(text: string): RedisUrl {
  const [, scheme, kind = 'single', user, hosts, path = '', query = ''] = REDIS.exec(text) ?? [];
  if (scheme === undefined || hosts === undefined) throw new Problem(FORMS);
  const tls = scheme.toLowerCase() === 'rediss';
  const credentials = user === undefined ? undefined : readUser(user);
  const common = { tls, credentials, database: 0 };
  const asked = new URLSearchParams(query);
  if (kind.toLowerCase() === 'sentinel') return { ...common, ...readSentinel(hosts, path, asked) };
  if (asked.size > 0) throw new Problem('may have parameters after a ? for sentinels only');
  if (kind.toLowerCase() === 'single') return { ...common, ...readSingle(hosts, path) };
  if (path !== '' && path !== '0') throw new Problem('may name no database: a cluster has only one');
  return { ...common, kind: 'cluster', servers: readServers(hosts, 6379) };
}

function readSingle(hosts: string, path: string): Pick<RedisUrl, 'kind' | 'servers' | 'database'> {
  const servers = readServers(hosts, 6379);
  if (servers.length > 1) throw new Problem('names several servers: write redis+sentinel:// or redis+cluster://');
  return { kind: 'single', servers, database: readDatabase(path) };
}

function readSentinel(hosts: string, path: string, asked: URLSearchParams) {
  const [name = '', database = ''] = path.split('/').map(decodeURIComponent);
  if (name === '' || path.split('/').length > 2)
    throw new Problem('must end with the name that the sentinels know the primary by: redis+sentinel://host,host/name');
  const { sentinel_user: user = 'default', sentinel_password: password, ...other } = Object.fromEntries(asked);
  if (Object.keys(other).length > 0 || (password === undefined && asked.size > 0))
    throw new Problem('may have sentinel_user with sentinel_password after its ?, and nothing else');
  return {
    kind: 'sentinel' as const,
    servers: readServers(hosts, 26_379),
    name,
    database: readDatabase(database),
    ...(password !== undefined && { sentinelCredentials: { user, password } }),
  };
}

function readUser(text: string): Credentials {
  const [user = '', password = '', ...more] = text.split(':');
  if (password === '') throw new Problem('must have user:password before its @, or :password for the default user');
  if (more.length > 0 || /[/?#]/.test(text))
    throw new Problem('must have the characters : / ? # @ of its password percent-encoded');
  return { user: decodeURIComponent(user) || 'default', password: decodeURIComponent(password) };
}

function readDatabase(text: string): number {
  if (!/^\d{0,5}$/.test(text)) throw new Problem('must have the number of its database after the /');
  return Number(text);
}

function readServers(text: string, standard: number): [Server, ...Server[]] {
  const [first = '', ...more] = text.split(',');
  return [readServer(first, standard), ...more.map(server => readServer(server, standard))];
}

function readServer(text: string, standard: number): Server {
  const [, address, name, port = standard] = /^(?:\[([\da-f:.]+)\]|([\w.-]+))(?::(\d{1,5}))?$/i.exec(text) ?? [];
  const host = address ?? name;
  if (host === undefined || Number(port) < 1 || Number(port) > 65_535)
    throw new Problem('must have a host, or host:port, for each server, with commas between them');
  return { host, port: Number(port) };
}
