import { ApiCard } from '../cards/api-card.js';
import { LoginActions } from '../cards/login-actions.js';
import { Link } from '../router.js';
import type { PageProps } from './page.js';

/** Its state stands in the query (`?tab=2`), so that a login started here shows that all of it comes back. */
export function Orders(props: PageProps) {
  const { state } = props.session;
  const raw = props.query.get('tab') === '2';
  const person = state.status === 'authenticated' || state.status === 'ended';
  return (
    <section>
      <h1>Orders</h1>
      <nav className="tabs" aria-label="Views">
        <Link to="/orders?tab=1" current={!raw}>
          Table
        </Link>
        <Link to="/orders?tab=2" current={raw}>
          Answer as received
        </Link>
      </nav>
      {person ? (
        <ApiCard session={props.session} view={raw ? 'raw' : 'table'} />
      ) : (
        <div className="card">
          <h2>Orders are for customers</h2>
          <p>Log in, and you come back to exactly this page and view.</p>
          <LoginActions state={state} login={props.login} />
        </div>
      )}
    </section>
  );
}
