/**
 * The code of `%{ … }%`: assertions and prints over the fields of TCP_INFO, in the part of Python that scripts use. It is
 * read and evaluated here: no interpreter runs, and nothing but the given names is in reach.
 */

/** What a name may stand for. */
export type CodeValue = number | string | boolean | null | readonly CodeValue[];

export type CodeOutcome =
  | { readonly kind: 'ok'; readonly printed: readonly string[] }
  | { readonly kind: 'failed'; readonly assertion: string; readonly message: string }
  /** Not in this part of Python, or a name that nobody gave. */
  | { readonly kind: 'unsupported'; readonly why: string };

/**
 * @param text one or more statements, apart by newlines or `;`
 * @param names what names stand for; assignments add to them
 */
export function runCode(text: string, names: Map<string, CodeValue>): CodeOutcome {
  const printed: string[] = [];
  try {
    for (const statement of statements(text)) {
      const failure = new Statement(statement, names, printed).run();
      if (failure !== null) return { kind: 'failed', assertion: statement, message: failure };
    }
  } catch (error) {
    if (error instanceof NotUnderstood) return { kind: 'unsupported', why: error.message };
    throw error;
  }
  return { kind: 'ok', printed };
}

class NotUnderstood extends Error {}

/** Of parentheses within parentheses, so that no text can exhaust the stack. */
const DEEPEST = 50;

/** Lines, joined while a parenthesis is open, without comments. */
function statements(text: string): string[] {
  const found: string[] = [];
  let current = '';
  let depth = 0;
  const end = () => {
    if (current.trim() !== '') found.push(current.trim());
    current = '';
  };
  for (const [token] of text.matchAll(/"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|#[^\n]*|[^]/g)) {
    if (token.startsWith('#')) continue;
    if (token === '(' || token === '[') depth++;
    if (token === ')' || token === ']') depth--;
    if ((token === '\n' || token === ';') && depth <= 0) end();
    else current += token === '\n' ? ' ' : token;
  }
  end();
  return found;
}

const TOKEN =
  /\s*(?:(0[xX][0-9a-fA-F]+|\d+\.?\d*|\.\d+)|([A-Za-z_]\w*)|("(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')|(\/\/|[<>=!]=|\*\*|<<|>>|[-+*/%<>=()[\],&|]))/y;

const FUNCTIONS: Record<string, (...args: number[]) => number> = {
  abs: Math.abs,
  min: Math.min,
  max: Math.max,
  int: Math.trunc,
  float: (value) => value,
  round: Math.round,
};

const COMPARISONS = ['==', '!=', '<', '<=', '>', '>='];

class Statement {
  readonly #tokens: string[];
  readonly #names: Map<string, CodeValue>;
  readonly #printed: string[];
  #at = 0;
  #depth = 0;

  constructor(text: string, names: Map<string, CodeValue>, printed: string[]) {
    this.#tokens = tokens(text);
    this.#names = names;
    this.#printed = printed;
  }

  /** @returns why an assertion does not hold; null = all is well */
  run(): string | null {
    const failure = this.#statement();
    if (this.#peek() !== undefined) throw new NotUnderstood(`'${this.#peek()}' is not understood here`);
    return failure;
  }

  #statement(): string | null {
    if (this.#accept('pass')) return null;
    if (this.#accept('assert')) {
      const holds = truth(this.#value());
      const message = this.#accept(',') ? show(this.#items()) : 'it does not hold';
      return holds ? null : message;
    }
    if (this.#accept('print')) {
      this.#printed.push(this.#peek() === undefined ? '' : show(this.#items()));
      return null;
    }
    const name = this.#peek() ?? '';
    if (/^[A-Za-z_]/.test(name) && this.#tokens[this.#at + 1] === '=') {
      this.#at += 2;
      this.#names.set(name, this.#items());
      return null;
    }
    if (['if', 'for', 'while', 'import', 'from', 'def', 'class', 'try', 'with'].includes(name)) {
      throw new NotUnderstood(`'${name}' is not part of the code that runs here`);
    }
    this.#items();
    return null;
  }

  /** Values with commas between are a tuple. */
  #items(): CodeValue {
    const first = this.#value();
    if (this.#peek() !== ',') return first;
    const items = [first];
    while (this.#accept(',')) items.push(this.#value());
    return items;
  }

  #value(): CodeValue {
    if (++this.#depth > DEEPEST) throw new NotUnderstood('parentheses lie too deep within each other');
    const value = this.#choice();
    this.#depth--;
    return value;
  }

  #choice(): CodeValue {
    const value = this.#or();
    if (!this.#accept('if')) return value;
    const condition = truth(this.#or());
    this.#expect('else');
    const other = this.#value();
    return condition ? value : other;
  }

  #or(): CodeValue {
    let value = this.#and();
    while (this.#accept('or')) {
      const right = this.#and();
      value = truth(value) ? value : right;
    }
    return value;
  }

  #and(): CodeValue {
    let value = this.#not();
    while (this.#accept('and')) {
      const right = this.#not();
      value = truth(value) ? right : value;
    }
    return value;
  }

  #not(): CodeValue {
    let negated = 0;
    while (this.#accept('not')) negated++;
    const value = this.#comparison();
    return negated === 0 ? value : truth(value) === (negated % 2 === 0);
  }

  /** `a < b < c` holds when each pair does. */
  #comparison(): CodeValue {
    let left = this.#sum();
    let value: CodeValue | null = null;
    for (let sign = this.#comparisonSign(); sign !== null; sign = this.#comparisonSign()) {
      const right = this.#sum();
      value = (value ?? true) !== false && compare(sign, left, right);
      left = right;
    }
    return value ?? left;
  }

  #comparisonSign(): string | null {
    const token = this.#peek() ?? '';
    if (token === 'not' && this.#tokens[this.#at + 1] === 'in') {
      this.#at += 2;
      return 'not in';
    }
    if (token !== 'in' && !COMPARISONS.includes(token)) return null;
    this.#at++;
    return token;
  }

  #sum(): CodeValue {
    return this.#chain(['+', '-', '&', '|', '<<', '>>'], () => this.#product());
  }

  #product(): CodeValue {
    return this.#chain(['*', '/', '//', '%'], () => this.#unary());
  }

  #chain(signs: readonly string[], operand: () => CodeValue): CodeValue {
    let value = operand();
    for (let sign = this.#peek(); sign !== undefined && signs.includes(sign); sign = this.#peek()) {
      this.#at++;
      value = compute(sign, value, operand());
    }
    return value;
  }

  #unary(): CodeValue {
    let signs = 0;
    let sign = 1;
    for (; this.#peek() === '-' || this.#peek() === '+'; signs++) {
      if (this.#peek() === '-') sign = -sign;
      this.#at++;
    }
    const value = this.#single();
    return signs === 0 ? value : sign * number(value);
  }

  #single(): CodeValue {
    const token = this.#peek();
    this.#at++;
    if (token === undefined) throw new NotUnderstood('the code ends where a value is missing');
    if (token === '(' || token === '[') {
      const close = token === '(' ? ')' : ']';
      if (this.#accept(close)) return [];
      const items = this.#items();
      this.#accept(',');
      this.#expect(close);
      return token === '[' && !Array.isArray(items) ? [items] : items;
    }
    if (/^["']/.test(token)) return token.slice(1, -1).replace(/\\(.)/g, '$1');
    if (/^[\d.]/.test(token)) return Number(token);
    if (!/^[A-Za-z_]/.test(token)) throw new NotUnderstood(`'${token}' is not a value`);
    if (this.#peek() === '(') return this.#call(token);
    if (token === 'True' || token === 'False') return token === 'True';
    if (token === 'None') return null;
    const value = this.#names.get(token);
    if (value === undefined) throw new NotUnderstood(`nothing is known of ${token}`);
    return value;
  }

  #call(name: string): CodeValue {
    const work = Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name] : undefined;
    if (work === undefined) throw new NotUnderstood(`there is no function ${name} here`);
    const args = this.#single();
    return work(...(Array.isArray(args) ? (args as readonly CodeValue[]) : [args]).map(number));
  }

  #peek(): string | undefined {
    return this.#tokens[this.#at];
  }

  #accept(token: string): boolean {
    if (this.#peek() !== token) return false;
    this.#at++;
    return true;
  }

  #expect(token: string): void {
    if (!this.#accept(token)) throw new NotUnderstood(`'${token}' is missing`);
  }
}

