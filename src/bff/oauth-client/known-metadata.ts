import { type AuthorizationServer, type Client, clockTolerance } from 'oauth4webapi';
import type { Configuration } from 'openid-client';
import { CLOCK_SKEW } from './metadata.js';

interface KnownMetadata {
  server: Readonly<AuthorizationServer>;
  client: Readonly<Client>;
}

const known = new WeakMap<Configuration, KnownMetadata>();

/** openid-client copies both whole for whoever asks; and oauth4webapi caches the server's keys for the object that it's given. */
export function metadataOf(configuration: Configuration): KnownMetadata {
  const metadata = known.get(configuration) ?? {
    server: configuration.serverMetadata(),
    client: { ...configuration.clientMetadata(), [clockTolerance]: CLOCK_SKEW },
  };
  known.set(configuration, metadata);
  return metadata;
}
