import type { Login } from '../login.js';
import type { SessionState } from '../session-state.js';

/** What a person can make something of. */
const REASONS: Record<string, string> = {
  logout: ': you logged out',
  backchannel_logout: ': you logged out at the login service',
  idle: ': you did nothing for a while',
  absolute: ': its time is over',
  refresh_token_rejected: ': the login service no longer renews it',
  revoked: ': you ended it in the list of your sessions',
};

/** The session goes on. */
const ACCESS_ONLY: Record<string, string> = {
  token_expired: 'Your access to the API has expired',
  step_up_required: 'This wants a fresh login',
};

function explanation(state: SessionState): string {
  return (state.status === 'ended' && state.reason !== undefined && REASONS[state.reason]) || '';
}

/** Says it without taking the page away: what the user has typed or is reading stays. */
export function ExpiredBanner(props: { state: SessionState; login: Login }) {
  const { state, login } = props;
  if (state.status !== 'ended' && state.status !== 'authenticated') return null;
  if (state.status === 'authenticated' && state.refusal === null) return null;
  const refused = state.status === 'authenticated' ? ACCESS_ONLY[state.refusal?.code ?? ''] : undefined;
  return (
    <div className="banner" role="alert" data-testid="expired-banner">
      <div className="bar">
        <span>{refused ?? `Your session has ended${explanation(state)}`} –</span>
        <button
          type="button"
          className="button-link"
          data-testid="login-again"
          disabled={login.busy}
          onClick={() => void login.logIn(state.refusal?.loginUrl)}
        >
          log in again
        </button>
      </div>
    </div>
  );
}