function tokens(text: string): string[] {
  const found: string[] = [];
  TOKEN.lastIndex = 0;
  let at = 0;
  while (text.slice(at).trim() !== '') {
    TOKEN.lastIndex = at;
    const match = TOKEN.exec(text);
    if (match === null) throw new NotUnderstood(`'${text.slice(at).trim()}' is not understood`);
    at = TOKEN.lastIndex;
    found.push(match[0].trim());
  }
  return found;
}

function truth(value: CodeValue): boolean {
  return Array.isArray(value) ? value.length > 0 : Boolean(value);
}

function number(value: CodeValue): number {
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (typeof value !== 'number') throw new NotUnderstood(`${show(value)} is not a number`);
  return value;
}

function compare(sign: string, left: CodeValue, right: CodeValue): boolean {
  switch (sign) {
    case '==':
      return same(left, right);
    case '!=':
      return !same(left, right);
    case 'in':
    case 'not in': {
      if (!Array.isArray(right)) throw new NotUnderstood(`${show(right)} holds no items`);
      return (right as readonly CodeValue[]).some((item) => same(item, left)) === (sign === 'in');
    }
    default: {
      const difference = number(left) - number(right);
      if (sign === '<') return difference < 0;
      if (sign === '<=') return difference <= 0;
      return sign === '>' ? difference > 0 : difference >= 0;
    }
  }
}

function same(left: CodeValue, right: CodeValue): boolean {
  if (Array.isArray(left) && Array.isArray(right)) {
    const others = right as readonly CodeValue[];
    return left.length === right.length && left.every((item: CodeValue, i) => same(item, others[i]));
  }
  const plain = (value: CodeValue) => (typeof value === 'boolean' ? Number(value) : value);
  return plain(left) === plain(right);
}

function compute(sign: string, left: CodeValue, right: CodeValue): number {
  const a = number(left);
  const b = number(right);
  switch (sign) {
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
    case '/':
      return a / b;
    case '//':
      return Math.floor(a / b);
    case '&':
      return a & b;
    case '|':
      return a | b;
    case '<<':
      return a << b;
    case '>>':
      return a >> b;
    // Python's remainder has the sign of the divisor.
    default:
      return a - b * Math.floor(a / b);
  }
}

function show(value: CodeValue): string {
  if (Array.isArray(value)) return `(${value.map((item: CodeValue) => show(item)).join(', ')})`;
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  return value === null ? 'None' : String(value);
}
