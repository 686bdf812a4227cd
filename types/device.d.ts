/** What a phone that stores works with (static/js/device/core). Ambient, as pages.d.ts. Times are milliseconds. */

type Bytes = Uint8Array<ArrayBuffer>;
type Argon2 = (options: {
  password: Bytes;
  salt: Bytes;
  iterations: number;
  memorySize: number;
  parallelism: number;
  hashLength: number;
  outputType: "binary";
}) => Promise<Uint8Array>;

/** Everything outside of the modules. */
interface Env {
  crypto: Crypto;
  fetch: typeof fetch;
  now: () => number;
  random: (length: number) => Bytes;
  argon2?: Argon2;
  locks?: Pick<LockManager, "request">;
  channel?: Pick<BroadcastChannel, "postMessage" | "onmessage" | "close">;
  /** Of the app, as the service hears it at contact. */
  app: string;
}

interface Sealed {
  iv: Bytes;
  data: Bytes;
}

interface Kdf {
  name: string;
  passes: number;
  memory?: number;
  lanes?: number;
  salt: Bytes;
}

interface PublicKey {
  id: string;
  /** base64url of 65 bytes. */
  public: string;
}

interface FormVersion {
  key: string;
  version: number;
  sha256: string;
}

interface Unit {
  slug: string;
  name: string;
}

interface DeviceRow {
  id: "device";
  device: string;
  kdf: Kdf;
  /** Wrong PINs since the last right one, each written before it is tried. */
  wrong: number;
  /** The service's time at the last contact. */
  seenAt: number;
  /** By how much the phone's clock was ahead of the service's then. */
  ahead: number;
  /** The latest time seen, by the service's clock: a clock that is set back extends nothing. */
  latest: number;
  hours: number;
  keys: PublicKey[];
  /** The service no longer takes the tokens: the person signs in to renew them. */
  needsRenewal: boolean;
  /** When the person has to sign in at the latest, by the service's clock; not known of a phone from before. */
  renewBy?: number | null;
}

/** Why the keys went; of the duress PIN there is no such row. */
interface NoticeRow {
  id: "notice";
  why: WipeReason;
  at: number;
}

type WipeReason = "tries" | "hours" | "ended" | "removed";
type MetaRow = DeviceRow | NoticeRow;

interface Slot extends Sealed {
  id: "pin" | "duress";
  share: Sealed;
}

interface VaultSlot {
  id: "vault";
  key: string;
  sealed: Bytes;
}

interface OwnKey {
  id: "device" | "queue";
  own: CryptoKey;
}

interface SealedRow extends Sealed {
  id: "share" | "queueToken" | "readToken" | "profile";
}

type KeyRow = Slot | VaultSlot | OwnKey | SealedRow;

interface Remains {
  device: string;
  slot: VaultSlot;
  queueKey: CryptoKey;
  token: Sealed;
}

interface DraftRow extends Sealed {
  id: string;
  device: string;
  /** Counts the savings: a tab that knows an older one has not seen what another tab wrote. */
  turn: number;
  /** The service may have it already. */
  isGiven?: boolean;
  copyOf?: string;
}

interface FileRow {
  id: string;
  device: string;
  /** The draft that it belongs to, or the submission. */
  draft: string;
  /** Name, media type and size, under the draft key. */
  sealed: Sealed | null;
  chunks: number;
  /** The key of the service that `parts` are sealed to. */
  key: string;
  parts: number;
  /** Of the sealed bytes. */
  length: number;
  /** When the service last had all of it; 0: never. */
  sentAt: number;
}

interface PieceRow {
  file: string;
  at: number;
}

interface ChunkRow extends PieceRow, Sealed {}

interface PartRow extends PieceRow {
  data: Bytes;
}

interface QueueRow {
  id: string;
  device: string;
  key: string;
  /** Null once the service has it. */
  sealed: Bytes | null;
  madeAt: number;
  urgent: boolean;
  order: number;
  /** Of the same group: sent only when this one is no longer waiting. */
  after: string | null;
  files: string[];
  /** Title and group, under the draft key. */
  title: Sealed | null;
  state: "phone" | "server" | "told" | "returned";
  at: number;
  /** When a sending of it began that hasn't ended. */
  wayAt: number;
  tries: number;
  nextAt: number;
  reason: string | null;
  url: string | null;
  notices: NoticeState[];
}

/** Of a notice: how far it is, and not to whom. */
interface NoticeState {
  state: string;
}

/** A kit as the pack names it: `kit` whatever its version, `id` of this one, `package` its address. */
interface PackedKit {
  id: number;
  kit: number;
  number: number;
  title: string;
  language: string;
  audience: string;
  minutes: number;
  planned: boolean;
  note: string;
  url: string;
  package: string;
}

