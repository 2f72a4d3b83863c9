/** The version of the whole kit. */
export const VERSION = '0.1.0';
