import type { Frontend } from '../frontend.js';
import { codeVerifierOf } from '../oauth-client/dpop-key.js';
import { sessionKey } from '../session/session-record.js';
import { type CookieContent, isDone, type LoginTransaction } from './login-transaction.js';

const DONE = 1;
const RETRIED = 2;
const REPLACES = 4;
const SUBJECT = 8;
const DPOP = 16;

/** Bytes of each field: seconds since the epoch; the base64url texts as what they encode. */
const EXPIRY = 4;
const VERIFIER = 32;
const NONCE = 16;
const KEY = 32;
const HASH = 12;
const ASKED_LENGTH = 2;

/**
 * What a transaction cookie seals: flags, expiry, verifier (or the seed that it's derived from, which is as long), nonce, the replaced session's key,
 * the subject's hash, what was asked for, `return_to`. In bytes, so that the cookie stays within 800 characters with any `return_to` of 512.
 */
export function pack(content: CookieContent, frontend: Frontend): Buffer {
  const expiry = Buffer.alloc(EXPIRY);
  expiry.writeUInt32BE(content.expiresAt / 1000);
  if (isDone(content)) return Buffer.concat([Buffer.of(DONE), expiry, dense(content.returnTo)]);
  const { codeVerifier, dpopSeed, nonce, replaces, subject, retried, asked, returnTo } = content;
  const flags = (retried ? RETRIED : 0) | (replaces ? REPLACES : 0) | (subject ? SUBJECT : 0) | (dpopSeed ? DPOP : 0);
  return Buffer.concat([
    Buffer.of(flags),
    expiry,
    Buffer.from(dpopSeed ?? codeVerifier, 'base64url'),
    Buffer.from(nonce, 'base64url'),
    // `{frontend:mac}`, of which the frontend is known where the cookie opens
    Buffer.from(replaces?.slice(frontend.name.length + 2, -1) ?? '', 'base64url'),
    Buffer.from(subject ?? '', 'base64url'),
    packAsked(asked),
    dense(returnTo),
  ]);
}

/** The seal vouches that `pack` wrote it. */
export function unpack(packed: Buffer, frontend: Frontend): CookieContent {
  let at = 0;
  const next = (length: number) => packed.subarray(at, (at += length));
  const flags = next(1).readUInt8();
  const expiresAt = next(EXPIRY).readUInt32BE() * 1000;
  if (flags & DONE) return { done: true, expiresAt, returnTo: undense(packed.subarray(at)) };
  const transaction: Omit<LoginTransaction, 'asked' | 'returnTo'> = {
    expiresAt,
    ...verifierOf(next(VERIFIER).toString('base64url'), flags),
    nonce: next(NONCE).toString('base64url'),
    ...(flags & REPLACES && { replaces: sessionKey(frontend, next(KEY).toString('base64url')) }),
    ...(flags & SUBJECT && { subject: next(HASH).toString('base64url') }),
    ...(flags & RETRIED && { retried: true }),
  };
  const asked = unpackAsked(next(next(ASKED_LENGTH).readUInt16BE()));
  return { ...transaction, asked, returnTo: undense(packed.subarray(at)) };
}

function verifierOf(stored: string, flags: number): Pick<LoginTransaction, 'codeVerifier' | 'dpopSeed'> {
  return flags & DPOP ? { codeVerifier: codeVerifierOf(stored), dpopSeed: stored } : { codeVerifier: stored };
}

/** Two bytes of length, then JSON. */
function packAsked(asked: LoginTransaction['asked']): Buffer {
  const json = Buffer.from(Object.keys(asked).length === 0 ? '' : JSON.stringify(asked));
  const length = Buffer.alloc(ASKED_LENGTH);
  length.writeUInt16BE(json.length);
  return Buffer.concat([length, json]);
}

function unpackAsked(json: Buffer): LoginTransaction['asked'] {
  return json.length === 0 ? {} : (JSON.parse(json.toString()) as LoginTransaction['asked']);
}

/** The characters of a URL that the URL parser has written: the others it escapes (WHATWG URL §1.3). */
const ALPHABET = Array.from({ length: 94 }, (_, index) => String.fromCharCode(0x21 + index)).filter(
  character => !'"<>'.includes(character),
);
const BASE = BigInt(ALPHABET.length);
const DIGITS = new Map(ALPHABET.map((character, index) => [character, BigInt(index)]));

/** The URL as one number: six and a half bits a character, where base64 of a base64 would take eleven. The leading 1 keeps leading zeros. */
function dense(url: string): Buffer {
  let number = 1n;
  for (const character of url) number = number * BASE + (DIGITS.get(character) ?? 0n);
  const hex = number.toString(16);
  return Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
}

function undense(bytes: Buffer): string {
  const characters: string[] = [];
  for (let number = BigInt(`0x${bytes.toString('hex')}`); number > 1n; number /= BASE) {
    characters.push(ALPHABET[Number(number % BASE)] ?? '');
  }
  return characters.toReversed().join('');
}
