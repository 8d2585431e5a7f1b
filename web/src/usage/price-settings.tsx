import { useEffect, useState } from "preact/hooks";
import type { Discount, OwnPrice } from "../client/index.ts";
import type { Workspace } from "../shell/workspace.ts";
import { usageLog } from "./usage-log.ts";

/** What the organisation says of prices itself: its own models, and its contract's discounts. Each change prices the log anew. */
export function PriceSettings({ workspace }: { workspace: Workspace }) {
  const [own, setOwn] = useState<OwnPrice[]>([]);
  const [discounts, setDiscounts] = useState<Discount[]>([]);
  const [fault, setFault] = useState("");
  const { api } = workspace;

  const read = async () => {
    setOwn(await api.ownPrices());
    setDiscounts(await api.discounts());
  };
  useEffect(() => void read().catch((wrong: Error) => setFault(wrong.message)), []);

  const change = async (what: string, work: () => Promise<{ job_id: string }>): Promise<boolean> => {
    setFault("");
    try {
      await usageLog(workspace).followPrices(what, work);
      await read();
      return true;
    } catch (wrong) {
      setFault((wrong as Error).message);
      return false;
    }
  };

  return (
    <details class="assumed" data-testid="price-settings">
      <summary>Prices of your own, and discounts</summary>
      {own.length + discounts.length > 0 && (
        <ul class="price-list">
          {own.map((price) => (
            <li key={price.model + (price.from ?? "")}>
              <span><strong>{price.model}</strong> {dollars(price.input)} in, {dollars(price.output)} out per million{since(price.from)}</span>
              <button type="button" class="quiet" onClick={() => void change(price.model, () => api.forgetOwnPrice(price.model))}>Forget</button>
            </li>
          ))}
          {discounts.map((discount, i) => (
            <li key={i}>
              <span><strong>{discount.model_prefix === "" ? "All models" : `${discount.model_prefix}…`}</strong> {+(discount.share * 100).toFixed(2)} % off{since(discount.from)}</span>
              <button
                type="button" class="quiet"
                onClick={() => void change("contract discounts", () => api.setDiscounts(discounts.filter((other) => other !== discount)))}
              >
                End
              </button>
            </li>
          ))}
        </ul>
      )}
      <OwnPriceForm onSet={(price) => change(price.model, () => api.setOwnPrice(price))} />
      <DiscountForm
        onSet={(discount) => change("contract discounts", () => api.setDiscounts(withDiscount(discounts, discount)))}
      />
      {fault && <p class="fault">{fault}</p>}
    </details>
  );
}

function OwnPriceForm({ onSet }: { onSet: (price: OwnPrice) => Promise<boolean> }) {
  const send = async (e: SubmitEvent) => {
    e.preventDefault();
    const form = e.currentTarget as HTMLFormElement;
    const told = new FormData(form);
    const price: OwnPrice = { model: String(told.get("model")).trim() };
    for (const name of ["input", "cache_read", "output"] as const) {
      const text = String(told.get(name)).trim();
      if (text !== "") price[name] = Number(text);
    }
    if (await onSet(price)) form.reset();
  };
  return (
    <form class="price-form" onSubmit={(e) => void send(e as unknown as SubmitEvent)}>
      <label>Model<input name="model" required maxLength={200} data-testid="own-model" /></label>
      <label>Input, $ per million<input name="input" required type="number" min="0" max="1000" step="any" data-testid="own-input" /></label>
      <label>Cached input<input name="cache_read" type="number" min="0" max="1000" step="any" /></label>
      <label>Output<input name="output" required type="number" min="0" max="1000" step="any" data-testid="own-output" /></label>
      <button type="submit" class="small" data-testid="own-set">Set price</button>
    </form>
  );
}

function DiscountForm({ onSet }: { onSet: (discount: Discount) => Promise<boolean> }) {
  const send = async (e: SubmitEvent) => {
    e.preventDefault();
    const form = e.currentTarget as HTMLFormElement;
    const told = new FormData(form);
    if (await onSet({ model_prefix: String(told.get("prefix")).trim(), share: Number(told.get("percent")) / 100 })) form.reset();
  };
  return (
    <form class="price-form" onSubmit={(e) => void send(e as unknown as SubmitEvent)}>
      <label>Discount on models that begin with<input name="prefix" maxLength={200} placeholder="all" /></label>
      <label>Percent off<input name="percent" required type="number" min="0" max="100" step="any" data-testid="discount-percent" /></label>
      <button type="submit" class="small" data-testid="discount-set">Set discount</button>
    </form>
  );
}

/** In place of the one for the same models; the narrower first, since the first that fits a call holds. */
export const withDiscount = (held: Discount[], mine: Discount): Discount[] =>
  [...held.filter((other) => other.model_prefix !== mine.model_prefix), ...(mine.share > 0 ? [mine] : [])]
    .sort((a, b) => b.model_prefix.length - a.model_prefix.length);

const dollars = (price?: number) => (price === undefined ? "–" : `$${+price.toFixed(6)}`);
const since = (from?: string) => (from ? `, from ${from.slice(0, 10)}` : "");
