//! Network addresses of clients. `X-Forwarded-For` is believed only from proxies that the settings
//! name, since anybody can write that header.

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
    /// The address.
    pub address: IpAddr,
    /// True for requests from this machine that no proxy has forwarded.
    pub here: bool,
}

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
pub fn find_client(peer: IpAddr, headers: &HeaderMap, proxies: &[Network]) -> Client {
    let is_proxy = |address: IpAddr| proxies.iter().any(|network| network.contains(address));
    let mut address = peer.to_canonical();
    let lines = headers.get_all("x-forwarded-for").iter().rev();
    let mut hops = lines.filter_map(|line| line.to_str().ok()).flat_map(|line| line.rsplit(','));
    while is_proxy(address) {
        let Some(before) = hops.next().and_then(|hop| parse_hop(hop.trim())) else { break };
        address = before.to_canonical();
    }
    Client { address, here: address.is_loopback() }
}

/// Parses one entry of `X-Forwarded-For`: an address with or without a port.
fn parse_hop(hop: &str) -> Option<IpAddr> {
    let bare = || hop.trim_start_matches('[').trim_end_matches(']').parse().ok();
    bare().or_else(|| hop.parse::<SocketAddr>().ok().map(|socket| socket.ip()))
}

/// Network that counts as one client: of IPv6 a whole /64, since every connection has that many
/// addresses.
pub fn client_network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(six) => IpAddr::V6(Ipv6Addr::from_bits(six.to_bits() >> 64 << 64)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client_behind(peer: &str, forwarded: &[&str]) -> String {
        let proxies: Vec<Network> =
            ["10.0.0.0/8", "fd00::/8", "127.0.0.1"].map(|n| n.parse().unwrap()).into();
        let mut headers = HeaderMap::new();
        for line in forwarded {
            headers.append("x-forwarded-for", line.parse().unwrap());
        }
        find_client(peer.parse().unwrap(), &headers, &proxies).address.to_string()
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
