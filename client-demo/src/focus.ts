import { type RefObject, useEffectEvent, useLayoutEffect, useRef } from 'react';

/** What goes by itself, with the focus somewhere in it, hands that on: a keyboard's user would start again at the top of the page. */
export function useFocusHandedOn(handOn: () => void): RefObject<HTMLElement | null> {
  const going = useRef<HTMLElement>(null);
  const goes = useEffectEvent((element: HTMLElement | null) => {
    if (element?.contains(document.activeElement)) handOn();
  });
  useLayoutEffect(() => {
    const element = going.current;
    return () => goes(element);
  }, []);
  return going;
}
