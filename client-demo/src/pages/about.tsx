import { LoginActions } from '../cards/login-actions.js';
import { Rooms } from '../cards/rooms.js';
import type { PageProps } from './page.js';

const STEPS = [
  ['Push', 'The BFF sends the whole authorization request to the authorization server, with its own credentials.'],
  ['Redirect', 'The browser gets one URL. It names the client and a one-time reference to the request, nothing else.'],
  ['Callback', 'The browser brings a code that is useless without the secret and the verifier the BFF kept.'],
  ['Session', 'The BFF exchanges the code, keeps the tokens, and sets a cookie that scripts cannot read.'],
  ['API', 'The page calls /api on its own origin. The BFF attaches the access token and renews it in time.'],
] as const;

export function About(props: PageProps) {
  return (
    <section className="hero">
      <h1>What happens here</h1>
      <Rooms />
      <ol className="steps">
        {STEPS.map(([name, sentence]) => (
          <li key={name}>
            <strong>{name}.</strong> {sentence}
          </li>
        ))}
      </ol>
      <LoginActions state={props.session.state} login={props.login} />
    </section>
  );
}
