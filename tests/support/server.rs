//! Server of the program, in this process, on a port that the system chooses.

use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::JoinHandle;

use gongkai::config::{self, Config};
use gongkai::search::service::Service;
use gongkai::search::writes::Writing;
use gongkai::serving::{listener, routes};
use gongkai::state::ServerState;
use gongkai_index::backend::Load;
use gongkai_index::collection::write_queue::WriteQueue;
use gongkai_index::lexicon::Lexicon;
use gongkai_index::{Collection, Effort, Record, RecordWriter};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

/// Running server; it stops when dropped.
pub struct Server {
    pub address: SocketAddr,
    /// Collection it serves, for tests that write beside the server.
    pub collection: Option<Collection>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
    _directory: Option<TempDir>,
}

impl Server {
    /// Serves these records with default settings.
    pub fn with_records(records: &[Record]) -> Self {
        let directory = TempDir::new().expect("a temporary directory");
        let settings = Config { data: directory.path().to_owned(), ..Config::default() };
        let mut server = Self::with_settings(records, settings);
        server._directory = Some(directory);
        server
    }

    /// Serves these records with default settings and the lexicon of the collection.
    pub fn with_lexicon(records: &[Record]) -> Self {
        let directory = TempDir::new().expect("a temporary directory");
        let settings = Config { data: directory.path().to_owned(), ..Config::default() };
        let collection = gongkai::cli::open(&settings).expect("an empty index");
        write_records(&collection, records);
        let lexicon = Lexicon::build(&collection.reader(), Effort::Full).expect("a lexicon");
        let service = Service::new(collection.clone(), settings.search.clone());
        service.replace_lexicon(Arc::new(lexicon));
        let mut server = Self::start(service, settings, None);
        server.collection = Some(collection);
        server._directory = Some(directory);
        server
    }

    /// Serves these records with these settings, from the data directory they name.
    pub fn with_settings(records: &[Record], settings: Config) -> Self {
        let collection = gongkai::cli::open(&settings).expect("an empty index");
        write_records(&collection, records);
        let queue =
            WriteQueue::start(collection.clone(), settings.writing.limits()).expect("a writing thread");
        let service = Service::new(collection.clone(), settings.search.clone());
        let service = service.with_writing(Writing::by(queue));
        let mut server = Self::start(service, settings, Some(collection.clone()));
        server.collection = Some(collection);
        server
    }

    /// Serves a collection with default settings but those of searching.
    pub fn with_collection(collection: Collection, search: config::Search) -> Self {
        let directory = TempDir::new().expect("a temporary directory");
        let settings = Config { data: directory.path().to_owned(), search, ..Config::default() };
        let mut server = Self::with_collection_and_settings(collection, settings);
        server._directory = Some(directory);
        server
    }

    /// Serves a collection with these settings.
    pub fn with_collection_and_settings(collection: Collection, settings: Config) -> Self {
        let service = Service::new(collection, settings.search.clone());
        Self::start(service, settings, None)
    }

    fn start(service: Service, settings: Config, writable: Option<Collection>) -> Self {
        let (stop, stopped) = oneshot::channel::<()>();
        let (address_sender, address_receiver) = std::sync::mpsc::channel();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
            runtime.expect("a runtime").block_on(async {
                let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
                address_sender
                    .send(listener.local_addr().expect("its address"))
                    .expect("the test waits for it");
                let edge = ServerState::new(settings.clone());
                let app = Arc::new(service);
                if let Some(collection) = writable {
                    gongkai::background::evidence::begin(&collection, &app).expect("a thread");
                }
                let shutdown = async { drop(stopped.await) };
                listener::run(listener, routes::site(app, &edge), &settings.server, shutdown)
                    .await
                    .expect("serves");
            });
        });
        let address = address_receiver.recv().expect("the server has begun");
        Self { address, collection: None, stop: Some(stop), thread: Some(thread), _directory: None }
    }

    /// Collection it serves.
    pub fn collection(&self) -> &Collection {
        self.collection.as_ref().expect("a server of records")
    }
}

/// Writes records to a collection and commits.
pub fn write_records(collection: &Collection, records: &[Record]) {
    let mut writer = collection.writer(Load::Bulk).expect("the only writer");
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
