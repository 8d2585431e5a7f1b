import { Store } from "./store.ts";

export type Theme = "system" | "light" | "dark";

const key = "apex.theme";
const kept = typeof localStorage === "undefined" ? null : localStorage.getItem(key);

export const theme = new Store<Theme>(kept === "light" || kept === "dark" ? kept : "system");

const following: Record<Theme, Theme> = { system: "light", light: "dark", dark: "system" };

export function nextTheme(): void {
  const next = following[theme.get()];
  if (next === "system") {
    localStorage.removeItem(key);
    delete document.documentElement.dataset.theme;
  } else {
    localStorage.setItem(key, next);
    document.documentElement.dataset.theme = next;
  }
  theme.set(next);
}
