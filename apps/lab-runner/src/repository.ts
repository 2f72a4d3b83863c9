/** Where this clone is: sources and built files lie equally deep. */
import { join } from 'node:path';

export const REPOSITORY = join(import.meta.dirname, '..', '..', '..');
