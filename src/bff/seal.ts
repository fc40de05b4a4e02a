import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  hkdfSync,
  type KeyObject,
  randomBytes,
} from 'node:crypto';
import { RecentlyUsed } from './recently-used.js';

export type SealPurpose = 'transaction' | 'state' | 'record' | 'logout';
export type KeyPurpose = SealPurpose | 'session signature' | 'storage key' | 'handle';

const VERSION = 1;
const KEY_ID = 4;
const SALT = 16;
const TAG = 16;
/** Characters of a text whose names are kept: of session ids and record keys. */
const LONGEST_KNOWN = 200;
const HEAD = 1 + KEY_ID + SALT;

/**
 * A frontend's key ring: the first key seals and signs, all of them open and verify. Every purpose has a key of its own (HKDF-SHA256, RFC 5869), and every
 * message one derived from a random salt, so that no nonce can ever repeat under a key (AES-GCM, NIST SP 800-38D §8).
 * Sealed: version (1 byte), key id (4), salt (16), ciphertext, tag (16).
 */
export class KeyRing {
  private readonly keys: Map<KeyPurpose, DerivedKey>[];
  /** Every request of a session asks for the same two. */
  private readonly known = new RecentlyUsed<readonly string[]>(8192);

  /**
   * @param keys base64url, 32 bytes or more each
   * @param frontend keys of one frontend open nothing of another
   */
  constructor(
    keys: string[],
    private readonly frontend: string,
    private readonly onUnknownKey: (purpose: SealPurpose) => void = () => {},
  ) {
    this.keys = keys.map(key => derivePurposes(Buffer.from(key, 'base64url'), frontend));
  }

  /** `place` says where the result belongs (a cookie's name, a record's key): it opens nowhere else. */
  seal(purpose: SealPurpose, plaintext: Uint8Array, place: string): Buffer {
    const { id, key } = this.key(purpose);
    const salt = randomBytes(SALT);
    const head = Buffer.concat([Buffer.of(VERSION), id, salt]);
    const message = messageKey(key, salt);
    const cipher = createCipheriv('aes-256-gcm', message.key, message.nonce);
    cipher.setAAD(this.associatedData(purpose, place));
    return Buffer.concat([head, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
  }

  /** `undefined` when it wasn't sealed for this purpose and place, was altered, or its key is unknown (which is reported). */
  open(purpose: SealPurpose, sealed: Uint8Array, place: string): Buffer | undefined {
    const bytes = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength);
    if (bytes.length < HEAD + TAG || bytes[0] !== VERSION) return undefined;
    const id = bytes.subarray(1, 1 + KEY_ID);
    const key = this.keys.map(ring => ring.get(purpose)).find(candidate => candidate?.id.equals(id));
    if (!key) {
      this.onUnknownKey(purpose);
      return undefined;
    }
    const message = messageKey(key.key, bytes.subarray(1 + KEY_ID, HEAD));
    const decipher = createDecipheriv('aes-256-gcm', message.key, message.nonce, { authTagLength: TAG });
    decipher.setAAD(this.associatedData(purpose, place));
    decipher.setAuthTag(bytes.subarray(-TAG));
    try {
      return Buffer.concat([decipher.update(bytes.subarray(HEAD, -TAG)), decipher.final()]);
    } catch {
      return undefined;
    }
  }

  /** HMAC-SHA256 under the first key, base64url. */
  mac(purpose: KeyPurpose, text: string): string {
    return this.macs(purpose, text)[0] ?? hmac(this.key(purpose).key, text);
  }

  /** The same under every key, the first first: a value made before a rotation is still found. */
  macs(purpose: KeyPurpose, text: string): readonly string[] {
    const name = `${purpose} ${text}`;
    const known = this.known.get(name);
    if (known) return known;
    const macs = this.keys.flatMap(ring => ring.get(purpose) ?? []).map(({ key }) => hmac(key, text));
    // what somebody makes up may be of any length
    if (text.length <= LONGEST_KNOWN) this.known.keep(name, macs);
    return macs;
  }

  /** The purpose's keys themselves, the first first. */
  secrets(purpose: KeyPurpose): Buffer[] {
    return this.keys.flatMap(ring => ring.get(purpose)?.key.export() ?? []);
  }

  private key(purpose: KeyPurpose): DerivedKey {
    const key = this.keys[0]?.get(purpose);
    if (!key) throw new Error('a key ring needs a key');
    return key;
  }

  private associatedData(purpose: SealPurpose, place: string): Buffer {
    return Buffer.from(JSON.stringify([purpose, this.frontend, place]));
  }
}

/** As key objects: of mere bytes Node makes one for each use, which takes longer than the use. */
interface DerivedKey {
  id: Buffer;
  key: KeyObject;
}

const PURPOSES: KeyPurpose[] = [
  'transaction',
  'state',
  'record',
  'logout',
  'session signature',
  'storage key',
  'handle',
];

function derivePurposes(master: Buffer, frontend: string): Map<KeyPurpose, DerivedKey> {
  return new Map(
    PURPOSES.map(purpose => {
      const bytes = Buffer.from(
        hkdfSync('sha256', master, '', JSON.stringify(['parlour', frontend, purpose]), 32 + KEY_ID),
      );
      return [purpose, { key: createSecretKey(bytes.subarray(0, 32)), id: bytes.subarray(32) }];
    }),
  );
}

function messageKey(key: KeyObject, salt: Uint8Array): { key: KeyObject; nonce: Buffer } {
  const bytes = Buffer.from(hkdfSync('sha256', key, salt, 'message', 32 + 12));
  return { key: createSecretKey(bytes.subarray(0, 32)), nonce: bytes.subarray(32) };
}

function hmac(key: KeyObject, text: string): string {
  return createHmac('sha256', key).update(text).digest('base64url');
}
