import { text } from './rules.js';

const KEY_BYTES = 32;

/** A key of the ring. Whatever random bytes practically never are is refused: text, few different bytes, steps, repeated words. */
export const sealingKey = text(value => {
  const bytes = Buffer.from(value, 'base64url');
  if (bytes.toString('base64url') !== value) return 'must be base64url without padding';
  if (bytes.length < KEY_BYTES) return `must be ${KEY_BYTES} bytes or more`;
  return looksRandom(value, bytes) ? undefined : 'is weak: it must be random bytes';
});

/** Of 32 random bytes about 30 differ, as do their steps and about 31 of the 43 characters; fewer than these never come by chance. */
function looksRandom(encoded: string, bytes: Buffer): boolean {
  const steps = bytes.subarray(1).map((byte, index) => byte - (bytes[index] ?? 0));
  const isText = bytes.every(byte => byte >= 0x20 && byte < 0x7f);
  return !isText && distinct(bytes) >= 8 && distinct(steps) >= 8 && distinct(encoded) >= 16;
}

function distinct(values: Iterable<unknown>): number {
  return new Set(values).size;
}

/** What people put where a secret belongs. A text that is hardly more than these is refused. */
const PLACEHOLDERS =
  /change-?me|secret|client|password|passw0rd|default|example|sample|test|demo|admin|parlour|replace|insert|your|my|super|here|todo|qwerty|letmein|0?123456789|012345678|12345678|[^a-z0-9]/g;

/** A client secret is made of VSCHAR (RFC 6749 appendix A.2) and must resist guessing (§10.10). */
export const clientSecret = text(value => {
  if (value === '') return 'is missing';
  if (!/^[\x20-\x7e]*$/.test(value)) return 'may hold printable ASCII characters only (RFC 6749 appendix A.2)';
  if (value.length < 16) return 'is weak: it must have 16 characters or more';
  if (distinct(value) < 5) return 'is weak: it has too few different characters';
  if (value.toLowerCase().replaceAll(PLACEHOLDERS, '').length < 5) return 'is weak: it is a placeholder';
  return undefined;
});
