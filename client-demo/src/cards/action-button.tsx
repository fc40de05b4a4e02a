import type { ReactNode } from 'react';

/** While `busy` it does nothing and stays focusable: a button that is disabled loses the focus, and the user of a keyboard the place. */
export function ActionButton(props: {
  testId: string;
  busy: boolean;
  onClick: () => unknown;
  className?: string;
  label?: string;
  children: ReactNode;
}) {
  return (
    <button
      type="button"
      className={props.className}
      data-testid={props.testId}
      aria-disabled={props.busy}
      aria-label={props.label}
      onClick={() => void (props.busy || props.onClick())}
    >
      {props.children}
    </button>
  );
}
