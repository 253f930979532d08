export { type AdoptionParts, CallAdopter } from './call-adopter';
export { DialogReconciler, type ReconcilerParts } from './dialog-reconciler';
export { Takeover, type TakeoverParts } from './takeover';
