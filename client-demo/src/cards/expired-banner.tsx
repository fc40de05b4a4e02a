import type { Login } from '../login.js';
import type { SessionState } from '../session.js';

/** Says it without taking the page away: what the user has typed or is reading stays. */
export function ExpiredBanner(props: { state: SessionState; login: Login }) {
  const { state, login } = props;
  if (state.status !== 'ended' && state.status !== 'authenticated') return null;
  if (state.status === 'authenticated' && state.refusal === null) return null;
  const accessOnly = state.status === 'authenticated' && state.refusal?.code === 'token_expired';
  return (
    <div className="banner" role="alert" data-testid="expired-banner">
      <div className="bar">
        <span>{accessOnly ? 'Your access to the API has expired' : 'Your session has ended'} –</span>
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
