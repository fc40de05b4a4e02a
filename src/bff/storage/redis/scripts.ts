import { createHash } from 'node:crypto';

/** Lua, where two commands would leave a gap between them. The servers keep it by its SHA-1 once it has run. */
export interface Script {
  text: string;
  sha: string;
}

const script = (text: string): Script => ({ text, sha: createHash('sha1').update(text).digest('hex') });

/** KEYS: the record. ARGV: the version, what to store, its lifetime. 1: it was replaced. */
export const COMPARE_AND_SWAP = script(`
if redis.call('GETRANGE', KEYS[1], 0, #ARGV[1] - 1) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1`);

/** KEYS: the set. ARGV: the member, its lifetime. Scores are when members end, by the server's clock; the key ends with the last of them. */
export const ADD_TO_SET = script(`
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1])
local last = redis.call('ZRANGE', KEYS[1], -1, -1, 'WITHSCORES')
redis.call('PEXPIREAT', KEYS[1], string.format('%.0f', last[2]))
return 1`);
