import { ApiCard } from '../cards/api-card.js';
import { LoginActions } from '../cards/login-actions.js';
import { Rooms } from '../cards/rooms.js';
import { SessionCard } from '../cards/session-card.js';
import type { PageProps } from './page.js';

export function Home(props: PageProps) {
  const { state } = props.session;
  if (state.status === 'authenticated' || state.status === 'ended') {
    return (
      <div className="columns">
        <SessionCard state={state} />
        <ApiCard session={props.session} view="table" />
      </div>
    );
  }
  return (
    <section className="hero">
      <h1>Logged in, and no token in the browser</h1>
      <p className="lead">
        This is a single-page app behind Parlour, a backend-for-frontend. The server pushes the authorization request,
        exchanges the code and keeps the tokens. All that this page gets is a cookie it cannot read.
      </p>
      <LoginActions state={state} login={props.login} />
      <Rooms />
    </section>
  );
}
