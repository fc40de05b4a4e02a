import { Inject, Injectable } from '@nestjs/common';
import type { IncomingMessage } from 'node:http';
import { AUTHLETE_OPTIONS, type AuthleteOptions } from './authlete.options.js';
import { UnreadableCertificate } from './certificate-headers.js';
import { clientCertificateReader, type ClientCertificate } from './client-certificate.js';
import { readClientCredentials } from './client-credentials.js';
import { EndpointError, invalidRequest } from './endpoint-error.js';
import { AuthleteEvents } from './events.js';
import { readForm } from './form-body.js';

/** What a client sent to an endpoint of its own, in the words of Authlete's APIs. */
export interface ClientRequest {
  /** `parameters`, `clientId`, `clientSecret`, `clientCertificate`, `clientCertificatePath`, `oauthClientAttestation`, `…Pop`. */
  fields: Record<string, string | string[]>;
  /** The client used `Authorization`, so a 401 has a challenge. */
  context: { authorization: boolean };
}

/** Reads requests that clients make themselves. Whatever it refuses goes no further. */
@Injectable()
export class ClientRequests {
  private readonly readCertificate: (request: IncomingMessage) => ClientCertificate;

  constructor(
    @Inject(AUTHLETE_OPTIONS) private readonly options: AuthleteOptions,
    @Inject(AuthleteEvents) private readonly events: AuthleteEvents,
  ) {
    this.readCertificate = clientCertificateReader(options);
  }

  async read(request: IncomingMessage): Promise<ClientRequest> {
    const credentials = readClientCredentials(request);
    const head = { ...credentials, ...this.certificate(request), ...this.attestation(request) };
    const fields = { ...head, parameters: await readForm(request, this.options.bodyLimit) };
    return { fields, context: { authorization: credentials !== undefined } };
  }

  /** RFC 9440: a client that did present one may not pass for one that didn't, so what can't be read ends the request. */
  certificate(request: IncomingMessage): ClientCertificate {
    try {
      return this.readCertificate(request);
    } catch (error) {
      if (!(error instanceof UnreadableCertificate)) throw error;
      this.events.record({ event: 'client_certificate_refused', level: 'warn', reason: error.message });
      throw invalidRequest('The client certificate could not be read.');
    }
  }

  /** OAuth 2.0 Attestation-Based Client Authentication §5; API v3 alone takes it. */
  private attestation(request: IncomingMessage) {
    if (this.options.api.serviceId === undefined) return {};
    const [attestation, pop] = ['oauth-client-attestation', 'oauth-client-attestation-pop'].map(name =>
      once(request, name),
    );
    return {
      ...(attestation !== undefined && { oauthClientAttestation: attestation }),
      ...(pop !== undefined && { oauthClientAttestationPop: pop }),
    };
  }
}

export const ONE_PROOF = 'There must be exactly one DPoP proof.';

/**
 * RFC 9449 §4.3: exactly one proof. `htu` is left out, so that Authlete compares with the endpoint's configured address: one that is put together
 * from a request is wrong behind proxies.
 */
export function dpopOf(
  { method = '', headersDistinct }: IncomingMessage,
  refused = invalidProof,
): { dpop?: string; htm?: string } {
  const [proof, ...more] = headersDistinct['dpop'] ?? [];
  if (proof === undefined) return {};
  if (proof === '' || more.length > 0) {
    throw refused();
  }
  return { dpop: proof, htm: method };
}

const invalidProof = () => new EndpointError(400, 'invalid_dpop_proof', ONE_PROOF);

function once({ headersDistinct }: IncomingMessage, name: string): string | undefined {
  const [value, ...more] = headersDistinct[name] ?? [];
  if (more.length > 0) throw invalidRequest(`The header ${name} stands there more than once.`);
  return value;
}
