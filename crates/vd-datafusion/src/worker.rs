//! A worker: a process that computes parts of passes for others.

use std::net::SocketAddr;

use datafusion::error::Result as DataFusionResult;
use datafusion::execution::SessionState;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion_distributed::{Worker, WorkerQueryContext};
use tokio::net::TcpListener;
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;

use crate::error::{Error, Result};
use crate::function::aggregates;
use crate::session::settings;
pub use crate::wire::version;

/// A worker that listens and does not serve yet.
#[derive(Debug)]
pub struct Listening {
    listener: TcpListener,
    address: SocketAddr,
}

impl Listening {
    /// Takes the address; port 0 is any that is free.
    ///
    /// # Errors
    /// [`Error::Io`] for an address that cannot be taken.
    pub async fn at(address: &str) -> Result<Self> {
        let failed = |source| Error::Io { action: "listen on", path: address.to_owned(), source };
        let listener = TcpListener::bind(address).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        Ok(Self { listener, address })
    }

    /// The address that was taken.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until the process ends. `version` is what it says that it is; passes take at most `memory` bytes, if that is given.
    ///
    /// # Errors
    /// [`Error::Io`] where the connection ends, [`Error::Usage`] for a memory that is none.
    pub async fn serve(self, version: String, memory: Option<usize>) -> Result<()> {
        let mut worker = Worker::from_session_builder(session).with_version(version);
        if let Some(bytes) = memory {
            let runtime = RuntimeEnvBuilder::new().with_memory_limit(bytes, 1.0).build_arc();
            worker = worker.with_runtime_env(runtime.map_err(|error| Error::Usage(error.to_string()))?);
        }
        let incoming = TcpIncoming::from(self.listener).with_nodelay(Some(true));
        let served = Server::builder().add_service(worker.into_worker_server()).serve_with_incoming(incoming);
        served.await.map_err(|error| Error::Io {
            action: "serve on",
            path: self.address.to_string(),
            source: std::io::Error::other(error),
        })
    }
}

/// The session of one query's part.
async fn session(context: WorkerQueryContext) -> DataFusionResult<SessionState> {
    let mut builder = context.builder;
    settings(builder.config().get_or_insert_default(), None);
    builder.aggregate_functions().get_or_insert_default().extend(aggregates());
    Ok(builder.build())
}
