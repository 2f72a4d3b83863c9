// The package declares its types under the name that it is published by; we pin it under the name that it is known by.
/// <reference types="node-pty" />
declare module 'node-pty' {
  export * from '@lydell/node-pty';
}
