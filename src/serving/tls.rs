//! HTTPS: the certificate, read again when its files change, and the handshake.

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

/// Shortest interval between two checks of the files; a connection triggers a check.
const CHECK_INTERVAL: Duration = Duration::from_millis(500);
/// First byte of a TLS connection.
const HANDSHAKE_BYTE: u8 = 0x16;

/// Identifies one state of a file: inode, length, seconds and nanoseconds of its change.
type FileStamp = [i64; 4];

/// The certificate in use.
pub struct Certificate {
    files: [PathBuf; 2],
    current: Mutex<Current>,
}

struct Current {
    config: Arc<ServerConfig>,
    /// State of the files at the last check, also if they could not be used.
    stamps: [Option<FileStamp>; 2],
    checked: Instant,
}

impl Certificate {
    /// Reads the certificate that the settings name; `None` if they name none.
    ///
    /// # Errors
    /// Files that cannot be read or do not belong together; the error names the fault.
    pub fn from_settings(settings: &config::Tls) -> io::Result<Option<Self>> {
        let files = match (&settings.certificate, &settings.key) {
            (None, None) => return Ok(None),
            (Some(certificate), Some(key)) => [certificate.clone(), key.clone()],
            (Some(_), None) => return Err(io::Error::other("server.tls.certificate needs server.tls.key")),
            (None, Some(_)) => return Err(io::Error::other("server.tls.key needs server.tls.certificate")),
        };
        let stamps = file_stamps(&files);
        let config = read_config(&files)?;
        let current = Current { config, stamps, checked: Instant::now() };
        Ok(Some(Self { files, current: Mutex::new(current) }))
    }

    /// The certificate of the files; the one before as long as they cannot be used.
    fn current_config(&self) -> Arc<ServerConfig> {
        let mut current = self.current.lock();
        if current.checked.elapsed() >= CHECK_INTERVAL {
            current.checked = Instant::now();
            let stamps = file_stamps(&self.files);
            if stamps != current.stamps {
                current.stamps = stamps;
                match read_config(&self.files) {
                    Ok(config) => {
                        current.config = config;
                        tracing::info!("the certificate was read again");
                    }
                    Err(e) => tracing::error!(error = %e, "the new certificate is not used"),
                }
            }
        }
        current.config.clone()
    }

    /// Performs the handshake on a connection, in bounded time. A client that speaks plain HTTP gets
    /// `refusal` in plain HTTP.
    ///
    /// # Errors
    /// A handshake that fails or takes too long.
    pub async fn accept(
        &self,
        mut stream: TcpStream,
        timeout: Duration,
        refusal: impl FnOnce() -> Vec<u8>,
    ) -> io::Result<TlsStream<TcpStream>> {
        let acceptor = TlsAcceptor::from(self.current_config());
        let handshake = async {
            let mut first = [0];
            if stream.peek(&mut first).await? == 0 {
                return Err(io::Error::from(io::ErrorKind::UnexpectedEof));
            }
            if first[0] != HANDSHAKE_BYTE {
                stream.write_all(&refusal()).await?;
                stream.shutdown().await?;
                return Err(io::Error::new(io::ErrorKind::InvalidData, "this is no TLS"));
            }
            acceptor.accept(stream).await
        };
        tokio::time::timeout(timeout, handshake).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
    }
}

fn file_stamps(files: &[PathBuf; 2]) -> [Option<FileStamp>; 2] {
    files.each_ref().map(|file| {
        let meta = std::fs::metadata(file).ok()?;
        Some([meta.ino() as i64, meta.len() as i64, meta.mtime(), meta.mtime_nsec()])
    })
}

fn read_config([certificate, key]: &[PathBuf; 2]) -> io::Result<Arc<ServerConfig>> {
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
