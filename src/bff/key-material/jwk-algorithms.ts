import type { webcrypto } from 'node:crypto';

type Algorithm = Parameters<webcrypto.SubtleCrypto['importKey']>[2];

/** What a JWK's `alg` (RFC 7518 §3.1, §4.1; RFC 9864) needs of the key, and how Web Crypto calls it. */
export interface JwkAlgorithm {
  use: 'sig' | 'enc';
  kty: 'EC' | 'RSA' | 'OKP';
  /** Curves that it goes with. */
  crv?: string[];
  algorithm: Algorithm;
  usages: webcrypto.KeyUsage[];
}

const ecdh: JwkAlgorithm = {
  use: 'enc',
  kty: 'EC',
  crv: ['P-256'],
  algorithm: { name: 'ECDH', namedCurve: 'P-256' },
  usages: ['deriveBits'],
};
const x25519: JwkAlgorithm = {
  ...ecdh,
  kty: 'OKP',
  crv: ['X25519'],
  algorithm: { name: 'X25519' },
};
const rsaOaep = (hash: string): JwkAlgorithm => ({
  use: 'enc',
  kty: 'RSA',
  algorithm: { name: 'RSA-OAEP', hash },
  usages: ['decrypt', 'unwrapKey'],
});
const ECDH = ['ECDH-ES', 'ECDH-ES+A128KW', 'ECDH-ES+A192KW', 'ECDH-ES+A256KW'];

/** Signatures: those that FAPI 2.0 allows (§5.4.1). Decryption: those that openid-client knows. */
const ALGORITHMS: [string, JwkAlgorithm][] = [
  [
    'ES256',
    {
      use: 'sig',
      kty: 'EC',
      crv: ['P-256'],
      algorithm: { name: 'ECDSA', namedCurve: 'P-256' },
      usages: ['sign'],
    },
  ],
  ['PS256', { use: 'sig', kty: 'RSA', algorithm: { name: 'RSA-PSS', hash: 'SHA-256' }, usages: ['sign'] }],
  ['Ed25519', { use: 'sig', kty: 'OKP', crv: ['Ed25519'], algorithm: { name: 'Ed25519' }, usages: ['sign'] }],
  ...ECDH.flatMap((alg): [string, JwkAlgorithm][] => [
    [alg, ecdh],
    [alg, x25519],
  ]),
  ['RSA-OAEP', rsaOaep('SHA-1')],
  ['RSA-OAEP-256', rsaOaep('SHA-256')],
  ['RSA-OAEP-384', rsaOaep('SHA-384')],
  ['RSA-OAEP-512', rsaOaep('SHA-512')],
];

export const SIGNING_ALGS = ALGORITHMS.filter(([, { use }]) => use === 'sig').map(([alg]) => alg);
const DECRYPTION_ALGS = [...new Set(ALGORITHMS.filter(([, { use }]) => use === 'enc').map(([alg]) => alg))];

/** The entry that fits, or what is wrong. */
export function algorithmOf(alg: string, kty: string, crv: string | undefined): JwkAlgorithm | string {
  const known = ALGORITHMS.filter(([name]) => name === alg).map(([, algorithm]) => algorithm);
  if (known.length === 0) {
    return `must have an alg of ${SIGNING_ALGS.join(', ')} to sign, or of ${DECRYPTION_ALGS.join(', ')} to decrypt`;
  }
  const fitting = known.find(one => one.kty === kty && (one.crv === undefined || one.crv.includes(crv ?? '')));
  return fitting ?? 'has a kty or crv that its alg doesn’t go with';
}
