/** What the host has brought along, its accounts or its session store, can't be asked at the moment. */
export class HostFailure extends Error {
  override readonly name = 'HostFailure';
}
