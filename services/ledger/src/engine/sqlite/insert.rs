//! Inserting many rows with few statements: one statement of 32 rows costs about two thirds of 32 statements.

use rusqlite::{Connection, Result, Statement, ToSql};

/// Rows per statement, largest first. The last is 1, so that any number of rows is covered.
const CHUNKS: [usize; 3] = [32, 8, 1];

/// The parameters of a statement, given one after the other.
pub(super) struct Bound<'s, 'c> {
    statement: &'s mut Statement<'c>,
    next: usize,
}

impl<'s, 'c> Bound<'s, 'c> {
    pub(super) fn new(statement: &'s mut Statement<'c>) -> Self {
        Bound { statement, next: 1 }
    }

    pub(super) fn put(&mut self, value: impl ToSql) -> Result<()> {
        self.next += 1;
        self.statement.raw_bind_parameter(self.next - 1, value)
    }
}

/// Inserts `rows` into `table`, which is a name followed by its columns: `t (a, b)`.
///
/// With `or fail`, since a batch that fails is rolled back as a whole: SQLite then keeps no journal for the statement.
pub(super) fn insert<T>(
    conn: &Connection,
    table: &str,
    rows: &[T],
    mut bind: impl FnMut(&mut Bound<'_, '_>, &T) -> Result<()>,
) -> Result<()> {
    let columns = table.matches(',').count() + 1;
    let row = format!("({}?)", "?, ".repeat(columns - 1));
    let mut left = rows;
    while !left.is_empty() {
        let size = CHUNKS.into_iter().find(|size| *size <= left.len()).unwrap_or(1);
        let sql = format!("insert or fail into {table} values {}{row}", format!("{row}, ").repeat(size - 1));
        let mut statement = conn.prepare_cached(&sql)?;
        while left.len() >= size {
            let (chunk, rest) = left.split_at(size);
            left = rest;
            let mut bound = Bound::new(&mut statement);
            for row in chunk {
                bind(&mut bound, row)?;
            }
            statement.raw_execute()?;
        }
    }
    Ok(())
}
