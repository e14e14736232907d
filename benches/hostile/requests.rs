//! Clients that hide, ask for probes, and send bodies slowly.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::{Figures, Victim};

/// Outcome of a request: status, bytes of the answer.
pub fn send(address: SocketAddr, head: &str, body: &[u8]) -> (u16, usize) {
    let Ok(mut stream) = TcpStream::connect(address) else { return (0, 0) };
    let _ = stream.set_read_timeout(Some(Duration::from_secs(120)));
    let head = format!("{head}\r\nhost: x\r\nconnection: close\r\ncontent-length: {}\r\n\r\n", body.len());
    if stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body)).is_err() {
        return (0, 0);
    }
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    let status = answer.get(9..12).and_then(|code| std::str::from_utf8(code).ok()?.parse().ok());
    (status.unwrap_or(0), answer.len())
}

/// Measures a client whose forwarded address cannot be read.
pub fn measure_unknown_clients(victim: &Victim, figures: &mut Figures) {
    println!("\n  An address that is no address");
    let head = "GET /api/v1/suggest?q=a HTTP/1.1\r\nx-forwarded-for: 203.0.113.2\u{e9}";
    let answered = (0..1_000).filter(|_| send(victim.program.address, head, b"").0 == 200).count();
    figures.check(
        "2 requests with an unreadable address: answered at once",
        format!("{answered} of 1,000"),
        // A burst of 300, and what comes back meanwhile.
        answered < 400,
    );
}

/// Measures a probe while others ask the same addresses.
pub fn measure_probes(victim: &Victim, stretch: Duration, figures: &mut Figures) {
    println!("\n  Probes asked by everybody");
    let address = victim.program.address;
    let probed = Mutex::new(Vec::new());
    let (effect, ()) = victim.endure(stretch, |done| {
        std::thread::scope(|scope| {
            for k in 0..16 {
                scope.spawn(move || {
                    let path = if k % 2 == 0 { "/readyz" } else { "/metrics" };
                    let head = format!("GET {path} HTTP/1.1\r\nx-forwarded-for: 203.0.113.{}", 100 + k);
                    while !done.load(Ordering::Relaxed) {
                        send(address, &head, b"");
                    }
                });
            }
            while !done.load(Ordering::Relaxed) {
                let head = "GET /readyz HTTP/1.1\r\nx-forwarded-for: 192.0.2.1";
                probed.lock().expect("no panic").push(send(address, head, b"").0);
                std::thread::sleep(Duration::from_millis(500));
            }
        });
    });
    let probed = probed.into_inner().expect("no panic");
    let ready = probed.iter().filter(|status| **status == 200).count();
    figures.check("4 probes answered 200", format!("{ready} of {}", probed.len()), ready == probed.len());
    figures.note("4 p99 of others", effect.others());
    let status = send(address, "GET /metrics HTTP/1.1\r\nx-forwarded-for: 203.0.113.99", b"").0;
    figures.check("4 figures without a key", format!("status {status}"), status != 200);
}

/// Measures bodies that come slowly, and the answer to many wrong parameters.
pub fn measure_bodies(victim: &Victim, stretch: Duration, figures: &mut Figures) {
    println!("\n  Bodies that come slowly");
    let address = victim.program.address;
    let (effect, ()) = victim.endure(stretch, |done| send_slowly(address, 100, done));
    figures.check("5 a hundred slow bodies: memory", effect.memory(), effect.peak <= 1.75);
    figures.note("5 p99 of others", effect.others());
    let names: String = (0..7_000).map(|n| format!("x{n}=&")).collect();
    let head = format!("GET /api/v1/search?{names} HTTP/1.1\r\nx-forwarded-for: 203.0.113.50");
    let (status, bytes) = send(address, &head, b"");
    let value = format!("status {status}, {bytes} bytes for {}", head.len());
    figures.check("5 seven thousand wrong parameters", value, bytes < 64 << 10);
}

/// Sends bodies of 2 MB but for their last bytes, which follow one a second.
fn send_slowly(address: SocketAddr, clients: usize, done: &AtomicBool) {
    let head = |k: usize| {
        format!(
            "POST /api/v1/resolve HTTP/1.1\r\nhost: x\r\nx-forwarded-for: 203.0.113.{k}\r\ncontent-length: 2000000\r\n\r\n"
        )
    };
    let mut open: Vec<TcpStream> = (0..clients)
        .filter_map(|k| {
            let mut stream = TcpStream::connect(address).ok()?;
            let _ = stream.set_write_timeout(Some(Duration::from_secs(1)));
            stream.write_all(head(k).as_bytes()).ok()?;
            stream.write_all(&vec![b'a'; 1_990_000]).ok()?;
            Some(stream)
        })
        .collect();
    while !done.load(Ordering::Relaxed) {
        open.retain_mut(|stream| stream.write_all(b"a").is_ok());
        std::thread::sleep(Duration::from_secs(1));
    }
}
