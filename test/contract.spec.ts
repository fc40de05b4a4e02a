import { describe, expect, it } from '@jest/globals';
import { LOGIN_PARAMETERS } from '../src/bff/bff.options.js';
import { API_PATH, ENDPOINTS } from '../src/bff/endpoints.js';
import { LOGIN_ERRORS, PROBLEMS, type Problem } from '../src/bff/errors.js';
import { type EndReason, EVENT_LEVELS, Events } from '../src/bff/events.js';
import { isTold } from '../src/bff/session/session-events.js';
import { codes, membersWithValues, tableUnder } from './support/contract.js';
import { eventMembers, valuesOfAlias } from './support/event-types.js';

describe('docs/contract.md, endpoints', () => {
  const rows = tableUnder('Endpoints').map(row => codes(row['endpoint'])[0] ?? '');

  it('names every endpoint with its method, the API, and what the management port has', () => {
    const ours = Object.entries(ENDPOINTS).flatMap(([path, methods]) =>
      methods.split(', ').map(method => `${method} ${path}`),
    );
    const expected = [
      ...ours,
      'POST /callback',
      `ANY ${API_PATH}/…`,
      'GET /health/live',
      'GET /health/ready',
      'GET /metrics',
    ];
    expect([...new Set(rows)].toSorted()).toEqual(expected.toSorted());
  });

  it('names what the browser may set at /login', () => {
    const names = tableUnder('What the browser may set at `/login`').flatMap(row => codes(row['parameter']));
    expect(names).toEqual(['return_to', ...LOGIN_PARAMETERS]);
  });
});

describe('docs/contract.md, errors', () => {
  it('has every problem code with its status, and whether the same request may be sent again', () => {
    const said = tableUnder('Errors').map(row => [codes(row['code'])[0], Number(row['status']), row['retry']]);
    const known = Object.entries<Problem>(PROBLEMS);
    expect(said).toEqual(
      known.map(([code, { status, retryAfter }]) => [code, status, retryAfter === undefined ? 'no' : 'yes']),
    );
  });

  it('has every login_error', () => {
    expect(tableUnder('`login_error`').flatMap(row => codes(row['login_error']))).toEqual([...LOGIN_ERRORS]);
  });
});

describe('docs/contract.md, session events', () => {
  it('has every reason that a stream gives', () => {
    const given = valuesOfAlias('EndReason').filter(reason => isTold(reason as EndReason));
    const said = tableUnder('Why a session ended').flatMap(row => codes(row['reason']));
    expect(said.toSorted()).toEqual([...given, 'idle', 'absolute'].toSorted());
  });
});

describe('docs/contract.md, events in the log', () => {
  const rows = tableUnder('Events in the log');

  it('has every event with its level', () => {
    const said = rows.map(row => [codes(row['event'])[0], row['level']]);
    // Nest calls it `log`, and the JSON log `info`
    expect(said).toEqual(
      Object.entries(EVENT_LEVELS).map(([event, level]) => [event, level === 'log' ? 'info' : level]),
    );
  });

  const everywhere = ['reference', 'frontend'];

  it.each(rows.map(row => [codes(row['event'])[0] ?? '', row['further members'] ?? '']))(
    '%s has the members that its type has',
    (event, cell) => {
      const members = [...(eventMembers().get(event)?.keys() ?? [])].filter(name => !everywhere.includes(name));
      expect([...membersWithValues(cell).keys()].toSorted()).toEqual(members.toSorted());
    },
  );

  it('names the values that a member may have', () => {
    const said = new Map(rows.map(row => [codes(row['event'])[0] ?? '', membersWithValues(row['further members'])]));
    expect(said.get('login_started')?.get('par')).toEqual(eventMembers().get('login_started')?.get('par'));
    expect(said.get('session_ended')?.get('reason')).toEqual(valuesOfAlias('EndReason'));
    // those that failed: the other two have events of their own
    expect(said.get('refresh_failed')?.get('outcome')).toEqual(
      valuesOfAlias('RefreshOutcome').filter(outcome => !['completed', 'orphaned'].includes(outcome)),
    );
  });
});

describe('docs/contract.md, metrics', () => {
  const rows = tableUnder('Metrics');

  it('has every metric with its type and labels', async () => {
    const registered = await new Events().registry.getMetricsAsJSON();
    // prom-client says the labels of a metric that has counted nothing only in its own object
    const known = registered.map(({ name, type }) => [name, type, labelsOf(name)]);
    expect(
      rows.map(row => [codes(row['metric'])[0], row['type'], [...membersWithValues(row['labels']).keys()]]),
    ).toEqual(known);
  });

  it('names the values of the outcomes', () => {
    const outcomes = new Map(
      rows.map(row => [codes(row['metric'])[0], membersWithValues(row['labels']).get('outcome') ?? []]),
    );
    expect(outcomes.get('parlour_pushes_total')).toEqual(valuesOfAlias('PushOutcome'));
    expect(outcomes.get('parlour_refreshes_total')).toEqual(valuesOfAlias('RefreshOutcome'));
  });
});

function labelsOf(metric: string): string[] {
  const found: object = new Events().registry.getSingleMetric(metric) ?? {};
  return 'labelNames' in found && Array.isArray(found.labelNames) ? found.labelNames.map(String) : [];
}
