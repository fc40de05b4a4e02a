const tests = 'test/storage-compaction.spec.ts';
const compaction = 'src/bff/storage/embedded/compaction.ts';
const occupancy = 'src/bff/storage/embedded/occupancy.ts';

const entry = (rule, what, file, find, replace, name) => ({ rule, what, file, find, replace, tests, name });

export default [
  entry(
    'R7',
    'a file that another process has open, or is about to open, isn’t compacted',
    occupancy,
    "without: ['users', 'compactors'] });",
    'without: [] });',
    'R7: is refused while another process is about',
  ),
  entry(
    'R7',
    'nobody opens the file while it’s replaced',
    occupancy,
    "without: ['compactors'] });",
    'without: [] });',
    'R7: lets a process that starts meanwhile wait',
  ),
  entry(
    'R7',
    'a program that doesn’t say that it has the file open is seen as well',
    compaction,
    'if (isRead(environment.root)) throw inUse(path);',
    '',
    'R7: is refused while a program reads',
  ),
  entry(
    'R7',
    'what is over goes first',
    compaction,
    'const expired = await sweepAll(environment);',
    'const expired = 0;',
    'R7: keeps every record',
  ),
  entry(
    'R7',
    'the new file is as private as the old one',
    compaction,
    'await chmod(copy, mode & 0o777);',
    '',
    'R7: keeps every record',
  ),
  entry(
    'R6',
    'a file of somebody else’s isn’t replaced by one of this user’s',
    compaction,
    'if (user === undefined || user === found.uid) return;',
    'if (user !== 0.5) return;',
    'R6: a user to whom',
  ),
  entry(
    'R6',
    'a damaged file isn’t compacted',
    compaction,
    'await refuseDamaged(path, Infinity);',
    '',
    'R6: a damaged file is refused',
  ),
  {
    rule: 'L8',
    what: 'a large set that is over holds up nobody’s writes',
    file: 'src/bff/storage/embedded/index-sets.ts',
    find: "const rows = this.#rows(key, '', SOME);\n      const isLast = rows.length < SOME;",
    replace: 'const rows = this.#rows(key);\n      const isLast = true;',
    tests: 'test/storage-expiry.spec.ts',
    name: 'L8: a large set that is over goes',
  },
  {
    rule: 'R6',
    what: 'a large file whose end is lost isn’t opened',
    file: 'src/bff/storage/embedded/check.ts',
    find: 'if (statSync(path).size < length)',
    replace: 'if (length < 0)',
    tests: 'test/storage-damage.spec.ts',
    name: 'R6: is refused when its end is lost',
  },
];
