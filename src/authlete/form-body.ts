import type { IncomingMessage } from 'node:http';
import { invalidRequest } from './endpoint-error.js';

const FORM = 'application/x-www-form-urlencoded';

/** RFC 8707 §2 and RFC 8693 §2.1 let these stand more than once; RFC 6749 §3.1 and §3.2 no other. */
const REPEATABLE = new Set(['resource', 'audience']);

/** The body's text exactly as it came, since a signature or a comparison may depend on it; only its outer form is checked. */
export async function readForm(request: IncomingMessage, limit: number): Promise<string> {
  checkType(request);
  const form = textOf(await readBytes(request, limit));
  refuseRepetition(form);
  return form;
}

/** Authlete sees the parameters as a text: one that stands there twice would be read by whoever reads it as they like. */
export function refuseRepetition(form: string): void {
  const names = [...new URLSearchParams(form).keys()].filter(name => !REPEATABLE.has(name));
  if (new Set(names).size < names.length) throw invalidRequest('A parameter stands there more than once.');
}

/** Without a body there's no form either: for the endpoint whose token may stand in a header. */
export function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

function checkType({ headersDistinct }: IncomingMessage): void {
  const [type = '', ...more] = headersDistinct['content-type'] ?? [];
  const [name = ''] = type.split(';', 1);
  if (more.length > 0 || name.trim().toLowerCase() !== FORM) throw invalidRequest(`The body must be ${FORM}.`, 415);
  if (headersDistinct['content-encoding'] !== undefined) throw invalidRequest('The body may not be compressed.', 415);
}

async function readBytes(request: IncomingMessage, limit: number): Promise<Buffer> {
  const tooLarge = invalidRequest(`The body may have ${limit} bytes.`, 413);
  if (Number(request.headers['content-length'] ?? 0) > limit) throw tooLarge;
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of chunksOf(request)) {
    length += chunk.length;
    if (length > limit) throw tooLarge;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Whoever leaves the loop early doesn't cut the connection: the answer is still to go. */
async function* chunksOf(request: IncomingMessage): AsyncGenerator<Buffer> {
  try {
    // bytes, as nobody has set an encoding
    yield* request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>;
  } catch {
    throw invalidRequest('The body broke off.');
  }
}

/** A form is ASCII, in truth; what isn't even UTF-8 couldn't go on as it came. */
function textOf(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw invalidRequest('The body is not UTF-8.');
  }
}
