/** Within the time that the gateway has for a document. */
const PATIENCE_MS = 5_000;

/** The application of an account whose callers wait for agents, and how long two steps of theirs take as it sees them. */
export class QueueTimes {
  /** From the first document's answer to the request for the wait document: the call is answered and queued in between. */
  waitMs = [];
  /** From the answer to an agent, while a caller waits, to the request for the whisper: the caller is claimed in between. */
  dequeueMs = [];
  /** CallSid -> when its last document was answered. */
  #answeredAt = new Map();
  #waiting = 0;
  #agents = [];

  get routes() {
    return {
      '/caller': ({ CallSid }) => this.#answer(CallSid, '<Enqueue waitUrl="/wait" action="/left">a</Enqueue>'),
      '/wait': ({ CallSid }) => {
        this.#take(CallSid, this.waitMs);
        return '<Pause length="60"/>';
      },
      '/left': () => '<Hangup/>',
      '/agent-comes': () => '<Gather timeout="1" numDigits="1"/><Redirect>/agent</Redirect>',
      // Answered when somebody waits.
      '/agent': ({ CallSid }) => new Promise((resolve) => {
        const agent = { CallSid, resolve };
        this.#agents.push(agent);
        agent.patience = setTimeout(() => {
          this.#agents.splice(this.#agents.indexOf(agent), 1);
          resolve('<Redirect>/agent</Redirect>');
        }, PATIENCE_MS);
        this.#dispatch();
      }),
      '/whisper': ({ CallSid, DequeingCallSid = CallSid }) => {
        this.#take(DequeingCallSid, this.dequeueMs);
        return '';
      },
    };
  }

  forget() {
    this.waitMs = [];
    this.dequeueMs = [];
  }

  #answer(callSid, document) {
    this.#answeredAt.set(callSid, performance.now());
    return document;
  }

  /** The first request after that answer. */
  #take(callSid, samples) {
    const at = this.#answeredAt.get(callSid);
    if (at === undefined) return;
    this.#answeredAt.delete(callSid);
    samples.push(performance.now() - at);
    if (samples !== this.waitMs) return;
    this.#waiting += 1;
    this.#dispatch();
  }

  #dispatch() {
    while (this.#waiting > 0 && this.#agents.length > 0) {
      this.#waiting -= 1;
      const { CallSid, resolve, patience } = this.#agents.shift();
      clearTimeout(patience);
      resolve(this.#answer(CallSid, '<Dial timeLimit="1" action="/agent"><Queue url="/whisper">a</Queue></Dial>'));
    }
  }
}