interface KitSlide {
  title: string;
  html: string;
  notes: string;
}

interface KitMaterial {
  page: number;
  number: number;
  kind: string;
  title: string;
  minutes: number;
  html: string;
  slides: KitSlide[];
}

/** A kit as it lies on the phone (case_forms/devices/kit_package.py). */
interface KitPackage {
  id: number;
  kit: number;
  number: number;
  language: string;
  title: string;
  intro: string;
  minutes: number;
  audience: string;
  materials: KitMaterial[];
  words: string;
  missing: string[];
  sha256: string;
}

/** The form that records a session (outreach_pages/records/phones/form.py). */
interface RecordPackage {
  session: string;
  /** Of one that was planned here: when it begins, by the phone's clock, and what the plan says already. */
  begins?: string;
  start?: [name: string, value: string][];
  title: string;
  html: string;
  /** What a draft begins with and nobody types. */
  fields: [name: string, value: string][];
  class_size: number;
  asks_used: boolean;
  words: Record<string, string>;
  sha256: string;
}

/** The blank form that records what is planned here, by the versions of kits that it may be planned with. */
interface BlankRecord {
  version: number;
  html: string;
  kit_place: string;
  kits: Record<string, { html: string; asks_used: boolean }>;
  fields: [name: string, value: string][];
  kit_fields: string[];
  words: Record<string, string>;
  class_size: number;
  in_class: string[];
}

/** The form that plans a session. */
interface PlanPackage {
  version: number;
  html: string;
  fields: [name: string, value: string][];
  words: Record<string, string>;
  record: BlankRecord | null;
}

interface PackedSession {
  id: string;
  package: string | null;
  changed: string;
  /** Plans of phones that it is. */
  plans?: string[];
}

/** A session that was planned here, as the pack has those that the service knows. */
interface Planned extends PackedSession {
  language: string;
  unit: string;
  date: string;
  starts_at: string;
  ends_at: string;
  place: string;
  municipality: string;
  audience: string;
  state: string;
  card: string;
  kit: number | null;
  grades: string;
  record: RecordPackage;
}

interface PackRow extends Sealed {
  id: string;
}

interface Tables {
  meta: MetaRow;
  keys: KeyRow;
  remains: Remains;
  drafts: DraftRow;
  files: FileRow;
  chunks: ChunkRow;
  parts: PartRow;
  queue: QueueRow;
  pack: PackRow;
}

/** The answer of `POST devices`. */
interface Registered {
  device: string;
  queue_token: string;
  read_token: string;
  /** base64url of 32 bytes. */
  share: string;
  now: string;
  keys: PublicKey[];
  person: { name: string };
  units: Unit[];
  contact_hours?: number;
  ends_at?: string;
}

interface DraftStart {
  form: string;
  version: number;
  title: string;
  language: string;
  unit?: string;
  session?: string;
  case?: string;
}

interface DraftContent {
  title?: string;
  fields: [name: string, value: string][];
  section?: string;
  occurredAt?: string | null;
  occurredByClock?: boolean;
}

interface StoredDraft extends DraftStart, Omit<DraftContent, "title"> {
  begunAt: string;
  changedAt: string;
  /** Drafts that were handed to the service, and that this one goes on from. */
  follows?: string[];
  /** The one of them whose text this one was changed from. */
  base?: string;
  /** Of one that was begun on the service: its files, which lie there. */
  there?: string[];
}

interface QueueItem {
  uuid: string;
  title: string | null;
  group: string | null;
  finishedAt: number;
  urgent: boolean;
  state: "phone" | "way" | "server" | "told" | "returned";
  at: number;
  notices: NoticeState[];
  reason: string | null;
  url: string | null;
  nextAt: number;
}

/** Who sends: the device of today, or what is left of one whose keys went. */
interface Sender {
  device: string;
  queueKey: CryptoKey;
  token: Sealed;
}

interface Reply {
  status: number;
  headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: a document of the service, read member by member
  body: any;
}

// The classes of the modules, named here: an `import()` in a comment of theirs would be read as one of the script's.
type DeviceContext = import("../static/js/device/core/context.js").Context;
type DeviceSession = import("../static/js/device/core/context.js").Session;
type DeviceStore = import("../static/js/device/core/store.js").Store;
type DeviceRequests = import("../static/js/device/core/store.js").Requests;
type DraftSavings = import("../static/js/device/core/drafts.js").Savings;
type DeviceDrafts = import("../static/js/device/core/drafts.js").Drafts;
type DevicePack = import("../static/js/device/core/pack.js").Pack;
type ServiceClient = import("../static/js/device/core/service.js").Service;
