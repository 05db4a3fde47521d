//! Why a job on a database ended without effect.

use kernel::Failure;

use super::DbError;

/// What a job returns that can be refused by a rule of its service as well as fail in the engine; either rolls it back.
#[derive(Debug)]
pub enum Fault {
    /// The engine failed.
    Db(DbError),
    /// A rule said no.
    Refused(Box<Failure>),
}

impl From<DbError> for Fault {
    fn from(error: DbError) -> Self {
        Fault::Db(error)
    }
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        Fault::Db(error.into())
    }
}

impl From<Failure> for Fault {
    fn from(failure: Failure) -> Self {
        Fault::Refused(Box::new(failure))
    }
}

impl From<serde_json::Error> for Fault {
    fn from(error: serde_json::Error) -> Self {
        Failure::internal(format_args!("a stored document cannot be read or written: {error}")).into()
    }
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Db(error) => error.into(),
            Fault::Refused(failure) => *failure,
        }
    }
}
