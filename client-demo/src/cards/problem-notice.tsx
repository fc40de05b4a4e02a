import type { ReactNode } from 'react';
import type { Problem } from '../bff.js';

/** What went wrong, in the words of whoever refused; `children` add to them. */
export function ProblemNotice(props: { problem: Problem; children?: ReactNode }) {
  const { status, code, title, detail, reference } = props.problem;
  return (
    <div className="notice notice-bad">
      <p>
        <strong>
          {status > 0 && `${status} · `}
          <code>{code}</code>
        </strong>
      </p>
      <p>{detail ?? title}</p>
      {props.children}
      {reference !== undefined && (
        <p className="quiet">
          Reference <code>{reference}</code>
        </p>
      )}
    </div>
  );
}
