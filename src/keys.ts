#!/usr/bin/env node
import { parseArgs } from 'node:util';
import { createKeys, type KeyWishes } from './keys/commands.js';
import { KeyFileProblem } from './keys/key-file.js';
import { say } from './process.js';

const HELP = `Makes keys for Parlour, and says what to register where. Files are written for their owner alone, and none is overwritten.

  npm run keys -- client       a client key for private_key_jwt and request objects
      --file client.jwks.json  --alg ES256 (PS256, Ed25519; ECDH-ES, RSA-OAEP-256 to decrypt)
      --days 365               when it ends; without it, never
      --rotate                 puts a new key first and keeps the old ones
  npm run keys -- session      a key of the key ring: prints SESSION_KEYS=…
      --file session.keys      writes the file for SESSION_KEYS_FILE instead; --rotate puts a new key first
  npm run keys -- certificate  a self-signed client certificate (self_signed_tls_client_auth)
      --cert-file client.pem   --key-file client.key  --name parlour  --days 365
      --rotate                 replaces both files
  --public-url https://app.example.org  stands in what is printed for registration
`;

const TEXT = { type: 'string' } as const;

function wishes(): KeyWishes {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: {
      file: TEXT,
      alg: TEXT,
      days: TEXT,
      name: TEXT,
      'cert-file': TEXT,
      'key-file': TEXT,
      'public-url': TEXT,
      rotate: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  return { ...values, kind: values.help ? undefined : positionals[0] };
}

try {
  const wanted = wishes();
  const made = await createKeys(wanted);
  say(made?.join('\n') ?? HELP.trimEnd());
  process.exitCode = made === undefined && wanted.kind !== undefined ? 2 : 0;
} catch (error) {
  const known = error instanceof KeyFileProblem || error instanceof TypeError;
  say(known ? error.message : String(error), process.stderr);
  process.exitCode = 1;
}
