/** Copies a text, where the browser and the user allow it. */

export async function copy(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false; // no clipboard without HTTPS, or without the permission
  }
}
