import type { Call } from '../calls';
import type { Account } from '../interpreter';
import type { Application } from '../tenancy';

/** Runs an application's program on a call; the gateway implements it with the interpreter. */
export interface ProgramRunner {
  run(call: Call, account: Account, application: Application): void;
}
