/** What was asked of the server that changes or refuses something, one line of JSON each, beside the runs. */
import { appendFileSync, renameSync, statSync } from 'node:fs';
import type { Octets } from '@tcblab/tcp';
import type { Role } from './access.ts';

export interface AuditEntry {
  readonly event: 'began' | 'refused' | 'entered' | 'run' | 'cancel' | 'delete' | 'ended';
  /** From where; never a name of a person. */
  readonly from?: string;
  readonly role?: Role;
  readonly status?: number;
  readonly detail?: string;
}

/** Then the file makes way for a new one, and the one before it is forgotten. */
const LONGEST: Octets = 4 << 20;

export class AuditLog {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  /** A disk that is full stops no server. */
  add(entry: AuditEntry): void {
    try {
      const size = statSync(this.#path, { throwIfNoEntry: false })?.size ?? 0;
      if (size > LONGEST) renameSync(this.#path, `${this.#path}.1`);
      appendFileSync(this.#path, `${JSON.stringify({ time: new Date().toISOString(), ...entry })}\n`, {
        mode: 0o600,
      });
    } catch {
      // What cannot be written cannot be written about.
    }
  }
}
