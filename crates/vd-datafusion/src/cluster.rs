//! The workers of a cluster: which of them answer, and that they are of this version.

use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use datafusion::error::Result as DataFusionResult;
use datafusion_distributed::{ChannelResolver, GetWorkerInfoRequest, WorkerChannel, WorkerResolver, grpc};
use futures::future::join_all;
use url::Url;

use crate::error::{Error, Result};
use crate::failure::brief;
use crate::wire::version;

/// How long a worker may take to say that it is there. A busy machine is not a lost one.
const ANSWER: Duration = Duration::from_secs(15);

/// How often the workers are asked during a pass.
const BEAT: Duration = Duration::from_secs(2);

/// How long a lost worker is left alone.
const REST: Duration = Duration::from_secs(30);

/// The workers that a session plans for: those that answered last.
#[derive(Debug, Clone, Default)]
pub(crate) struct Answering(Arc<RwLock<Vec<Url>>>);

impl Answering {
    fn set(&self, urls: Vec<Url>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = urls;
    }

    pub fn urls(&self) -> Vec<Url> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl WorkerResolver for Answering {
    fn get_urls(&self) -> DataFusionResult<Vec<Url>> {
        Ok(self.urls())
    }
}

/// The connections of one session. The engine's own are kept by the address of a session's memory, which a later session of another runtime may have too,
/// and live as long as they are used.
#[derive(Clone, Default)]
pub(crate) struct Connections(Arc<RwLock<grpc::DefaultChannelResolver>>);

impl std::fmt::Debug for Connections {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Connections")
    }
}

impl Connections {
    /// New ones from now on.
    fn renew(&self) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = grpc::DefaultChannelResolver::default();
    }
}

#[async_trait]
impl ChannelResolver for Connections {
    async fn get_worker_client_for_url(&self, url: &Url) -> DataFusionResult<Box<dyn WorkerChannel>> {
        let now = self.0.read().unwrap_or_else(PoisonError::into_inner).clone();
        now.get_worker_client_for_url(url).await
    }
}

/// The workers of a cluster.
#[derive(Debug)]
pub(crate) struct Cluster {
    all: Vec<Url>,
    answering: Answering,
    connections: Connections,
    /// When each worker was last found not to answer.
    lost: Mutex<Vec<Option<Instant>>>,
}

impl Cluster {
    /// The workers at these addresses, `http://host:port` or `host:port`.
    pub fn new(addresses: &[String]) -> Result<Self> {
        let url = |address: &String| {
            let full = if address.contains("://") { address.clone() } else { format!("http://{address}") };
            let url = Url::parse(&full).ok().filter(|url| url.host().is_some() && url.port().is_some());
            url.ok_or_else(|| {
                Error::Usage(format!("--cluster: `{address}` is no address such as 10.0.0.5:50051"))
            })
        };
        let all: Vec<Url> = addresses.iter().map(url).collect::<Result<_>>()?;
        if all.is_empty() {
            return Err(Error::Usage("--cluster names no worker".to_owned()));
        }
        let lost = Mutex::new(vec![None; all.len()]);
        Ok(Self { all, answering: Answering::default(), connections: Connections::default(), lost })
    }

    /// What a session asks for its workers.
    pub fn resolver(&self) -> Answering {
        self.answering.clone()
    }

    /// A session's connections.
    pub fn connections(&self) -> Connections {
        self.connections.clone()
    }

    /// [`Cluster::refresh`] after a failure, with new connections.
    ///
    /// # Errors
    /// As [`Cluster::refresh`].
    pub async fn recover(&self) -> Result<()> {
        self.connections.renew();
        self.refresh().await
    }

    /// Asks the workers, and plans for those that answer.
    ///
    /// # Errors
    /// A worker of another version; no worker at all.
    pub async fn refresh(&self) -> Result<()> {
        let now = Instant::now();
        let rested: Vec<bool> = {
            let lost = self.lost.lock().unwrap_or_else(PoisonError::into_inner);
            lost.iter().map(|since| since.is_none_or(|since| now.duration_since(since) > REST)).collect()
        };
        // Where all are lost, they are all asked again.
        let ask = |k: usize| rested[k] || !rested.contains(&true);
        let asked: Vec<usize> = (0..self.all.len()).filter(|&k| ask(k)).collect();
        let answers = join_all(asked.iter().map(|&k| greet(&self.all[k]))).await;
        let (mut urls, mut reasons) = (Vec::new(), Vec::new());
        let mut lost = self.lost.lock().unwrap_or_else(PoisonError::into_inner);
        for (k, answer) in asked.into_iter().zip(answers) {
            let url = &self.all[k];
            match answer {
                Ok(found) if found == version() => {
                    lost[k] = None;
                    urls.push(url.clone());
                }
                Ok(found) => {
                    return Err(Error::Version {
                        what: format!("the worker at {url}"),
                        found,
                        own: version(),
                    });
                }
                Err(reason) => {
                    lost[k] = Some(now);
                    reasons.push(format!("{url}: {reason}"));
                }
            }
        }
        if urls.is_empty() {
            return Err(Error::NoWorkers(reasons.join("; ")));
        }
        self.answering.set(urls);
        Ok(())
    }

    /// Ends when one of the workers in use does not answer any more; says which and why.
    pub async fn until_lost(&self) -> String {
        loop {
            tokio::time::sleep(BEAT).await;
            let urls = self.answering.urls();
            for (url, answer) in urls.iter().zip(join_all(urls.iter().map(greet)).await) {
                if let Err(reason) = answer {
                    return format!("{url}: {reason}");
                }
            }
        }
    }
}

/// A worker's version.
async fn greet(url: &Url) -> std::result::Result<String, String> {
    let ask = async {
        // A resolver of its own: its connection is a new one, which a process that has gone cannot answer.
        let resolver = grpc::DefaultChannelResolver::default();
        let mut client = resolver.get_worker_client_for_url(url).await?;
        client.get_worker_info(GetWorkerInfoRequest {}).await
    };
    match tokio::time::timeout(ANSWER, ask).await {
        Ok(Ok(info)) => Ok(info.version),
        Ok(Err(error)) => Err(brief(&error.to_string())),
        Err(_) => Err(format!("no answer in {} seconds", ANSWER.as_secs())),
    }
}
