import { type LoginTrace, type Readable, lastLoginTrace, whatScriptsCanRead } from '../oauth-trace.js';

/** Reads at every render, so that it can't go stale while the page is being used. */
export function OauthPanel() {
  return (
    <section className="card oauth" data-testid="oauth-panel">
      <h2>All that this browser ever saw of OAuth</h2>
      <Trace trace={lastLoginTrace()} />
      <Tokens readable={whatScriptsCanRead()} />
    </section>
  );
}

function Trace(props: { trace: LoginTrace | null }) {
  const { trace } = props;
  if (trace === null) return <p>Nothing yet: no login was started in this tab.</p>;
  if (trace.by === 'link')
    return <p>The login was a plain link. The browser only followed a redirect; no script saw its URL.</p>;
  return <RedirectUrl url={new URL(trace.redirectUrl)} expiresIn={trace.expiresIn} />;
}

/** Shows every parameter there is, not the two that ought to be there. */
function RedirectUrl(props: { url: URL; expiresIn: number }) {
  const { url, expiresIn } = props;
  const parameters = [...url.searchParams];
  return (
    <>
      <p>
        One URL, good for one login within {expiresIn} seconds, with {parameters.length}{' '}
        {parameters.length === 1 ? 'parameter' : 'parameters'}:
      </p>
      <dl className="facts facts-code">
        <div>
          <dt>goes to</dt>
          <dd>
            <code>{url.origin + url.pathname}</code>
          </dd>
        </div>
        {parameters.map(([name, value]) => (
          <div key={name}>
            <dt>
              <code>{name}</code>
            </dt>
            <dd>
              <code>{value}</code>
            </dd>
          </div>
        ))}
      </dl>
    </>
  );
}

function Tokens(props: { readable: Readable }) {
  const { cookies, localStorage, sessionStorage, foreign } = props.readable;
  const seen = foreign === 0 ? 'none' : `none known, but ${foreign} entries below are not this app’s`;
  return (
    <>
      <p>
        <strong>tokens seen: {seen}</strong>
      </p>
      <dl className="facts facts-code">
        <Names of="cookies a script can read" names={cookies} />
        <Names of="localStorage" names={localStorage} />
        <Names of="sessionStorage" names={sessionStorage} />
      </dl>
    </>
  );
}

function Names(props: { of: string; names: string[] }) {
  return (
    <div>
      <dt>{props.of}</dt>
      <dd>{props.names.length === 0 ? 'empty' : <code>{props.names.join(', ')}</code>}</dd>
    </div>
  );
}
