/** Units that travel through every layer. */

/** Microseconds on the caller's clock, always an integer. The core has no clock: time is an argument and comes first. */
export type Micros = number;

/** A count of octets. */
export type Octets = number;

declare const seqBrand: unique symbol;

/** A sequence number: an unsigned 32-bit integer on the ring of RFC 9293 §3.4. Make one with `seq()`. */
export type Seq = number & { readonly [seqBrand]: 'Seq' };
