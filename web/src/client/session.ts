import { ApiError } from "./api.ts";
import { Emitter } from "./emitter.ts";
import { withLock } from "./lock.ts";
import type { TokenReply, UserView } from "./protocol.ts";

interface StoredSession {
  access: string;
  refresh: string;
  /** By this machine's clock, in ms since 1970. */
  expiresAt: number;
  user: UserView;
}

export interface SessionOptions {
  refresh: (refreshToken: string) => Promise<TokenReply>;
  storage?: Storage;
  storageKey?: string;
  now?: () => number;
}

/** New tokens are asked for this long before the old ones end. */
const earlyMs = 90_000;

/**
 * Who is signed in, shared by all tabs of this origin. A refresh token works once and its reuse ends the session, so
 * only one tab at a time may spend it: under a lock, and after looking whether another tab has already renewed.
 */
export class Session extends Emitter<{ changed: UserView | null; token: string }> {
  private current: StoredSession | null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly storage: Storage;
  private readonly key: string;
  private readonly now: () => number;

  constructor(private readonly options: SessionOptions) {
    super();
    this.storage = options.storage ?? localStorage;
    this.key = options.storageKey ?? "apex.session";
    this.now = options.now ?? Date.now;
    this.current = this.read();
    if (typeof window !== "undefined") window.addEventListener("storage", this.onStorage);
    this.schedule();
  }

  get user(): UserView | null {
    return this.current?.user ?? null;
  }

  get refreshToken(): string | null {
    return this.current?.refresh ?? null;
  }

  signIn(reply: TokenReply): void {
    this.adopt(this.write(reply));
  }

  signOut(): void {
    this.storage.removeItem(this.key);
    this.adopt(null);
  }

  /**
   * A token to use now; `rejected` is one the server has just refused. Throws `ApiError` 401 when the session is over
   * (and tells listeners), or the fault that kept the server from answering.
   */
  token = async (rejected?: string): Promise<string> => {
    const held = this.current;
    if (!held) throw signedOut();
    if (held.access !== rejected && held.expiresAt - this.now() > 5_000) return held.access;
    return this.renew(held.access);
  };

  dispose(): void {
    clearTimeout(this.timer);
    if (typeof window !== "undefined") window.removeEventListener("storage", this.onStorage);
  }

  private renew(stale: string): Promise<string> {
    return withLock(this.key, async () => {
      const stored = this.read();
      if (!stored) {
        this.adopt(null);
        throw signedOut();
      }
      if (stored.access !== stale && stored.expiresAt > this.now()) {
        this.adopt(stored);
        return stored.access;
      }
      try {
        const renewed = this.write(await this.options.refresh(stored.refresh));
        this.adopt(renewed);
        return renewed.access;
      } catch (fault) {
        // Only a clear refusal ends the session; a server that is away does not sign anybody out.
        if (fault instanceof ApiError && (fault.status === 401 || fault.status === 403)) this.signOut();
        throw fault;
      }
    });
  }

  private schedule(): void {
    clearTimeout(this.timer);
    const held = this.current;
    if (!held) return;
    const life = held.expiresAt - this.now();
    const wait = Math.max(1_000, life - Math.min(earlyMs, life / 3) - Math.random() * 5_000);
    this.timer = setTimeout(() => {
      this.renew(held.access).catch(() => {
        // Signed out tells its listeners itself; an unreachable server is asked again.
        if (this.current) this.timer = setTimeout(() => this.schedule(), 5_000);
      });
    }, Math.min(wait, 2 ** 31 - 1));
  }

  private readonly onStorage = (e: StorageEvent): void => {
    if (e.key === this.key || e.key === null) this.adopt(this.read());
  };

  private adopt(next: StoredSession | null): void {
    const before = this.current;
    this.current = next;
    this.schedule();
    if (before?.user.id !== next?.user.id) this.emit("changed", next?.user ?? null);
    else if (next && before?.access !== next.access) this.emit("token", next.access);
  }

  private read(): StoredSession | null {
    const text = this.storage.getItem(this.key);
    if (!text) return null;
    try {
      const held = JSON.parse(text) as Partial<StoredSession>;
      return held.access && held.refresh && held.user?.id ? (held as StoredSession) : null;
    } catch {
      return null;
    }
  }

  private write(reply: TokenReply): StoredSession {
    const held: StoredSession = {
      access: reply.access_token,
      refresh: reply.refresh_token,
      expiresAt: this.now() + reply.expires_in * 1_000,
      user: reply.user,
    };
    this.storage.setItem(this.key, JSON.stringify(held));
    return held;
  }
}

const signedOut = () => new ApiError(401, "unauthorized", "You are signed out. Please log in again.");
