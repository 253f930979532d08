import { newToken, newUuid } from '../../lib';
import { type ClientSipMessage, drachtioDialogId } from '../../protocol/drachtio';
import {
  callIdOf, createCancel, cseqOf, formatHostPort, formatUri, fromTagOf, parseCSeq, parseUri, SipHeaders,
  type SipRequest, type SipResponse, tagOf, toTagOf, withTag,
} from '../../protocol/sip';
import { addressOfUri, type ClientTransaction, Dialog, type PeerAddress } from '../../sip-stack';
import type { AppClient } from './app-client';
import { noteLocalSession, openDialog, routeAroundNat } from './dialog-life';
import { allowedHeaders, contentTypeFor } from './header-policy';
import { echoRequest, followResponses } from './outgoing';
import { names100rel } from './reliable-provisionals';
import { repeatAck } from './sent-ack';
import { ownContact, type ServerContext } from './server-context';
import type { ServerDialog } from './server-dialog';
import { agreeOnResponse } from './session-timer';

interface PendingInvite {
  readonly transaction: ClientTransaction;
  readonly dialogId: string;
  cancelled: boolean;
  /** RSeq and To tag of the reliable responses that came. */
  readonly seenReliable: Set<string>;
}

type Built = { readonly ok: true; readonly request: SipRequest } | { readonly ok: false; readonly reason: string };

/** Headers of a CANCEL that come from its INVITE. */
const ofInvite: ReadonlySet<string> = new Set(['From', 'To', 'Call-ID', 'CSeq', 'Max-Forwards', 'Contact']);
const makeContact: ReadonlySet<string> = new Set(['INVITE', 'SUBSCRIBE']);

/** Requests of applications outside dialogs, and the CANCEL of their INVITEs. */
export class AppRequests {
  readonly #context: ServerContext;
  readonly #invites = new Map<string, PendingInvite>();

  constructor(context: ServerContext) {
    this.#context = context;
  }

