import { type ApiResult, useApiCall } from '../api-call.js';
import type { Problem } from '../bff.js';
import type { SessionView } from '../session.js';
import { OrdersTable } from './orders-table.js';
import { ProblemNotice } from './problem-notice.js';

const NEW_ORDER: RequestInit = {
  method: 'POST',
  headers: { 'Content-Type': 'application/json' },
  body: JSON.stringify({ name: 'Tea for two' }),
};

export function ApiCard(props: { session: SessionView; view: 'table' | 'raw' }) {
  const { result, busy, call } = useApiCall(props.session);
  return (
    <section className="card" aria-busy={busy}>
      <h2>Call the API</h2>
      <p>Both calls go to this page’s own origin. The access token joins them on the server.</p>
      <div className="actions">
        <button type="button" data-testid="call-orders" disabled={busy} onClick={() => void call('/orders')}>
          Show my orders
        </button>
        <button type="button" data-testid="call-card" disabled={busy} onClick={() => void call('/card')}>
          Show my card
        </button>
        <button
          type="button"
          data-testid="call-refused"
          disabled={busy}
          onClick={() => void call('/orders', NEW_ORDER)}
        >
          Place an order
        </button>
      </div>
      <div role="status">{result !== null && <Result result={result} view={props.view} />}</div>
    </section>
  );
}

function Result(props: { result: ApiResult; view: 'table' | 'raw' }) {
  const { result, view } = props;
  return (
    <div className="result" data-testid="api-result" data-ok={result.ok}>
      {!result.ok && <Refusal problem={result.problem} />}
      {result.ok && view === 'table' && <OrdersTable body={result.body} />}
      {result.ok && view === 'raw' && <pre>{JSON.stringify(result.body, null, 2)}</pre>}
    </div>
  );
}

function Refusal(props: { problem: Problem }) {
  return (
    <ProblemNotice problem={props.problem}>
      {props.problem.status === 403 && (
        <p className="quiet">
          The BFF is not the judge here: it forwarded the call with your access token, and the API refused it.
        </p>
      )}
    </ProblemNotice>
  );
}
