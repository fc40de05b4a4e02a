import { deflateRawSync, inflateRawSync } from 'node:zlib';

/** Bytes of a text that is stored as it is: to start zlib takes longer than all else that is done to it, and it would win little. */
const SHORT = 256;
/** What zlib needs for texts of a few kB: what it allocates by itself is ten times that, and cleared for each of them. */
const MODEST = { windowBits: 13, memLevel: 5, chunkSize: 4096 };

/** The first byte of a text that is one stored block, the last (RFC 1951 §3.2.3). */
const STORED = 1;
const HEAD = 5;

/** In the DEFLATE format (RFC 1951), whichever way: a release that knows no stored blocks reads them, too. */
export function deflated(text: string): Buffer {
  const bytes = Buffer.from(text);
  if (bytes.length > SHORT) return deflateRawSync(bytes, MODEST);
  // its length, and that with every bit turned (§3.2.4)
  const head = Buffer.of(STORED, 0, 0, 0, 0);
  head.writeUInt16LE(bytes.length, 1);
  head.writeUInt16LE(0xffff - bytes.length, 3);
  return Buffer.concat([head, bytes]);
}

/** What {@link deflated} wrote, in this release or another. */
export function inflated(bytes: Buffer): string {
  return (bytes[0] === STORED ? bytes.subarray(HEAD) : inflateRawSync(bytes)).toString();
}
