//! HTTPS: HTTP/1.1 and HTTP/2, renewed certificates, clients that do not complete the handshake.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use gongkai::config::Config;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use tempfile::TempDir;

use crate::support::{SAMPLE, Server};

struct TlsServer {
    http: Server,
    folder: TempDir,
    trusted: CertificateDer<'static>,
}

/// Writes a new self-signed certificate to the files that the server reads.
fn write_certificate(folder: &Path) -> CertificateDer<'static> {
    let certificate = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    // One file after the other, as at a renewal.
    fs::write(folder.join("key.pem"), certificate.signing_key.serialize_pem()).unwrap();
    fs::write(folder.join("certificate.pem"), certificate.cert.pem()).unwrap();
    certificate.cert.der().clone()
}

fn tls_server() -> TlsServer {
    let folder = TempDir::new().unwrap();
    let trusted = write_certificate(folder.path());
    let mut settings = Config { data: folder.path().join("data"), ..Config::default() };
    let file = |name: &str| -> Option<PathBuf> { Some(folder.path().join(name)) };
    (settings.server.tls.certificate, settings.server.tls.key) = (file("certificate.pem"), file("key.pem"));
    settings.server.header_timeout_seconds = 1;
    TlsServer { http: Server::with_settings(&SAMPLE, settings), folder, trusted }
}

fn client_config(trusted: &CertificateDer<'static>, protocol: &[u8]) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.clone()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder =
        ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let mut config = builder.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![protocol.to_vec()];
    Arc::new(config)
}

/// Sends `GET` over HTTP/1.1 and returns the whole answer.
fn get(server: &TlsServer, trusted: &CertificateDer<'static>, path: &str) -> std::io::Result<String> {
    let name = ServerName::try_from("localhost").unwrap();
    let connection = ClientConnection::new(client_config(trusted, b"http/1.1"), name).unwrap();
    let mut stream = StreamOwned::new(connection, TcpStream::connect(server.http.address)?);
    write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    assert_eq!(stream.conn.alpn_protocol(), Some(&b"http/1.1"[..]));
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

#[test]
fn https_serves_http_1_and_http_2() {
    let server = tls_server();
    let answer = get(&server, &server.trusted, "/api/v1/search?q=%E5%85%BB%E8%80%81").unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
    assert!(answer.contains("strict-transport-security: max-age="), "{answer}");
    assert!(answer.contains("\"total\""));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let stream = tokio::net::TcpStream::connect(server.http.address).await.unwrap();
        let connector = tokio_rustls::TlsConnector::from(client_config(&server.trusted, b"h2"));
        let stream = connector.connect(ServerName::try_from("localhost").unwrap(), stream).await.unwrap();
        assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
        let executor = hyper_util::rt::TokioExecutor::new();
        let io = hyper_util::rt::TokioIo::new(stream);
        let (mut sender, connection) = hyper::client::conn::http2::handshake(executor, io).await.unwrap();
        tokio::spawn(connection);
        for path in ["/livez", "/api/v1/search?q=a", "/"] {
            let request = axum::http::Request::get(format!("https://localhost{path}"));
            let reply = sender.send_request(request.body(axum::body::Body::empty()).unwrap()).await.unwrap();
            assert_eq!((reply.status().as_u16(), reply.version()), (200, axum::http::Version::HTTP_2));
            assert!(reply.headers().contains_key("strict-transport-security"));
        }
    });
    assert!(!Server::with_records(&[]).get("/").headers.contains_key("strict-transport-security"));
}

#[test]
fn renewed_certificate_is_used_without_restart_and_bad_one_is_not() {
    let server = tls_server();
    let old = server.trusted.clone();
    // An answer proves that the server has read it.
    assert!(get(&server, &old, "/livez").is_ok());
    let new = write_certificate(server.folder.path());
    let deadline = Instant::now() + Duration::from_secs(60);
    while get(&server, &new, "/livez").is_err() {
        assert!(Instant::now() < deadline, "the new certificate is not used");
        std::thread::yield_now();
    }
    assert!(get(&server, &old, "/livez").is_err(), "the old certificate is not used any more");
    // Half of a renewal: a key that does not fit the certificate, and no certificate at all.
    let other = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    fs::write(server.folder.path().join("key.pem"), other.signing_key.serialize_pem()).unwrap();
    fs::write(server.folder.path().join("certificate.pem"), "nothing").unwrap();
    let deadline = Instant::now() + Duration::from_millis(1_500);
    while Instant::now() < deadline {
        assert!(get(&server, &new, "/livez").unwrap().starts_with("HTTP/1.1 200 OK"));
    }
}

#[test]
fn client_without_handshake_is_disconnected() {
    let server = tls_server();
    // Sends nothing, or half of a ClientHello.
    for sent in [&b""[..], &[0x16, 3, 1, 2, 0]] {
        let mut stream = TcpStream::connect(server.http.address).unwrap();
        stream.write_all(sent).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        let mut answer = Vec::new();
        // Closed or reset, but not waited for.
        let ended = stream.read_to_end(&mut answer);
        assert!(!ended.is_err_and(|e| e.kind() == std::io::ErrorKind::WouldBlock), "{sent:?}");
    }
    // A client of plain HTTP is answered in plain HTTP.
    let mut stream = TcpStream::connect(server.http.address).unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"HTTP/1.1 400");
    assert!(get(&server, &server.trusted, "/livez").unwrap().starts_with("HTTP/1.1 200 OK"));
}
