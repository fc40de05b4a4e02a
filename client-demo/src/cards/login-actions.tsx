import { loginLink } from '../bff.js';
import type { Login } from '../login.js';
import { keepLoginTrace } from '../oauth-trace.js';
import { usePath } from '../router.js';
import type { SessionState } from '../session-state.js';

export function LoginActions(props: { state: SessionState; login: Login }) {
  const { state, login } = props;
  const { path } = usePath();
  if (state.status === 'unreachable')
    return <p className="notice notice-bad">{state.problem.detail ?? state.problem.title}</p>;
  if (state.status !== 'anonymous') return null;
  return (
    <div className="actions">
      <button
        type="button"
        className="button-main"
        data-testid="login"
        disabled={login.busy}
        onClick={() => void login.logIn()}
      >
        Log in
      </button>
      <a href={loginLink(path)} data-testid="login-link" onClick={() => keepLoginTrace({ by: 'link' })}>
        Log in by link
      </a>
    </div>
  );
}
