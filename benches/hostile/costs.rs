//! Requests that cost much, each by a client that has spent nothing yet.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use crate::requests::send;
use crate::{Figures, Victim};

/// Most that a request without a key may cost, as a multiple of a plain search.
const MAX_RATIO: f64 = 20.0;
/// Plain searches measured.
const SEARCHES: usize = 400;

/// Measures the processor time and the bytes of each kind beside a plain search, and a client that
/// sends them all the time.
pub fn measure(victim: &Victim, stretch: Duration, figures: &mut Figures) {
    println!("\n  Requests that cost much");
    let address = victim.program.address;
    let queries = &victim.program.queries;
    let plain = victim.cost(SEARCHES, |n| {
        let path = &queries[n % queries.len()];
        send(address, &format!("GET {path} HTTP/1.1\r\nx-forwarded-for: 198.51.100.{}", n % 250), b"");
    });
    figures.note("3 a plain search", format!("{:.2} ms of CPU", plain.as_secs_f64() * 1e3));
    for (name, head, body) in kinds() {
        let (at_once, whole, outcome) = spend(victim, &head, &body);
        let ratio = |spent: Duration| spent.as_secs_f64() / plain.as_secs_f64();
        let (status, bytes) = outcome;
        let value = format!(
            "{:.0} x at once, {:.0} x in all ({status}, {} KB)",
            ratio(at_once),
            ratio(whole),
            bytes / 1000
        );
        figures.check(format!("3 {name}"), value, ratio(at_once) <= MAX_RATIO);
    }
    let (effect, refused) = victim.endure(stretch, |done| {
        let refused = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            (0..8).for_each(|k| {
                _ = scope.spawn({
                    let refused = &refused;
                    move || ask_all_the_time(address, k, refused, done)
                })
            })
        });
        refused.into_inner()
    });
    figures.note("3 one client sends all of them, eight at a time: p99 of others", effect.others());
    figures.note("3 its requests that were refused", refused.to_string());
}

/// Sends one kind of request again and again.
fn ask_all_the_time(address: SocketAddr, k: usize, refused: &AtomicUsize, done: &AtomicBool) {
    let all = kinds();
    let (_, head, body) = &all[k % all.len()];
    let head = format!("{head} HTTP/1.1\r\nx-forwarded-for: 203.0.113.77");
    while !done.load(Ordering::Relaxed) {
        if send(address, &head, body).0 != 200 {
            refused.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// Processor time of a request in its first 300 ms and in all, as the mean of three clients, and its
/// outcome. An answer that the server paces costs little at once.
fn spend(victim: &Victim, head: &str, body: &[u8]) -> (Duration, Duration, (u16, usize)) {
    let address = victim.program.address;
    let (mut at_once, mut whole, mut outcome) = (Duration::ZERO, Duration::ZERO, (0, 0));
    for _ in 0..3 {
        let head = format!("{head} HTTP/1.1\r\nx-forwarded-for: 192.0.2.{}", next_client());
        let before = victim.program.cpu();
        outcome = std::thread::scope(|scope| {
            let request = scope.spawn(|| send(address, &head, body));
            std::thread::sleep(Duration::from_millis(300));
            at_once += victim.program.cpu() - before;
            request.join().expect("it only asks")
        });
        whole += victim.program.cpu() - before;
    }
    (at_once / 3, whole / 3, outcome)
}

/// Number of a client that has not asked yet.
fn next_client() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed) % 250
}

/// Kinds of requests: name, method and path, body.
fn kinds() -> Vec<(&'static str, String, Vec<u8>)> {
    let words = "管理 规定 办法 条例 通知 国务院 企业 应当 部门 机关 人民政府 监督 检查 处罚 申请 许可 登记 安全 环境 保护";
    let wide = &words.replace(' ', " OR ");
    let phrases = &wide.split(" OR ").map(|word| format!("\"{word}\"")).collect::<Vec<_>>().join(" OR ");
    let get = |path: &str, pairs: &[(&str, &str)]| {
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
        format!("GET {path}?{query}")
    };
    let numbers: String =
        (0..1_000).map(|n| format!("国发〔{}〕{}号\n", 1980 + n / 25, n % 25 + 1)).collect();
    let absent: String = (0..1_000).map(|n| format!("国发〔2015〕{}号\n", 3_000 + n)).collect();
    vec![
        (
            "all matches with explain",
            get("/api/v1/search.ndjson", &[("q", wide), ("explain", "true")]),
            vec![],
        ),
        ("all matches", get("/api/v1/search.ndjson", &[("q", wide)]), vec![]),
        ("a list of 1,000 numbers", "POST /api/v1/resolve".into(), numbers.into_bytes()),
        ("a list of 1,000 numbers that are not held", "POST /api/v1/resolve".into(), absent.into_bytes()),
        (
            "wide phrases with explain",
            get("/api/v1/search", &[("q", phrases), ("explain", "true"), ("per_page", "100")]),
            vec![],
        ),
        (
            "a hundred hits with receipt",
            get("/api/v1/search", &[("q", wide), ("receipt", "true"), ("per_page", "100")]),
            vec![],
        ),
        (
            "every facet value",
            get(
                "/api/v1/search",
                &[
                    ("q", wide),
                    ("facets", "kind:1000,issuer:1000,category:1000,region:1000,genre:1000,year:1000"),
                ],
            ),
            vec![],
        ),
    ]
}
