/** Figures as people read them. */

const compact = new Intl.NumberFormat("en", { notation: "compact", maximumSignificantDigits: 3 });
const dollars = new Intl.NumberFormat("en", { notation: "compact", style: "currency", currency: "USD", maximumSignificantDigits: 3 });
const price = new Intl.NumberFormat("en", { maximumSignificantDigits: 6 });
const clock = new Intl.DateTimeFormat("en", { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });

const MISSING = "–";
type Figure = number | null | undefined;
const shown = (value: Figure, format: (value: number) => string): string => (value === null || value === undefined ? MISSING : format(value));
const signed = (value: number, digits: number): string => (value === 0 ? "0" : `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(digits)}`);

export const formatCompact = (value: Figure): string => shown(value, (figure) => compact.format(figure));
export const formatDollars = (value: Figure): string => shown(value, (figure) => dollars.format(figure).replace("-", "−"));
export const formatPrice = (value: Figure): string => shown(value, (figure) => price.format(figure));
export const formatChange = (value: Figure): string => shown(value, (figure) => `${signed(figure, 2)} %`);
export const formatRate = (value: Figure): string => shown(value, (figure) => `${signed(figure, 4)} %`);
export const formatTime = (value: string): string => clock.format(new Date(value));
