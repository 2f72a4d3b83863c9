/** An agent refused, was late, or is gone: a fault of the platform, never of the TCP under judgement. */
export class AgentError extends Error {
  override readonly name = 'AgentError';
  /**
   * The agent's own (`EPERM`, `impossible-impairment` …), or `bad-reply`, `agent-silent`, `agent-late`, `agent-gone`,
   * `agent-version`.
   */
  readonly code: string;
  /** What to do next; empty when nothing better than the message is known. */
  readonly remedy: string;

  /** Of which agent, by its name. */
  readonly agent: string;

  constructor(code: string, agent: string, message: string, remedy: string) {
    super(message);
    this.agent = agent;
    this.code = code;
    this.remedy = remedy;
  }
}
