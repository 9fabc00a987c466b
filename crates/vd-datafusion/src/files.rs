//! The files that a query names: that they are there, and have the same columns.

use std::sync::Arc;

use datafusion::arrow::datatypes::Schema;
use datafusion::common::TableReference;
use datafusion::datasource::file_format::FileFormat;
use datafusion::datasource::listing::ListingTableUrl;
use datafusion::execution::context::SessionContext;
use datafusion::prelude::SessionConfig;
use futures::TryStreamExt;

use crate::error::{Error, Result};
use crate::failure::{brief, query};

/// Checks every file that a query names as a table.
///
/// # Errors
/// [`Error::NoTable`] for a name of which there is no file, [`Error::Schema`] for a file that has other columns than the first.
pub(crate) async fn check(context: &SessionContext, sql: &str) -> Result<()> {
    let state = context.state();
    let dialect = SessionConfig::new().options().sql_parser.dialect;
    let statement = state.sql_to_statement(sql, &dialect).map_err(query)?;
    for table in state.resolve_table_references(&statement).map_err(query)? {
        let TableReference::Bare { table: name } = &table else { continue };
        if context.table_exist(table.clone()).unwrap_or(false) {
            continue;
        }
        one(context, name).await?;
    }
    Ok(())
}

async fn one(context: &SessionContext, name: &str) -> Result<()> {
    let state = context.state();
    let missing = |why: String| Error::NoTable { name: name.to_owned(), why };
    let url = ListingTableUrl::parse(name)
        .map_err(|error| missing(format!(": {}", brief(&error.strip_backtrace()))))?;
    let store = state.runtime_env().object_store(&url).map_err(|_| missing(String::new()))?;
    let listed = url.list_all_files(&state, store.as_ref(), "").await;
    let files = match listed {
        Ok(files) => files.try_collect::<Vec<_>>().await.map_err(|_| missing(String::new()))?,
        Err(_) => return Err(missing(String::new())),
    };
    let Some(first) = files.first() else { return Err(missing(String::new())) };
    let extension = first.location.extension().unwrap_or_default().to_owned();
    let factory = state.get_file_format_factory(&extension);
    let format: Arc<dyn FileFormat> = match factory.map(|factory| factory.create(&state, &Default::default()))
    {
        Some(Ok(format)) => format,
        _ => {
            let what = format!(
                ": files that end in .{extension} are not read (.parquet, .csv, .json and .arrow are)"
            );
            return Err(missing(what));
        }
    };
    let mut schemas: Option<(String, Schema)> = None;
    for file in &files {
        let path = format!("/{}", file.location);
        let schema = format.infer_schema(&state, &store, std::slice::from_ref(file)).await;
        let schema = schema.map_err(|error| {
            let source = std::io::Error::other(brief(&error.strip_backtrace()));
            Error::Io { action: "read", path: path.clone(), source }
        })?;
        match &schemas {
            None => schemas = Some((path, schema.as_ref().clone())),
            Some((first, expected)) => differ(first, expected, &path, &schema)?,
        }
    }
    Ok(())
}

/// What the second file has another way than the first.
fn differ(first: &str, expected: &Schema, file: &str, found: &Schema) -> Result<()> {
    let kind = |schema: &Schema, name: &str| {
        schema.field_with_name(name).map_or("not there".to_owned(), |field| field.data_type().to_string())
    };
    let names = expected.fields().iter().chain(found.fields()).map(|field| field.name());
    for name in names {
        let (expected, found) = (kind(expected, name), kind(found, name));
        if expected != found {
            let (file, first, column) = (file.to_owned(), first.to_owned(), name.clone());
            return Err(Error::Schema { file, column, found, first, expected });
        }
    }
    Ok(())
}
