type Row = Record<string, unknown>;

function isRow(value: unknown): value is Row {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** `{"orders": […]}` or a bare list; whatever isn't an object is left out. */
function rowsOf(body: unknown): Row[] {
  const list = isRow(body) ? body['orders'] : body;
  return Array.isArray(list) ? list.filter(isRow) : [];
}

/** An API may add members at any time, so the columns are what came. */
export function OrdersTable(props: { body: unknown }) {
  const rows = rowsOf(props.body);
  const columns = [...new Set(rows.flatMap(row => Object.keys(row)))];
  if (rows.length === 0) return <p>No orders yet.</p>;
  return (
    <div className="scroll" role="region" aria-label="Orders" tabIndex={0}>
      <table>
        <thead>
          <tr>
            {columns.map(column => (
              <th key={column} scope="col">
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, index) => (
            <tr key={index}>
              {columns.map(column => (
                <Cell key={column} value={row[column]} />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Cell(props: { value: unknown }) {
  const { value } = props;
  if (typeof value === 'number') return <td className="number">{value}</td>;
  return <td>{typeof value === 'string' ? value : value === undefined ? '' : JSON.stringify(value)}</td>;
}
