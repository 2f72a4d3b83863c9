declare module '@generated/tcblab-rfc-coverage/default/coverage.json' {
  const content: unknown;
  export default content;
}
