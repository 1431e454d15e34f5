/** Short lists, each row with a bar that compares its figure with the others. */

export interface Row {
  name: string;
  value: number | null;
  text: string;
  detail?: string;
}

export function Rows({ rows, label }: { rows: readonly Row[]; label: string }) {
  const largest = Math.max(...rows.map(({ value }) => Math.abs(value ?? 0)), Number.MIN_VALUE);
  return (
    <table className="rows" aria-label={label} data-points={rows.length}>
      <tbody>
        {rows.map(({ name, value, text, detail }) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            <td className="bar">
              <i className={(value ?? 0) < 0 ? "down" : "up"} style={{ width: `${(Math.abs(value ?? 0) / largest) * 100}%` }} />
            </td>
            <td>{text}</td>
            {detail !== undefined && <td className="detail">{detail}</td>}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
