/** The version of the whole kit. */
export const VERSION = '0.1.0';

/** As files and other machines are told of it. */
export const SOFTWARE = `tcblab ${VERSION}`;
