import { readFileSync } from 'node:fs';

const page = readFileSync('docs/deployment.md', 'utf8');
const [, ofServers = ''] = /```acl\n(user parlour .*)\n```/.exec(page) ?? [];
const [, inCluster = ''] = /In a cluster it also needs `([^`]+)`/.exec(page) ?? [];
const [, withDatabase = ''] = /with a database behind the slash `([^`]+)`/.exec(page) ?? [];
const [, ofSentinels = ''] = /The user for the sentinels.* needs `([^`]+)`/.exec(page) ?? [];

/** The users that docs/deployment.md tells operators to make, as redis.conf has them. */
export const USERS = {
  server: ofServers,
  database: `${ofServers} ${withDatabase}`,
  cluster: `${ofServers} ${inCluster}`,
  sentinel: `user watcher on >password -@all ${ofSentinels}`,
};

/** The contract of storages tries keys that Parlour has none of. */
export const ANY_KEY = 'allkeys';

/** What stands before the host in a storage URL. */
export const AS_USER = 'parlour:password@';
export const AS_SENTINEL_USER = 'sentinel_user=watcher&sentinel_password=password';
