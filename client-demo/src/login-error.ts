const FAILED = 'The login did not work. Please try again.';

/** The BFF's closed list (docs/contract.md); the authorization server's own words never get here. */
const SENTENCES = new Map([
  ['access_denied', 'You were not let in: access was denied, or you cancelled the login.'],
  ['login_required', 'You are not logged in at the authorization server. Please log in.'],
  ['consent_required', 'The authorization server needs your consent first. Please log in to give it.'],
  ['interaction_required', 'The authorization server needs to ask you something first. Please log in.'],
  ['account_selection_required', 'Please log in and choose which account to use.'],
  ['temporarily_unavailable', 'The authorization server is busy at the moment. Please try again in a little while.'],
  ['different_user', 'Somebody else logged in than before, so the earlier session was ended. Please log in again.'],
  ['request_expired', 'The login took too long and has expired. Please start it again.'],
  ['login_failed', FAILED],
]);

/**
 * What to tell the user after a failed login, or `null`. Taken, not read: the code leaves the address bar, so that a
 * reload or a bookmark doesn't show an old mistake again.
 */
export function takeLoginError(): string | null {
  const url = new URL(location.href);
  const code = url.searchParams.get('login_error');
  if (code === null) return null;
  url.searchParams.delete('login_error');
  history.replaceState(history.state, '', url);
  return SENTENCES.get(code) ?? FAILED;
}
