export { type Alert, AlertLog } from './alert-log';
export { seedTenancy } from './seed-tenancy';
export type { Account, Application, PhoneNumber, Trunk } from './tenant';
export { type InviteFacts, type InviteOwner, type NumberOwner, TenantDirectory } from './tenant-directory';
export { TokenCipher } from './token-cipher';
export { type TrunkSources, trunkSources } from './trunk-sources';
