//! `gongkai serve`, and `gongkai` alone.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use gongkai_index::backend::Load;
use gongkai_index::collection::write_queue::WriteQueue;
use gongkai_index::lexicon::Lexicon;
use gongkai_index::{Collection, Effort, RecordWriter};
use tokio::net::TcpListener;

use crate::background::{after_commit, evidence};
use crate::cli::file_access::close_data_directory;
use crate::cli::open;
use crate::cli::outcome::Outcome;
use crate::config::Config;
use crate::sample;
use crate::search::service::{Service, SharedService};
use crate::search::writes::Writing;
use crate::serving::tls::Certificate;
use crate::serving::{listener, routes};
use crate::state::ServerState;
use crate::telemetry::{SearchLog, logs};

/// Blocking threads for disk access beside the searches. Few, since searches share them, and each
/// thread that ever searched keeps memory.
const EXTRA_BLOCKING_THREADS: usize = 8;
/// Open files beside the connections: the index, logs.
const EXTRA_FILES: u64 = 1_024;
/// Interval at which the search log is written.
const FLUSH_INTERVAL: Duration = Duration::from_secs(30);

/// Arguments of `gongkai serve`.
#[derive(clap::Args)]
pub struct Arguments {
    /// Address and port
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<SocketAddr>,
}

/// Serves the data directory.
///
/// # Errors
/// An index that cannot be opened, an address that is taken.
pub fn run(config: &Config, arguments: &Arguments) -> anyhow::Result<Outcome> {
    let mut config = config.clone();
    config.server.listen = arguments.listen.unwrap_or(config.server.listen);
    let collection = open(&config)?;
    serve(&config, collection)
}

/// Serves without a command: an empty data directory gets the sample records first.
///
/// # Errors
/// As [`run`].
pub fn first_run(config: &Config) -> anyhow::Result<Outcome> {
    let collection = open(config)?;
    if collection.is_empty() && collection.generation() == 0 {
        eprintln!("{} is empty: indexing the sample records", config.data.display());
        let mut writer = collection.writer(Load::Bulk)?;
        for record in sample::sample_records() {
            writer.put(&record)?;
        }
        writer.commit()?;
        // The sample is small, so its first reader finds corrections and suggestions ready.
        Lexicon::build(&collection.reader(), Effort::Full)?.save(&config.typing_file())?;
    }
    serve(config, collection)
}

/// Serves until a signal to stop.
fn serve(config: &Config, collection: Collection) -> anyhow::Result<Outcome> {
    close_data_directory(config);
    // Raises the limit of open files to the number of connections, if the system permits; the limit
    // of a shell is often a quarter of that.
    let files = config.server.max_connections as u64 + EXTRA_FILES;
    if rlimit::increase_nofile_limit(files).is_ok_and(|limit| limit < files) {
        eprintln!(
            "the system allows fewer open files than {files}: connections may be refused before the limit"
        );
    }
    // A certificate that cannot be used is reported before anything is served.
    Certificate::from_settings(&config.server.tls)?;
    let _log_guard = logs::start(&config.logs);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        // Searches run on blocking threads; permits bound them, this bounds everything else.
        .max_blocking_threads(config.search.permits() + EXTRA_BLOCKING_THREADS)
        .build()?;
    runtime.block_on(async {
        let listen = config.server.listen;
        let listener =
            TcpListener::bind(listen).await.with_context(|| format!("cannot listen on {listen}"))?;
        let stop = stop_signal()?;
        let writing = Writing::by(WriteQueue::start(collection.clone(), config.writing.limits())?);
        let service = Service::new(collection.clone(), config.search.clone());
        let service = Arc::new(service.with_writing(writing));
        // Not on this thread, which only waits from here on and would keep the memory of reading.
        let (file, generation) = (config.typing_file(), service.generation());
        if let Some(lexicon) = tokio::task::spawn_blocking(move || Lexicon::load(&file, generation)).await? {
            service.replace_lexicon(Arc::new(lexicon));
        }
        eprintln!("{} records, generation {}", service.len(), service.generation());
        let health = collection.health()?;
        if health.stale_dictionary {
            eprintln!("the index was built with another dictionary: `gongkai reindex` brings it up to date, also while this runs");
        }
        if health.facts_rebuilt {
            eprintln!("index/relations.log was missing or not what was written: links, copies and terms were made again from the records, and the next change writes the file anew");
        }
        let (scheme, base) = (config.server.tls.scheme(), &config.server.base_path);
        println!("{scheme}://{}{base}/", listener.local_addr()?);
        let state = ServerState::new(config.clone());
        let flushing = tokio::spawn(flush_search_log(state.telemetry.searches.clone()));
        after_commit::start_lexicon_updates(&service, config)?;
        evidence::begin(&collection, &service)?;
        let following = tokio::spawn(after_commit::follow_commits(collection));
        let admin_server = start_admin_server(config, &service, &state).await?;
        listener::run(listener, routes::site(service, &state), &config.server, stop).await?;
        state.is_ending.send_replace(true);
        // Changes of clients that went away are made too, so their audit lines have to be written.
        let timeout = Duration::from_secs(config.server.shutdown_seconds);
        let all_done = tokio::time::timeout(timeout, state.under_way.write()).await;
        if all_done.is_err() {
            tracing::warn!("what was still under way for holders of keys is not in the audit log");
        }
        following.abort();
        flushing.abort();
        state.telemetry.flush();
        admin_server.inspect(|task| task.abort());
        Ok(Outcome::Done)
    })
}

/// Serves administration at an address of its own, if the settings have one.
async fn start_admin_server(
    config: &Config,
    service: &SharedService,
    state: &Arc<ServerState>,
) -> anyhow::Result<Option<tokio::task::JoinHandle<()>>> {
    let Some(listen) = config.server.admin_listen else { return Ok(None) };
    let listener = TcpListener::bind(listen).await.with_context(|| format!("cannot listen on {listen}"))?;
    eprintln!("administration: {}://{}/", config.server.tls.scheme(), listener.local_addr()?);
    let (site, settings) = (routes::admin_site(service.clone(), state), config.server.clone());
    Ok(Some(tokio::spawn(async move {
        // The server ends with the task; its last requests need not be waited for.
        if let Err(e) = listener::run(listener, site, &settings, std::future::pending()).await {
            tracing::error!(error = %e, "administration is not served any more");
        }
    })))
}

/// Writes the search log at intervals.
async fn flush_search_log(searches: Arc<SearchLog>) {
    loop {
        tokio::time::sleep(FLUSH_INTERVAL).await;
        let searches = searches.clone();
        if tokio::task::spawn_blocking(move || searches.flush()).await.is_err() {
            return;
        }
    }
}

/// Resolves at SIGTERM or SIGINT.
fn stop_signal() -> anyhow::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}
