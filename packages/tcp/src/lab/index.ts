export { adaptConnection } from './connection.ts';
export { LAB_FUNCTIONS, adaptParts } from './parts.ts';
export type { LabParts } from './parts.ts';
