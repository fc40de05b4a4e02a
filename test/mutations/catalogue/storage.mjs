// those of the embedded one: a real Redis takes its time
const tests = 'test/storage{,-damage,-expiry,-processes}.spec.ts';
const records = 'src/bff/storage/embedded/records.ts';
const table = 'src/bff/storage/embedded/expiring-table.ts';

const entry = (rule, what, file, find, replace) => ({ rule, what, file, find, replace, tests });

export default [
  entry('A1', 'put-if-absent leaves what is there', records, 'if (isLiving(found)) return false;', ''),
  entry(
    'A1',
    'of two that put at once one wins',
    table,
    'return found ? this.#table.ifVersion(key, found.version, writes) : this.#table.ifNoExists(key, writes);',
    'return this.#environment.root.batch(writes).then(() => true);',
  ),
  entry(
    'R3',
    'a swap wants the version that was read',
    records,
    'if (!isLiving(found) || String(found.version) !== version) return false;',
    'if (!isLiving(found)) return false;',
  ),
  entry(
    'R3',
    'each write has a version of its own',
    'src/bff/storage/embedded/stored-value.ts',
    'return randomInt(1, 2 ** 48 - 1);',
    'return 1;',
  ),
  entry(
    'R4',
    'a swap after a delete writes nothing',
    records,
    'if (!isLiving(found) || String(found.version) !== version) return false;',
    'if (isLiving(found) && String(found.version) !== version) return false;',
  ),
  entry(
    'R7',
    'a write is acknowledged when it’s on the disk',
    records,
    'await this.#environment.root.batch(() => this.#table.write(key, value, Date.now() + lifetime, found));',
    'void this.#environment.root.batch(() => this.#table.write(key, value, Date.now() + lifetime, found));',
  ),
];
