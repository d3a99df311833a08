// Writes down what the clients saw, for the auditor: one line at once for each sight, so that it survives this process.
import { closeSync, openSync, writeSync } from 'node:fs';
import type { Sight } from '../audit/witness.ts';

/** A sight without its time, which is now. */
type Unstamped<S> = S extends unknown ? Omit<S, 'at'> : never;

export interface Witness {
  saw(sight: Unstamped<Sight>): void;
  close(): void;
}

export function openWitness(file: string): Witness {
  const descriptor = openSync(file, 'a');
  return {
    saw: (sight) => {
      writeSync(descriptor, `${JSON.stringify({ ...sight, at: new Date().toISOString() })}\n`);
    },
    close: () => closeSync(descriptor),
  };
}
