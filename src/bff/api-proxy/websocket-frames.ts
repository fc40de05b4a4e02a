/** https://www.rfc-editor.org/rfc/rfc6455#section-5.5.1 */
const CLOSE = 0x8;
const FINAL = 0x80;
const MASKED = 0x80;

/** Where the frames of one direction begin and end, by their heads alone (RFC 6455 §5.2): what is in them is no business of ours. */
export class Frames {
  /** Of the frame whose head is being read. */
  private head: number[] = [];
  /** Bytes of the current frame that are still to come, its mask's among them. */
  private left = 0;
  private opcode = 0;

  read(chunk: Buffer): void {
    for (let at = 0; at < chunk.length;) {
      const skipped = Math.min(this.left, chunk.length - at);
      this.left -= skipped;
      at += skipped;
      if (at < chunk.length) this.readHead(chunk.readUInt8(at++));
    }
  }

  /** A Close frame may come here: between two frames (§5.4), and not after another one (§5.5.1). */
  get mayClose(): boolean {
    return this.left === 0 && this.head.length === 0 && this.opcode !== CLOSE;
  }

  private readHead(byte: number): void {
    this.head.push(byte);
    const rest = restOf(this.head);
    if (rest === undefined) return;
    this.opcode = (this.head[0] ?? 0) & 0x0f;
    this.left = rest;
    this.head = [];
  }
}

/** Bytes that come after the head, with the mask; `undefined` until the head has said how many. */
function restOf([, second, ...length]: number[]): number | undefined {
  if (second === undefined) return undefined;
  const mask = second & MASKED ? 4 : 0;
  const short = second & 0x7f;
  const digits = short === 127 ? 8 : short === 126 ? 2 : 0;
  if (length.length < digits) return undefined;
  return mask + (digits === 0 ? short : length.reduce((sum, byte) => sum * 256 + byte, 0));
}

/** `mask`: four bytes, from a client to a server and only there (§5.3). */
export function closeFrame(code: number, reason: string, mask?: Buffer): Buffer {
  const payload = Buffer.concat([Buffer.from([code >> 8, code & 0xff]), Buffer.from(reason)]);
  if (!mask) return Buffer.concat([Buffer.from([FINAL | CLOSE, payload.length]), payload]);
  const masked = payload.map((byte, index) => byte ^ (mask[index % 4] ?? 0));
  return Buffer.concat([Buffer.from([FINAL | CLOSE, MASKED | payload.length]), mask, masked]);
}
