import type { FastifyReply } from 'fastify';
import type { Clock } from '../lib';
import type { RecordingShelf } from '../media';
import type { Logger } from '../platform/telemetry';
import type { Account, AlertLog, LimitBook, LimitNotice, TenantDirectory } from '../tenancy';
import type { Refusal } from './refusal';

/** What the rest of the gateway gives the resources. */
export interface RestPorts {
  readonly tenants: Pick<TenantDirectory, 'account'>;
  readonly limits: Pick<LimitBook, 'of'>;
  readonly limitReached: (notice: LimitNotice) => void;
  readonly alerts: Pick<AlertLog, 'list' | 'summaries' | 'find'>;
  readonly recordings: Pick<RecordingShelf, 'find'>;
  /** Under which accounts reach this door; else what they wrote into Host. */
  readonly publicUrl: string | undefined;
  readonly clock: Clock;
  readonly log: Logger;
  /** Told the status of each answer. */
  readonly answered: (status: number) => void;
}

/** One request of an account that has proved who it is. */
export interface Asked {
  readonly account: Account;
  /** As requested, without the query. */
  readonly path: string;
  /** The `:name` parts of the operation's path. */
  readonly parameters: Readonly<Record<string, string>>;
  readonly query: unknown;
  /** Scheme and authority, for absolute URLs. */
  readonly baseUrl: string;
}

export interface Operation {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** `:name` for parameters. Under `/2010-04-01/Accounts/:accountSid/` that account's own credentials are asked for. */
  readonly path: string;
  /** For docs/rest.md. */
  readonly what: string;
  /** What is sent as JSON, or a stream with its headers set on the reply; or why not. */
  readonly answer: (asked: Asked, ports: RestPorts, reply: FastifyReply) => Promise<object | Refusal>;
}

export interface Resource {
  readonly name: string;
  /** For docs/rest.md: how it is used with the official client, what differs from Twilio. */
  readonly notes: readonly string[];
  readonly operations: readonly Operation[];
}
