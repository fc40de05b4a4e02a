import type { Login } from './login.js';
import { Link } from './router.js';
import type { SessionView } from './session.js';
import { type SessionState, displayName } from './session-state.js';

const STATUS: Record<SessionState['status'], string> = {
  checking: 'Checking…',
  anonymous: 'Logged out',
  unreachable: 'BFF not reachable',
  authenticated: 'Logged in',
  ended: 'Ended',
};

export function Header(props: { session: SessionView; login: Login; pathname: string }) {
  const { session, login, pathname } = props;
  const { state } = session;
  const { status } = state;
  return (
    <header>
      <div className="bar">
        <span className="brand">Parlour demo</span>
        <nav aria-label="Pages">
          <Link to="/" current={pathname === '/'}>
            Home
          </Link>
          <Link to="/orders" current={pathname === '/orders'}>
            Orders
          </Link>
          <Link to="/your-sessions" current={pathname === '/your-sessions'}>
            Sessions
          </Link>
          <Link to="/about" current={pathname === '/about'}>
            About
          </Link>
        </nav>
        {(state.status === 'authenticated' || state.status === 'ended') && (
          <span className="who" data-testid="user-name">
            {displayName(state.user)}
          </span>
        )}
        <span className={`badge badge-${status}`} role="status" data-testid="session-state" data-state={status}>
          {STATUS[status]}
        </span>
        {status === 'authenticated' && (
          <button type="button" data-testid="logout" disabled={login.busy} onClick={() => void login.logOut()}>
            Log out
          </button>
        )}
      </div>
    </header>
  );
}
