import { KeyFileProblem } from './key-file.js';
import { CLIENT_ALGS, makeClientKey } from './private-jwks.js';
import { certificateAdvice, decryptionKeyAdvice, signingKeyAdvice } from './registration.js';
import { makeCertificate } from './self-signed-certificate.js';
import { makeSessionKey, writeSessionKeys } from './session-keys.js';

/** The command line, as it was typed. */
export interface KeyWishes {
  kind: string | undefined;
  rotate: boolean;
  file?: string | undefined;
  alg?: string | undefined;
  days?: string | undefined;
  name?: string | undefined;
  'cert-file'?: string | undefined;
  'key-file'?: string | undefined;
  'public-url'?: string | undefined;
}

const COMMANDS: Record<string, (wishes: KeyWishes) => Promise<string[]>> = { client, session, certificate };
const PUBLIC_URL = 'https://app.example.org';

/** Makes what was asked for; the lines to print. `undefined`: nothing that is known was. */
export async function createKeys(wishes: KeyWishes): Promise<string[] | undefined> {
  const { kind = '' } = wishes;
  return Object.hasOwn(COMMANDS, kind) ? COMMANDS[kind]?.(wishes) : undefined;
}

async function client({ file = 'client.jwks.json', alg = 'ES256', days, rotate, ...more }: KeyWishes) {
  if (!CLIENT_ALGS.includes(alg)) throw new KeyFileProblem(`--alg must be one of ${CLIENT_ALGS.join(', ')}`);
  const made = await makeClientKey(file, { alg, rotate, days: days === undefined ? undefined : daysOf(days) });
  const advice = made.use === 'sig' ? signingKeyAdvice : decryptionKeyAdvice;
  return advice(file, made, more['public-url'] ?? PUBLIC_URL);
}

async function session({ file, rotate }: KeyWishes) {
  if (file === undefined) {
    if (rotate) throw new KeyFileProblem('--rotate needs --file: the new key goes in front of those that it holds');
    return [`SESSION_KEYS=${makeSessionKey()}`];
  }
  writeSessionKeys(file, rotate);
  return [`${file}: for SESSION_KEYS_FILE. Its first key seals, all open: restart Parlour after a change.`];
}

async function certificate({ name = 'parlour', days = '365', rotate, ...more }: KeyWishes) {
  const { 'cert-file': certFile = 'client.pem', 'key-file': keyFile = 'client.key' } = more;
  const made = await makeCertificate({ certFile, keyFile, name, days: daysOf(days), rotate });
  return certificateAdvice({ certFile, keyFile }, made, more['public-url'] ?? PUBLIC_URL);
}

function daysOf(text: string): number {
  const days = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (days < 1) throw new KeyFileProblem('--days must be a whole number of days');
  return days;
}
