/** Figures as people read them. */

const compact = new Intl.NumberFormat("en", { notation: "compact", maximumSignificantDigits: 3 });
const dollars = new Intl.NumberFormat("en", { notation: "compact", style: "currency", currency: "USD", maximumSignificantDigits: 3 });
const price = new Intl.NumberFormat("en", { maximumSignificantDigits: 6 });
const clock = new Intl.DateTimeFormat("en", { timeStyle: "medium", hourCycle: "h23" });
const date = new Intl.DateTimeFormat("en", { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const HALF_A_DAY = 12 * 60 * 60 * 1000;

const MISSING = "–";
type Figure = number | null | undefined;
const shown = (value: Figure, format: (value: number) => string): string => (value === null || value === undefined ? MISSING : format(value));
const signed = (value: number, digits: number): string => (value === 0 ? "0" : `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(digits)}`);

export const formatCompact = (value: Figure): string => shown(value, (figure) => compact.format(figure));
export const formatDollars = (value: Figure): string => shown(value, (figure) => dollars.format(figure).replace("-", "−"));
export const formatPrice = (value: Figure): string => shown(value, (figure) => price.format(figure));
export const formatChange = (value: Figure): string => shown(value, (figure) => `${signed(figure, 2)} %`);
export const formatRate = (value: Figure): string => shown(value, (figure) => `${signed(figure, 4)} %`);

export function formatTime(value: string): string {
  const time = new Date(value);
  return (Math.abs(time.getTime() - Date.now()) < HALF_A_DAY ? clock : date).format(time);
}
