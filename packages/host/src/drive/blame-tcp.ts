/** Tells an exception of the TCP under judgement from one of ours, although one calls the other. */

/** The TCP threw; `cause` is what. */
export class TcpCrash extends Error {
  override readonly name = 'TcpCrash';

  constructor(cause: unknown) {
    super('the TCP threw an exception', { cause });
  }
}

/** The same object, except that what its methods throw, and those of the objects they return, becomes a `TcpCrash`. */
export function blameTcp<T extends object>(tcp: T): T {
  return new Proxy(tcp, {
    get(target, name) {
      const value: unknown = guard(() => Reflect.get(target, name, target));
      if (typeof value !== 'function') return value;
      return (...args: unknown[]) => {
        const result: unknown = guard(() => Reflect.apply(value, target, args));
        return typeof result === 'object' && result !== null ? blameTcp(result) : result;
      };
    },
  });
}

function guard<T>(call: () => T): T {
  try {
    return call();
  } catch (error) {
    throw new TcpCrash(error);
  }
}
