//! Network addresses of clients. `X-Forwarded-For` is believed only from proxies that the settings
//! name, since anybody can write that header; it is read as bytes, from its end.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::str::FromStr;

use axum::http::HeaderMap;
use ipnet::IpNet;
use serde::{Deserialize, Serialize};

/// The other end of a connection, which may be a proxy.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub SocketAddr);

/// The client of a request, behind all proxies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Client {
    /// The address; of the last trusted proxy if that did not name its client.
    pub address: IpAddr,
    /// True for requests from this machine that no proxy has forwarded.
    pub here: bool,
    /// False if a trusted proxy forwarded the request with a header that names nobody.
    pub named: bool,
}

/// Headers by which proxies say that they forward a request. One that has any of them was not made on
/// this machine, or cannot be known to be, whatever the address of the connection.
const FORWARDING_HEADERS: [&str; 6] =
    ["x-forwarded-for", "forwarded", "x-real-ip", "x-forwarded-host", "x-forwarded-proto", "via"];

/// An address or a range of them, as in the settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Network(IpNet);

impl FromStr for Network {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let range = text.parse::<IpNet>().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from));
        range.map(Self).ok_or_else(|| format!("“{text}” is no address and no range such as 10.0.0.0/8"))
    }
}

impl TryFrom<String> for Network {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Network> for String {
    fn from(network: Network) -> Self {
        network.0.to_string()
    }
}

impl Network {
    /// True for an address of this network.
    pub fn contains(&self, address: IpAddr) -> bool {
        self.0.contains(&address)
    }
}

/// Finds the client by following `X-Forwarded-For` from its end, as far as trusted proxies wrote it.
///
/// An entry that is no address ends the walk: what stands before it is not the proxy's word.
pub fn find_client(peer: IpAddr, headers: &HeaderMap, proxies: &[Network]) -> Client {
    let is_proxy = |address: IpAddr| proxies.iter().any(|network| network.contains(address));
    let mut address = peer.to_canonical();
    let lines = headers.get_all("x-forwarded-for").iter().rev();
    let mut hops = lines.flat_map(|line| line.as_bytes().rsplit(|byte| *byte == b','));
    let mut named = true;
    while named && is_proxy(address) {
        let Some(hop) = hops.next() else { break };
        match parse_hop(hop).filter(|before| may_precede(*before, address)) {
            Some(before) => address = before,
            None => named = false,
        }
    }
    let is_forwarded = FORWARDING_HEADERS.iter().any(|name| headers.contains_key(*name));
    Client { address, here: address.is_loopback() && !is_forwarded, named }
}

/// Parses one entry of `X-Forwarded-For`: an address with or without a port.
fn parse_hop(hop: &[u8]) -> Option<IpAddr> {
    let hop = std::str::from_utf8(hop).ok()?.trim();
    let bare = || hop.trim_start_matches('[').trim_end_matches(']').parse().ok();
    let address = bare().or_else(|| hop.parse::<SocketAddr>().ok().map(|socket| socket.ip()));
    address.map(|address: IpAddr| address.to_canonical())
}

/// True unless the entry claims an address that cannot reach the one after it: loopback addresses reach
/// their own machine only.
fn may_precede(before: IpAddr, after: IpAddr) -> bool {
    !before.is_unspecified() && !before.is_multicast() && (!before.is_loopback() || after.is_loopback())
}

/// Network that counts as one client: of IPv6 a whole /64, since every connection has that many
/// addresses.
pub fn client_network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(six) => cut_to_prefix(six, 64),
    }
}

/// Network that a provider gives to one site: the /48 of an IPv6 address, `None` for IPv4. Whoever has
/// one has 65,536 client networks.
pub fn site_network(address: IpAddr) -> Option<IpAddr> {
    match address {
        IpAddr::V4(_) => None,
        IpAddr::V6(six) => Some(cut_to_prefix(six, 48)),
    }
}

