export {
  type AccountLimitOverrides, type AccountLimits, accountLimits, LIMIT_FACTS, type LimitFacts, type LimitName,
} from './account-limits';
export { type Alert, type AlertHead, AlertLog, type AlertSummary } from './alert-log';
export { LimitBook } from './limit-book';
export { type LimitAlert, type LimitNotice, LimitNotices, type SharedLimitNotice } from './limit-notices';
export { OngoingInvites, type OngoingInvitesOptions } from './ongoing-invites';
export { seedTenancy } from './seed-tenancy';
export type { Account, Application, PhoneNumber, Trunk } from './tenant';
export { type InviteOwner, type NumberOwner, TenantDirectory } from './tenant-directory';
export { TokenCipher } from './token-cipher';
export type { Admission, AdmittedTrunk, InviteFacts } from './trunk-admission';
export { readTrunkPlaces, type TrunkPlaces, type TrunkSources, trunkSources } from './trunk-sources';
