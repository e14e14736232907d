//! The program's own server, in this process, on a port that the system chooses.

use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::JoinHandle;

use gongkai::config::{self, Config};
use gongkai::search::service::Service;
use gongkai::search::writes::Writing;
use gongkai::serving::{listener, routes};
use gongkai::state::ServerState;
use gongkai_index::embedded::WriteQueue;
use gongkai_index::lexicon::Lexicon;
use gongkai_index::{Effort, Embedded, Record, Searcher, Writer};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

/// A running server; it stops when dropped.
pub struct Server {
    pub address: SocketAddr,
    /// Of the index it serves, to write to it beside the server.
    pub engine: Option<Embedded>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
    _directory: Option<TempDir>,
}

impl Server {
    /// Serves these records with the settings of a first run.
    pub fn holding(records: &[Record]) -> Self {
        let directory = TempDir::new().expect("a temporary directory");
        let settings = Config { data: directory.path().to_owned(), ..Config::default() };
        let mut server = Self::holding_with(records, settings);
        server._directory = Some(directory);
        server
    }

    /// The same, with what the collection knows of how people type.
    pub fn learned(records: &[Record]) -> Self {
        let directory = TempDir::new().expect("a temporary directory");
        let settings = Config { data: directory.path().to_owned(), ..Config::default() };
        let engine = Embedded::open(&settings.index_directory()).expect("an empty index");
        put(&engine, records);
        let typing =
            Arc::new(Lexicon::build(&engine, Effort::Full).expect("the vocabulary of the collection"));
        let service = Service::new(Arc::new(engine.clone()), settings.search.clone());
        service.learn(typing);
        let mut server = Self::serving(service, settings);
        server.engine = Some(engine);
        server._directory = Some(directory);
        server
    }

    /// Serves these records with these settings, from the data directory they name.
    pub fn holding_with(records: &[Record], settings: Config) -> Self {
        let engine = Embedded::open(&settings.index_directory()).expect("an empty index");
        put(&engine, records);
        let live = WriteQueue::start(engine.clone(), settings.writing.limits()).expect("a writing thread");
        let service = Service::new(Arc::new(engine.clone()), settings.search.clone());
        let service = service.with_writing(Writing::by(live));
        let mut server = Self::serving_with(service, settings, Some(engine.clone()));
        server.engine = Some(engine);
        server
    }

    /// Serves any searcher, without a data directory.
    pub fn of(searcher: Arc<dyn Searcher>, search: config::Search) -> Self {
        let nowhere = TempDir::new().expect("a temporary directory");
        let settings = Config { data: nowhere.path().to_owned(), search, ..Config::default() };
        let mut server = Self::with(searcher, settings);
        server._directory = Some(nowhere);
        server
    }

    /// Serves any searcher with any settings.
    pub fn with(searcher: Arc<dyn Searcher>, settings: Config) -> Self {
        let service = Service::new(searcher, settings.search.clone());
        Self::serving(service, settings)
    }

    fn serving(service: Service, settings: Config) -> Self {
        Self::serving_with(service, settings, None)
    }

    fn serving_with(service: Service, settings: Config, written: Option<Embedded>) -> Self {
        let (stop, stopped) = oneshot::channel::<()>();
        let (tell, told) = std::sync::mpsc::channel();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
            runtime.expect("a runtime").block_on(async {
                let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
                tell.send(listener.local_addr().expect("its address")).expect("the test waits for it");
                let edge = ServerState::new(settings.clone());
                let app = Arc::new(service);
                if let Some(engine) = written {
                    gongkai::background::evidence::begin(engine, &app).expect("a thread");
                }
                let shutdown = async { drop(stopped.await) };
                listener::run(listener, routes::site(app, &edge), &settings.server, shutdown)
                    .await
                    .expect("serves");
            });
        });
        let address = told.recv().expect("the server has begun");
        Self { address, engine: None, stop: Some(stop), thread: Some(thread), _directory: None }
    }

    /// The index it serves.
    pub fn engine(&self) -> &Embedded {
        self.engine.as_ref().expect("made by `holding`")
    }
}

/// Writes records and commits.
pub fn put(engine: &Embedded, records: &[Record]) {
    let mut writer = engine.writer().expect("the only writer");
    for record in records {
        writer.put(record).expect("a valid record is taken");
    }
    writer.commit().expect("commits");
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
            && !std::thread::panicking()
        {
            panic!("the server ended in a panic");
        }
    }
}
