//! HTTPS: the certificate, taken anew when its files change, and the handshake.

use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::config;

/// How often the files are looked at, at most: when a connection comes.
const LOOK: Duration = Duration::from_millis(500);
/// What the first message of a TLS connection begins with.
const HANDSHAKE: u8 = 0x16;

/// The certificate in use.
pub struct Certificate {
    files: [PathBuf; 2],
    held: Mutex<Held>,
}

struct Held {
    config: Arc<ServerConfig>,
    /// Tells one state of the files from the next, also of those that could not be used.
    marks: [Option<[i64; 4]>; 2],
    looked: Instant,
}

impl Certificate {
    /// Reads the certificate that the settings name; `None` if they name none.
    ///
    /// # Errors
    /// Files that cannot be read or do not belong together; what is wrong is said.
    pub fn named(settings: &config::Tls) -> io::Result<Option<Self>> {
        let files = match (&settings.certificate, &settings.key) {
            (None, None) => return Ok(None),
            (Some(certificate), Some(key)) => [certificate.clone(), key.clone()],
            (Some(_), None) => return Err(io::Error::other("server.tls.certificate needs server.tls.key")),
            (None, Some(_)) => return Err(io::Error::other("server.tls.key needs server.tls.certificate")),
        };
        let marks = marks(&files);
        let config = read(&files)?;
        Ok(Some(Self { files, held: Mutex::new(Held { config, marks, looked: Instant::now() }) }))
    }

    /// The certificate as the files have it now; as it was while they make no sense.
    fn current(&self) -> Arc<ServerConfig> {
        let mut held = self.held.lock();
        if held.looked.elapsed() >= LOOK {
            held.looked = Instant::now();
            let now = marks(&self.files);
            if now != held.marks {
                held.marks = now;
                match read(&self.files) {
                    Ok(config) => {
                        held.config = config;
                        tracing::info!("the certificate was read again");
                    }
                    Err(e) => tracing::error!(error = %e, "the new certificate is not used"),
                }
            }
        }
        held.config.clone()
    }

    /// Shakes hands on a connection, in bounded time. Who speaks plain HTTP is told so in it;
    /// `refusal` has the words.
    ///
    /// # Errors
    /// No handshake came of it.
    pub async fn shake_hands(
        &self,
        mut stream: TcpStream,
        patience: Duration,
        refusal: impl FnOnce() -> Vec<u8>,
    ) -> io::Result<TlsStream<TcpStream>> {
        let acceptor = TlsAcceptor::from(self.current());
        let shaken = async {
            let mut first = [0];
            if stream.peek(&mut first).await? == 0 {
                return Err(io::Error::from(io::ErrorKind::UnexpectedEof));
            }
            if first[0] != HANDSHAKE {
                stream.write_all(&refusal()).await?;
                stream.shutdown().await?;
                return Err(io::Error::new(io::ErrorKind::InvalidData, "this is no TLS"));
            }
            acceptor.accept(stream).await
        };
        tokio::time::timeout(patience, shaken).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
    }
}

fn marks(files: &[PathBuf; 2]) -> [Option<[i64; 4]>; 2] {
    files.each_ref().map(|file| {
        let meta = std::fs::metadata(file).ok()?;
        Some([meta.ino() as i64, meta.len() as i64, meta.mtime(), meta.mtime_nsec()])
    })
}

fn read([certificate, key]: &[PathBuf; 2]) -> io::Result<Arc<ServerConfig>> {
    let wrong = |file: &Path, what: &dyn std::fmt::Display| {
        io::Error::new(io::ErrorKind::InvalidInput, format!("{}: {what}", file.display()))
    };
    let chain: Result<Vec<_>, _> =
        CertificateDer::pem_file_iter(certificate).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let chain = chain.map_err(|e| wrong(certificate, &format!("no certificate can be read: {e}")))?;
    if chain.is_empty() {
        return Err(wrong(certificate, &"holds no certificate (PEM is expected)"));
    }
    let private = PrivateKeyDer::from_pem_file(key)
        .map_err(|e| wrong(key, &format!("no private key can be read: {e}")))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?;
    let mut config = builder
        .with_no_client_auth()
        .with_single_cert(chain, private)
        .map_err(|e| wrong(certificate, &format!("does not go with {}: {e}", key.display())))?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}
