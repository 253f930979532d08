/** Every key of this room. What belongs to an account carries it as hash tag; trunks and number owners are global. */
export class TenancyKeys {
  constructor(private readonly prefix: string) {}

  account = (accountSid: string): string => `${this.prefix}{${accountSid}}:account`;
  application = (accountSid: string, applicationSid: string): string => `${this.prefix}{${accountSid}}:application:${applicationSid}`;
  number = (number: string): string => `${this.prefix}number:${number}`;
  /** What the configuration has written. */
  seeded = (): string => `${this.prefix}seeded`;
  trunks = (): string => `${this.prefix}trunks`;
  /** Which request has used a nonce with this count. */
  nonceUse = (nonce: string, count: string): string => `${this.prefix}nonce:${nonce}:${count}`;
  ongoingInvite = (requestId: string): string => `${this.prefix}invite:${requestId}`;
  /** `at code sid` of each, newest first. */
  alerts = (accountSid: string): string => `${this.prefix}{${accountSid}}:alerts`;
  /** SID -> summary, `SID:exchange` -> request and answer. */
  alertParts = (accountSid: string): string => `${this.prefix}{${accountSid}}:alert-parts`;
}