fn cut_to_prefix(address: Ipv6Addr, bits: u32) -> IpAddr {
    let rest = 128 - bits;
    IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() >> rest << rest))
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn client(peer: &str, headers: &HeaderMap) -> Client {
        let proxies: Vec<Network> =
            ["10.0.0.0/8", "fd00::/8", "127.0.0.1"].map(|n| n.parse().unwrap()).into();
        find_client(peer.parse().unwrap(), headers, &proxies)
    }

    fn forwarded(lines: &[&[u8]]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append("x-forwarded-for", HeaderValue::from_bytes(line).unwrap());
        }
        headers
    }

    fn client_behind(peer: &str, lines: &[&str]) -> String {
        let lines: Vec<&[u8]> = lines.iter().map(|line| line.as_bytes()).collect();
        client(peer, &forwarded(&lines)).address.to_string()
    }

    #[test]
    fn forwarded_header_counts_only_from_trusted_proxies() {
        assert_eq!(
            client_behind("203.0.113.9", &["198.51.100.1"]),
            "203.0.113.9",
            "anybody can write a header"
        );
        assert_eq!(client_behind("10.1.1.1", &["198.51.100.1"]), "198.51.100.1");
        assert_eq!(
            client_behind("10.1.1.1", &["1.1.1.1, 198.51.100.1, 10.2.2.2"]),
            "198.51.100.1",
            "the last not ours"
        );
        assert_eq!(client_behind("10.1.1.1", &["1.1.1.1", "198.51.100.1"]), "198.51.100.1", "lines go on");
        assert_eq!(client_behind("10.1.1.1", &["nonsense"]), "10.1.1.1");
        assert_eq!(client_behind("10.1.1.1", &["198.51.100.1, nonsense"]), "10.1.1.1");
        assert_eq!(client_behind("10.1.1.1", &[]), "10.1.1.1");
        assert_eq!(client_behind("fd00::1", &["[2001:db8::7]:443"]), "2001:db8::7");
        assert_eq!(client_behind("10.1.1.1", &["198.51.100.1:8080"]), "198.51.100.1");
        assert_eq!(client_behind("::ffff:10.1.1.1", &["::ffff:198.51.100.1"]), "198.51.100.1");
    }

    #[test]
    fn entry_that_is_no_address_counts_against_the_proxy() {
        for lines in [
            &[&b"\xff"[..]][..],
            &[b"198.51.100.1, \xe4"],
            &[b""],
            &[b"198.51.100.1,"],
            &[b"198.51.100.1", b"unknown"],
            // Addresses that cannot be in front of another machine.
            &[b"127.0.0.1"],
            &[b"::1"],
            &[b"::ffff:127.0.0.1"],
            &[b"0.0.0.0"],
        ] {
            let client = client("10.1.1.1", &forwarded(lines));
            let address = "10.1.1.1".parse().unwrap();
            assert_eq!(client, Client { address, here: false, named: false }, "{lines:?}");
        }
        let behind_bytes = client("10.1.1.1", &forwarded(&[b"\xff, 198.51.100.1"]));
        assert_eq!((behind_bytes.address.to_string().as_str(), behind_bytes.named), ("198.51.100.1", true));
    }

    #[test]
    fn forwarded_request_is_never_from_here() {
        assert!(client("127.0.0.1", &HeaderMap::new()).here && client("::1", &HeaderMap::new()).here);
        for name in FORWARDING_HEADERS {
            for value in ["", "127.0.0.1", "10.0.0.1", "for=127.0.0.1", "\u{e4}"] {
                for peer in ["127.0.0.1", "::1", "10.1.1.1"] {
                    let value = HeaderValue::from_bytes(value.as_bytes()).unwrap();
                    let headers = HeaderMap::from_iter([(name.parse().unwrap(), value)]);
                    assert!(!client(peer, &headers).here, "{name} from {peer}");
                }
            }
        }
        // Two proxies on this machine, one behind the other.
        let twice = client("127.0.0.1", &forwarded(&[b"198.51.100.1, 127.0.0.1"]));
        assert_eq!(twice.address.to_string(), "198.51.100.1");
    }

    #[test]
    fn site_network_of_ipv6_address_is_its_48() {
        let site = |text: &str| site_network(text.parse().unwrap());
        assert_eq!(site("2001:db8:1:2:3:4:5:6"), site("2001:db8:1:ffff::1"));
        assert_ne!(site("2001:db8:1::1"), site("2001:db8:2::1"));
        assert_eq!(site("192.0.2.1"), None);
    }

    #[test]
    fn client_network_of_ipv6_address_is_its_64() {
        let network = |text: &str| client_network(text.parse().unwrap());
        assert_eq!(network("2001:db8:1:2:3:4:5:6"), network("2001:db8:1:2::1"));
        assert_ne!(network("2001:db8:1:2::1"), network("2001:db8:1:3::1"));
        assert_ne!(network("192.0.2.1"), network("192.0.2.2"));
    }

    #[test]
    fn network_of_wrong_text_is_refused() {
        for text in ["", "10.0.0.0/33", "localhost", "10.0.0"] {
            assert!(text.parse::<Network>().is_err(), "{text}");
        }
    }
}
