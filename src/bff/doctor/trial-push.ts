import type { Frontend } from '../frontend.js';
import { authorizationRequest } from '../login/authorization-request.js';
import { tokenBinding } from '../login/token-binding.js';
import { type AuthorizationServerFailure, failureOf } from '../oauth-client/failure.js';
import { redact } from '../redact.js';
import { failure, type Finding, fine, warning } from './finding.js';

const ADVICE: Record<AuthorizationServerFailure['outcome'], string> = {
  unavailable: 'the server can’t be reached or is in trouble; logins answer 503 until it’s back',
  invalid_client:
    'the server doesn’t accept the client’s credentials: compare CLIENT_ID, CLIENT_AUTH_METHOD and the credential with what is registered',
  invalid_grant: 'the server refuses the request',
  refused: 'the server refuses the request: compare redirect URI, scope and further parameters with what is registered',
  misconfigured: 'what the server says breaks the standard, or lacks what the options need',
};

/** One authorization request, made and pushed as for a login (RFC 9126 §2); nobody is sent anywhere with what comes back. */
export async function trialPush(frontend: Frontend): Promise<Pick<Finding, 'offered' | 'verdict' | 'why'>> {
  const { parameters, transaction } = authorizationRequest(frontend, { returnTo: '/', parameters: {} }, undefined);
  try {
    const { par, expiresIn } = await frontend.client.authorizationRequest(
      parameters,
      tokenBinding(frontend, transaction),
    );
    if (par !== 'pushed')
      return { offered: '', ...warning('nothing was pushed: the options or the server don’t want it') };
    return { offered: `a request_uri for ${expiresIn} s`, ...fine };
  } catch (error) {
    const { outcome, status, error: code, errorDescription, message } = failureOf(error);
    const said = [code, errorDescription].filter(text => text !== undefined).join(': ') || message;
    const at = status === undefined ? '' : `${status} `;
    return { offered: redact(`${at}${said}`), ...failure(ADVICE[outcome]) };
  }
}
