//! Queries: a session of this process or of a cluster, and passes over the rows of a query.

use std::time::Duration;

use datafusion::arrow::array::{Array, ArrayRef, AsArray};
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::common::Column;
use datafusion::error::DataFusionError;
use datafusion::execution::SessionStateBuilder;
use datafusion::execution::context::SQLOptions;
use datafusion::logical_expr::{Expr, lit};
use datafusion::prelude::{DataFrame, SessionConfig, SessionContext};
use datafusion::scalar::ScalarValue;
use datafusion_distributed::{DistributedExt, SessionStateBuilderExt};
use futures::TryStreamExt;
use tokio::runtime::Runtime;

use crate::cluster::Cluster;
use crate::error::{Error, Result};
use crate::failure::{brief, own, pass, query};
use crate::files;
use crate::function::{aggregate, aggregates};
use crate::session::settings;
use crate::wire::{decode, encode};
use crate::work::{Request, State};

/// How often a pass is begun again for workers that were lost, at most.
const ATTEMPTS: usize = 8;

/// Where queries run: in this process, or on a cluster.
pub struct Engine {
    runtime: Runtime,
    context: SessionContext,
    cluster: Option<Cluster>,
}

/// A query that was planned, and the columns of its rows.
#[derive(Debug, Clone)]
pub(crate) struct Rows {
    frame: DataFrame,
    pub schema: SchemaRef,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine").field("cluster", &self.cluster).finish_non_exhaustive()
    }
}

impl Engine {
    /// Queries in this process; a pass has `partitions` parts, or as many as there are processors.
    ///
    /// # Errors
    /// [`Error::Io`] where threads cannot be started.
    pub fn embedded(partitions: Option<usize>) -> Result<Self> {
        Self::new(partitions, None)
    }

    /// Queries on the workers at these addresses, `host:port`, which must see the files under the same names; a pass has `partitions` parts on each.
    ///
    /// # Errors
    /// [`Error::Usage`] for what is no address, [`Error::NoWorkers`] where none answers, [`Error::Version`] for a worker of another version.
    pub fn cluster(addresses: &[String], partitions: Option<usize>) -> Result<Self> {
        Self::new(partitions, Some(Cluster::new(addresses)?))
    }

    fn new(partitions: Option<usize>, cluster: Option<Cluster>) -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
        let runtime =
            runtime.map_err(|source| Error::Io { action: "start", path: "threads".to_owned(), source })?;
        let mut config = SessionConfig::new();
        settings(&mut config, partitions);
        let mut builder = SessionStateBuilder::new().with_config(config).with_default_features();
        if let Some(cluster) = &cluster {
            runtime.block_on(cluster.refresh())?;
            builder = builder
                .with_distributed_worker_resolver(cluster.resolver())
                .with_distributed_channel_resolver(cluster.connections())
                .with_distributed_planner()
                // As many parts as there are workers, however small the files.
                .with_distributed_file_scan_config_bytes_per_partition(1)
                .map_err(query)?;
        }
        let mut state = builder.build();
        for function in aggregates() {
            use datafusion::execution::FunctionRegistry as _;
            state.register_udaf(function).map_err(query)?;
        }
        let context = SessionContext::new_with_state(state).enable_url_table();
        Ok(Self { runtime, context, cluster })
    }

    /// The session, for tables and functions of one's own.
    #[must_use]
    pub fn context(&self) -> &SessionContext {
        &self.context
    }

    /// Plans a query.
    pub(crate) fn open(&self, sql: &str) -> Result<Rows> {
        self.runtime.block_on(async {
            files::check(&self.context, sql).await?;
            let options =
                SQLOptions::new().with_allow_ddl(false).with_allow_dml(false).with_allow_statements(false);
            let frame = self.context.sql_with_options(sql, options).await.map_err(query)?;
            let schema = frame.schema().inner().clone();
            Ok(Rows { frame, schema })
        })
    }

    /// One pass over the rows of a query, whose columns are taken in this order.
    pub(crate) fn pass(&self, rows: &Rows, columns: &[String], request: &Request) -> Result<State> {
        let bytes = encode(request)?;
        let mut arguments = vec![lit(ScalarValue::Binary(Some(bytes)))];
        arguments.extend(columns.iter().map(|name| Expr::Column(Column::from_name(name))));
        let call = aggregate(request).call(arguments).alias("state");
        let frame = rows.frame.clone().aggregate(Vec::new(), vec![call]).map_err(query)?;
        self.runtime.block_on(self.state(frame))
    }

    /// The rows of a query, whose columns are taken in this order, batch by batch in the order of their parts.
    pub(crate) fn read(
        &self,
        rows: &Rows,
        columns: &[String],
        take: &mut dyn FnMut(&[ArrayRef]) -> Result<()>,
    ) -> Result<()> {
        if self.cluster.is_some() {
            let what = "dsvi reads its rows in this process: leave out --cluster, or use linreg or glm";
            return Err(Error::Usage(what.to_owned()));
        }
        let columns = columns.iter().map(|name| Expr::Column(Column::from_name(name))).collect::<Vec<_>>();
        let frame = rows.frame.clone().select(columns).map_err(query)?;
        self.runtime.block_on(async {
            for mut part in frame.execute_stream_partitioned().await.map_err(pass)? {
                while let Some(batch) = part.try_next().await.map_err(pass)? {
                    take(batch.columns())?;
                }
            }
            Ok(())
        })
    }

    async fn state(&self, frame: DataFrame) -> Result<State> {
        let Some(cluster) = &self.cluster else {
            return state(collect(frame).await.map_err(pass)?);
        };
        let (mut told, mut unexplained) = (String::new(), 0);
        for _ in 0..ATTEMPTS {
            cluster.refresh().await?;
            let before = cluster.resolver().urls();
            let failure = tokio::select! {
                found = collect(frame.clone()) => match found {
                    Ok(bytes) => return state(bytes),
                    Err(error) => error,
                },
                lost = cluster.until_lost() => DataFusionError::Execution(lost),
            };
            // A worker that was lost answers no more: the pass begins again without it. Where all still answer, it is tried once more.
            cluster.recover().await?;
            if cluster.resolver().urls() == before {
                unexplained += 1;
                if unexplained > 1 || own(&failure).is_some() {
                    return Err(pass(failure));
                }
            }
            told = failure.to_string();
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Err(Error::Pass(format!("given up after {ATTEMPTS} attempts; the last: {}", brief(&told))))
    }
}

/// The one value of a query's one row.
async fn collect(frame: DataFrame) -> std::result::Result<Option<Vec<u8>>, DataFusionError> {
    let batches = frame.collect().await?;
    let value = |array: &ArrayRef| {
        let bytes = array.as_binary_opt::<i32>()?;
        (!bytes.is_empty() && bytes.is_valid(0)).then(|| bytes.value(0).to_vec())
    };
    Ok(batches.iter().filter(|batch| batch.num_rows() > 0).find_map(|batch| value(batch.column(0))))
}

fn state(bytes: Option<Vec<u8>>) -> Result<State> {
    let bytes = bytes.ok_or_else(|| Error::Pass("its query has no row".to_owned()))?;
    decode(&bytes, "the state of a pass")
}
