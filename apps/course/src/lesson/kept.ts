/** Small things that a reader's browser keeps: answers, progress. Nothing leaves the machine. */
import { useSyncExternalStore } from 'react';

const PREFIX = 'tcblab/';
const CHANGED = 'tcblab-kept';

/** @returns what is kept under `key` and how to change it; null is nothing */
export function useKept(key: string): readonly [string | null, (value: string | null) => void] {
  const value = useSyncExternalStore(
    subscribe,
    () => read(key),
    () => null,
  );
  return [value, (next) => write(key, next)];
}

function subscribe(onChange: () => void): () => void {
  window.addEventListener(CHANGED, onChange);
  window.addEventListener('storage', onChange);
  return () => {
    window.removeEventListener(CHANGED, onChange);
    window.removeEventListener('storage', onChange);
  };
}

/** A browser may keep nothing for anyone: then nothing is kept, and the page works all the same. */
function read(key: string): string | null {
  try {
    return localStorage.getItem(PREFIX + key);
  } catch {
    return null;
  }
}

function write(key: string, value: string | null): void {
  try {
    if (value === null) localStorage.removeItem(PREFIX + key);
    else localStorage.setItem(PREFIX + key, value);
  } catch {
    return;
  }
  window.dispatchEvent(new Event(CHANGED));
}
