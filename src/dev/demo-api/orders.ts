export interface Order {
  id: string;
  name: string;
  /** In euros. */
  price: number;
  status: 'delivered' | 'on its way' | 'in the kitchen';
}

const menu: readonly Order[] = [
  { id: '1001', name: 'Earl Grey, loose leaf', price: 12.5, status: 'delivered' },
  { id: '1002', name: 'Porcelain teapot', price: 48, status: 'on its way' },
  { id: '1003', name: 'Scones, a dozen', price: 9.8, status: 'in the kitchen' },
  { id: '1004', name: 'Clotted cream', price: 6.4, status: 'on its way' },
];

/** Everybody has some orders, and not the same ones: the first letter of the subject decides. */
export function ordersOf(sub: string): Order[] {
  const skipped = (sub.codePointAt(0) ?? 0) % menu.length;
  return menu.filter((_, index) => index !== skipped);
}
