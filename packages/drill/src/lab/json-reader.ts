/** Reads members of a JSON document, and says where one is not what it should be. */

export class JsonReader {
  /** Shared by all readers of one document. */
  readonly faults: string[];
  readonly #at: string;
  readonly #value: Readonly<Record<string, unknown>>;

  private constructor(value: unknown, at: string, faults: string[]) {
    this.faults = faults;
    this.#at = at;
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      this.#value = value as Record<string, unknown>;
      return;
    }
    this.#value = {};
    this.fault('it is to be an object');
  }

  static parse(text: string): JsonReader {
    try {
      return new JsonReader(JSON.parse(text), '', []);
    } catch (error) {
      const reader = new JsonReader({}, '', []);
      reader.fault(`it is no JSON: ${error instanceof Error ? error.message : String(error)}`);
      return reader;
    }
  }

  fault(what: string): void {
    this.faults.push(this.#at === '' ? what : `${this.#at}: ${what}`);
  }

  has(name: string): boolean {
    return Object.hasOwn(this.#value, name);
  }

  members(): readonly string[] {
    return Object.keys(this.#value);
  }

  text(name: string): string {
    const value = this.#value[name];
    if (typeof value === 'string') return value;
    this.fault(`"${name}" is to be a text`);
    return '';
  }

  number(name: string): number {
    const value = this.#value[name];
    if (typeof value === 'number') return value;
    this.fault(`"${name}" is to be a number`);
    return 0;
  }

  /** A list of texts; an absent one is empty. */
  texts(name: string): readonly string[] {
    const value = this.#value[name] ?? [];
    if (Array.isArray(value) && value.every((one): one is string => typeof one === 'string')) return value;
    this.fault(`"${name}" is to be a list of texts`);
    return [];
  }

  /** Any value at all. */
  any(name: string): unknown {
    return this.#value[name];
  }

  object(name: string): JsonReader {
    return new JsonReader(this.#value[name] ?? {}, this.#inside(name), this.faults);
  }

  /** A list of objects; an absent one is empty. */
  list(name: string): readonly JsonReader[] {
    const value = this.#value[name] ?? [];
    if (Array.isArray(value)) {
      return value.map((one, i) => new JsonReader(one, this.#inside(`${name}[${i}]`), this.faults));
    }
    this.fault(`"${name}" is to be a list`);
    return [];
  }

  #inside(name: string): string {
    return this.#at === '' ? name : `${this.#at}.${name}`;
  }
}