  /** Sends a new request; the application gets it back as it was sent, with the transaction id of its responses. */
  async send(client: AppClient, command: ClientSipMessage, wanted: SipRequest): Promise<void> {
    const hop = nextHop(command.proxy) ?? wanted.uri;
    const destination = addressOfUri(hop) ?? await this.#lookUp(hop);
    // Time may have passed in the resolver.
    if (client.closed) return;
    if (destination === undefined) {
      return client.reply(command.id, 'NOK', `${hop} has no address to be reached at over UDP or TCP`);
    }
    const built = this.#build(wanted, destination);
    if (!built.ok) return client.reply(command.id, 'NOK', built.reason);
    const { request } = built;
    const transactionId = newUuid();
    const transaction = this.#context.stack.request(request, destination);
    echoRequest(this.#context, client, command, request, transactionId);
    if (request.method === 'INVITE') this.#followInvite(client, transaction, transactionId);
    else followResponses(this.#context, client, transaction, transactionId, '', () => true);
  }

  /** CANCEL by the INVITE's transaction id; its own echo has a transaction id that never gets a response. */
  cancel(client: AppClient, command: ClientSipMessage, wanted: SipRequest): void {
    const pending = this.#invites.get(command.transactionId ?? '');
    const entry = pending === undefined ? undefined : this.#context.dialogs.byId(pending.dialogId);
    // An acknowledged INVITE is over.
    const confirmed = entry !== undefined && !entry.early;
    if (pending === undefined || (confirmed && entry.unacknowledgedCSeq === undefined)) {
      return client.reply(command.id, 'NOK', `unable to cancel unknown transaction id: ${command.transactionId ?? ''}`);
    }
    const { transaction } = pending;
    const hostPort = this.#context.hostPort(transaction.destination);
    const added = allowedHeaders(wanted.headers, hostPort).filter(({ name }) => !ofInvite.has(name));
    const fields = Object.fromEntries(added.map(({ name, value }) => [name, value]));
    transaction.cancel(fields);
    pending.cancelled = true;
    // The 200 was here first and waits for the application's ACK: BYE follows that.
    if (confirmed) entry.byeAfterAck = true;
    echoRequest(this.#context, client, command, createCancel(transaction.request, fields), newUuid());
  }

  #followInvite(client: AppClient, transaction: ClientTransaction, transactionId: string): void {
    const dialogId = drachtioDialogId(callIdOf(transaction.request) ?? '', fromTagOf(transaction.request) ?? '');
    const pending: PendingInvite = { transaction, dialogId, cancelled: false, seenReliable: new Set() };
    this.#invites.set(transactionId, pending);
    transaction.once('terminated', () => this.#invites.delete(transactionId));
    followResponses(this.#context, client, transaction, transactionId, dialogId, (response, from) => {
      if (response.status < 200) return this.#firstOfItsNumber(client, pending, response, from);
      if (response.status < 300) return this.#firstAnswer(client, pending, response, from);
      const early = this.#context.dialogs.byId(dialogId);
      if (early?.early === true) this.#context.dialogs.remove(early);
      return true;
    });
  }

  /**
   * A reliable provisional response makes an early dialog, in which the application sends its PRACK; repeated ones are
   * not for it, since that PRACK is repeated by its own transaction. True: the application gets the response.
   */
  #firstOfItsNumber(client: AppClient, pending: PendingInvite, response: SipResponse, from: PeerAddress): boolean {
    const number = response.headers.get('RSeq');
    if (number === undefined || !names100rel(response, 'Require') || client.closed) return true;
    const key = `${number} ${toTagOf(response) ?? ''}`;
    if (pending.seenReliable.has(key)) return false;
    pending.seenReliable.add(key);
    if (this.#context.dialogs.byId(pending.dialogId) === undefined) this.#open(client, pending, response, from, true);
    return true;
  }

  #open(
    client: AppClient, pending: PendingInvite, response: SipResponse, from: PeerAddress, early: boolean,
  ): ServerDialog | undefined {
    const { request } = pending.transaction;
    const dialog = Dialog.asUac(request, response);
    if (dialog === undefined) return undefined;
    routeAroundNat(dialog, response, from, false);
    const contact = request.headers.get('Contact') ?? ownContact(this.#context, from);
    const entry = openDialog(this.#context, pending.dialogId, dialog, client, contact, early);
    noteLocalSession(entry, request);
    return entry;
  }

  /** True for the first 2xx: it makes the dialog. Another one is the same again, and gets our ACK if there is one. */
  #firstAnswer(client: AppClient, pending: PendingInvite, response: SipResponse, from: PeerAddress): boolean {
    const { request } = pending.transaction;
    const inviteCSeq = cseqOf(request)?.number ?? 0;
    const known = this.#context.dialogs.byId(pending.dialogId);
    if (known !== undefined && !known.early) {
      repeatAck(this.#context, known, inviteCSeq);
      return false;
    }
    // Another branch of the INVITE than the one that rang reliably has answered.
    const sameBranch = known !== undefined && known.dialog.remoteTag === toTagOf(response);
    if (known !== undefined && !sameBranch) this.#context.dialogs.remove(known);
    // Nobody left to acknowledge: the far end gives up after 64*T1 (contracts: drachtio section 8.6).
    if (client.closed) return false;
    const entry = sameBranch ? known : this.#open(client, pending, response, from, false);
    if (entry === undefined) return true;
    entry.early = false;
    entry.dialog.refreshTarget(response);
    entry.unacknowledgedCSeq = inviteCSeq;
    entry.byeAfterAck = pending.cancelled;
    agreeOnResponse(this.#context, entry, response);
    return true;
  }

  #build(wanted: SipRequest, destination: PeerAddress): Built {
    const target = parseUri(wanted.uri);
    if (target === undefined) return { ok: false, reason: `invalid request-uri: ${wanted.uri}` };
    if (this.#isOwnAddress(target.host, target.port ?? 5060)) {
      return { ok: false, reason: 'can not send request to myself' };
    }
    const type = contentTypeFor(wanted);
    if (!type.ok) return { ok: false, reason: type.reason };

    const own = ownContact(this.#context, destination);
    const allowed = new SipHeaders(
      allowedHeaders(wanted.headers, this.#context.hostPort(destination)).map(({ name, value }) => [name, value]),
    );
    const from = allowed.get('From') ?? own;
    // Digest retries bring their own CSeq, Call-ID and From tag.
    const number = parseCSeq(allowed.get('CSeq') ?? '')?.number ?? 1;
    const headers = new SipHeaders([
      ['Max-Forwards', allowed.get('Max-Forwards') ?? '70'],
      ['From', tagOf(from) === undefined ? withTag(from, newToken(8)) : from],
      ['To', allowed.get('To') ?? `<${wanted.uri}>`],
      ['Call-ID', allowed.get('Call-ID') ?? newUuid()],
      ['CSeq', `${number} ${wanted.method}`],
    ]);
    const contact = allowed.get('Contact') ?? (makeContact.has(wanted.method) ? own : undefined);
    if (contact !== undefined) headers.append('Contact', contact);
    if (type.contentType !== undefined) headers.append('Content-Type', type.contentType);
    for (const { name, value } of allowed) if (!headers.has(name)) headers.append(name, value);
    return { ok: true, request: { ...wanted, headers } };
  }

  /** Address of a URI that names a host: A or AAAA records only. */
  async #lookUp(uri: string): Promise<PeerAddress | undefined> {
    const { host, params, ...rest } = parseUri(uri) ?? { host: '', params: new Map<string, string>() };
    if (host === '') return undefined;
    const address = await this.#context.resolveHost(host);
    if (address === undefined) return undefined;
    return addressOfUri(formatUri({ scheme: 'sip', ...rest, params, host: address }));
  }

  #isOwnAddress(host: string, port: number): boolean {
    const { stack } = this.#context;
    const loopback: PeerAddress = { protocol: 'UDP', host: '127.0.0.1', port };
    const own = [stack.local, stack.bound, stack.addressFor(loopback)].map(formatHostPort);
    return own.includes(formatHostPort({ host, port }));
  }
}

/** drachtio-srf gives the next hop as `sip:host:port` or `host[:port]`. */
function nextHop(proxy: string | undefined): string | undefined {
  return proxy === undefined || /^sips?:/i.test(proxy) ? proxy : `sip:${proxy}`;
}
