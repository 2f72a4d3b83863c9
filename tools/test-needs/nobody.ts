// The user `nobody`, for tests that prove as root what an ordinary user meets.
import { statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

/**
 * A program and arguments to put before a command, so that `nobody` runs it. Only root can.
 *
 * A clone below a private folder, such as a home or what `mktemp -d` makes, is closed to other users. The command sees
 * each such folder on the way to the clone, to Node and to temporary files as one that may be passed: in a mount
 * namespace of its own, so that nothing of the machine changes.
 */
export function asNobody(): string[] {
  const become = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', '--'];
  const clone = join(import.meta.dirname, '..', '..');
  const closed = [...new Set([clone, dirname(process.execPath), tmpdir()].flatMap(closedFolders))];
  if (closed.length === 0) return become;
  return ['unshare', '--mount', 'sh', '-c', OPEN_UP, String(closed.length), ...closed, ...become];
}

/** Folders on the way to a path, and it, that other users may not pass: outermost first. */
function closedFolders(path: string): string[] {
  const folder = resolve(path);
  const above = dirname(folder) === folder ? [] : closedFolders(dirname(folder));
  return (statSync(folder).mode & 0o001) === 0 ? [...above, folder] : above;
}

/**
 * Covers each folder with an open one that holds the same entries. The working directory stays the covered one, so its
 * entries are still to be had by relative names; mount must not turn those into full ones (-c).
 */
const OPEN_UP = `
here=$PWD
left=$0
while [ "$left" -gt 0 ]; do
  cd "$1" && mount -t tmpfs -o mode=755 tcblab "$1" || exit 1
  for name in * .[!.]*; do
    if [ -L "$name" ]; then cp -P "$name" "$1"; continue; fi
    if [ -d "$name" ]; then mkdir "$1/$name"; elif [ -e "$name" ]; then : >"$1/$name"; else continue; fi
    mount -c --rbind "./$name" "$1/$name"
  done
  shift
  left=$((left - 1))
done
cd "$here" && exec "$@"`;
