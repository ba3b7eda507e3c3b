/**
 * What the rooms of the engine promise each other. Types only: each room exports a factory for its part, `main.ts` puts
 * them together, and tests put together what they need. JSON shapes on the wire live in api/types.ts.
 */

/** Config of an OCI/Docker image, as in the image's config blob (OCI image spec v1.1, Docker image spec v1.2). */
export interface ImageRunConfig {
  User?: string;
  ExposedPorts?: Record<string, object> | null;
  Env?: string[] | null;
  Entrypoint?: string[] | null;
  Cmd?: string[] | null;
  Volumes?: Record<string, object> | null;
  WorkingDir?: string;
  Labels?: Record<string, string> | null;
  StopSignal?: string;
  Healthcheck?: unknown;
  Shell?: string[] | null;
  OnBuild?: string[] | null;
  ArgsEscaped?: boolean;
}

export interface Image {
  /** `sha256:…` of the config blob: Docker's image id. */
  id: string;
  /** The parsed config blob. */
  config: {
    architecture: string;
    os: string;
    created?: string;
    config?: ImageRunConfig;
    rootfs: { type: 'layers'; diff_ids: string[] };
  } & Record<string, unknown>;
  repoTags: string[];
  repoDigests: string[];
}

export interface ImageStore {
  /** By name[:tag], name@digest, id or unambiguous id prefix. Throws EngineError 404 `No such image: …` as dockerd. */
  resolve(reference: string): Promise<Image>;
  /** Tells the store which containers hold an image, so that rmi can answer 409 as dockerd does. */
  useContainers(list: () => Iterable<{ id: string; imageId: string; running: boolean; name: string }>): void;
}

/** Writable layers of containers on read-only image layers: overlay2 under `<data-root>/overlay2`. */
export interface LayerStore {
  /** Makes diff, work and merged for one container; durable when it resolves. */
  create(containerId: string, image: Image): Promise<void>;
  /** Mounts and gives the merged path; idempotent. */
  mount(containerId: string): Promise<string>;
  /** Idempotent; a mount that is gone is fine. */
  unmount(containerId: string): Promise<void>;
  /** Removes everything of the container's layer; idempotent. */
  remove(containerId: string): Promise<void>;
  /** GraphDriver of inspect: `{Name: 'overlay2', Data: {LowerDir, MergedDir, UpperDir, WorkDir}}`. */
  graphDriver(containerId: string): Promise<{ Name: string; Data: Record<string, string> }>;
  /** Sizes for inspect?size=1 and ps -s, bytes. */
  usage(containerId: string): Promise<{ rw: number; rootFs: number }>;
}

export interface PortBinding {
  /** `80/tcp` */
  containerPort: string;
  hostIp: string;
  /** 0: the engine chooses from the ephemeral range. */
  hostPort: number;
}

export interface Endpoint {
  /** Path of the network namespace to join. */
  netns: string;
  ipAddress: string;
  prefixLength: number;
  gateway: string;
  macAddress: string;
  networkId: string;
  endpointId: string;
  /** With the ports really chosen. */
  ports: PortBinding[];
}

/** The default bridge (docker0). Networks made by the user come later behind the same face. */
export interface BridgeNetwork {
  readonly name: string;
  readonly id: string;
  readonly gateway: string;
  /** Throws EngineError 500 with dockerd's text when a port is taken (`driver failed programming external connectivity …`). */
  connect(container: { id: string; name: string; ports: PortBinding[]; macAddress?: string }): Promise<Endpoint>;
  /** Idempotent. */
  disconnect(containerId: string): Promise<void>;
  /** After an engine restart: takes over what running containers hold and clears the rest away. */
  restore(running: { containerId: string; endpoint: Endpoint }[]): Promise<void>;
}

export interface Volume {
  Name: string;
  Driver: 'local';
  Mountpoint: string;
  CreatedAt: string;
  Labels: Record<string, string> | null;
  Options: Record<string, string> | null;
  Scope: 'local';
}

export interface VolumeStore {
  /** Existing or new; the name is checked as dockerd checks it. Without a name: an anonymous 64-hex one. */
  ensure(name?: string, labels?: Record<string, string>): Promise<Volume>;
  get(name: string): Promise<Volume | undefined>;
  list(): Promise<Volume[]>;
  remove(name: string): Promise<void>;
  /** First use: copies what a container's file system has at `path` into an empty volume, as dockerd does. `path` is looked up inside `rootfs`. */
  populate(volume: Volume, rootfs: string, path: string): Promise<void>;
}

/** An event of the Engine API (`GET /events`), v1.24 to v1.51. */
export interface EngineEvent {
  Type: 'container' | 'image' | 'volume' | 'network' | 'daemon';
  Action: string;
  Actor: { ID: string; Attributes: Record<string, string> };
  scope: 'local';
  time: number;
  timeNano: number;
}

export interface EventBus {
  publish(type: EngineEvent['Type'], action: string, id: string, attributes: Record<string, string>): void;
  subscribe(listener: (event: EngineEvent) => void): () => void;
}
